"""How a focus is shown: the JSON object, the table, the line about its bound."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from focusmesh.interface.cli.shared.particle_names import in_json, shown_name
from focusmesh.interface.cli.shared.table import Column, count_of, decimals, share_bar

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Sequence

    from focusmesh.engine.focus import Context, Focus, Ranked
    from focusmesh.engine.graph import Graph
    from focusmesh.interface.cli.shared.screen import Screen

NOT_SEPARATED = "≈"
_HOST = ("numpy", "numba")


def focus_document(graph: Graph, focus: Focus, items: Sequence[Ranked]) -> dict[str, Any]:
    """What every command that solves prints with --json; some add keys of their own."""
    return {
        "params": asdict(focus.params),
        "particles": graph.particle_count,
        "links": graph.link_count,
        "residual": focus.residual,
        "bound": focus.bound,
        "seconds": focus.seconds,
        "backend": focus.backend,
        "items": [_item(ranked) for ranked in items],
    }


def context_document(graph: Graph, context: Context, items: Sequence[Ranked]) -> dict[str, Any]:
    """What an answer that was not solved for prints with --json: links visited stand in for a residual."""
    return {
        "params": asdict(context.params),
        "particles": graph.particle_count,
        "links": graph.link_count,
        "visits": context.visits,
        "bound": context.bound,
        "seconds": context.seconds,
        "items": [_item(ranked) for ranked in items],
    }


def focus_table(items: Sequence[Ranked], screen: Screen, *, seeds: Sequence[Hashable] = ()) -> None:
    """Ranked particles; ``≈`` stands beside one that the bounds do not separate from all that follow."""
    digits = decimals([ranked.score for ranked in items])
    largest = max((ranked.score for ranked in items), default=0.0)
    with_relevance = any(ranked.relevance is not None for ranked in items)
    columns = [
        Column("rank", right=True, style="dim"),
        Column("", style="yellow"),
        Column("focus", right=True, style="cyan"),
        Column("", style="cyan", terminal_only=True),
        *([Column("relevance", right=True, style="magenta")] if with_relevance else []),
        Column("particle", style="bold"),
    ]
    rows = []
    for ranked in items:
        relevance = [] if ranked.relevance is None else [f"{ranked.relevance:+.2f}"]
        name = shown_name(ranked.particle) + ("  (seed)" if ranked.particle in seeds else "")
        rows.append(
            [
                str(ranked.rank),
                "" if ranked.separated else NOT_SEPARATED,
                f"{ranked.score:.{digits}f}",
                share_bar(ranked.score, largest),
                *relevance,
                name,
            ]
        )
    screen.table(columns, rows)


def tell_bound(graph: Graph, focus: Focus, items: Sequence[Ranked], screen: Screen) -> None:
    """The certificate of a solve in a line, and what ``≈`` means if it was shown."""
    where = "" if focus.backend in _HOST else f" by {focus.backend}"
    screen.narrate(
        f"{sizes_text(graph)} · "
        f"bound {focus.bound:.1e} · residual {focus.residual:.1e} · "
        f"{count_of(focus.iterations, 'iteration')} · {focus.seconds:.2f} s{where}"
    )
    tell_doubt(items, screen)


def tell_context(graph: Graph, context: Context, items: Sequence[Ranked], screen: Screen) -> None:
    """The same for an answer that was not solved for: what was proved of it, and by how much work."""
    screen.narrate(
        f"{sizes_text(graph)} · bound {context.bound:.1e} · {_order(items)} · {context.effort}: "
        f"{count_of(context.visits, 'link')} visited in {context.seconds:.3f} s"
    )
    tell_doubt(items, screen)


def _order(items: Sequence[Ranked]) -> str:
    """What is proved of the order, and how far the listed scores can be off."""
    from focusmesh.engine.focus import proved_beginning

    proved, within = proved_beginning(items), max((ranked.bound for ranked in items), default=0.0)
    order = (
        "order settled" if proved == len(items) else f"the first {proved} of {len(items)} proved"
    )
    return f"{order}, each score within {within:.1e}"


def tell_doubt(items: Sequence[Ranked], screen: Screen) -> None:
    """What ``≈`` means, if it was shown."""
    if not screen.as_json and any(not ranked.separated for ranked in items):
        screen.narrate(f"{NOT_SEPARATED} the bounds do not separate it from all that follow")


def top_particles(
    focus: Focus, count: int, *, hidden: Collection[Hashable] = (), relevant: bool = False
) -> list[Ranked]:
    """The first ``count`` particles that are not ``hidden`` and, if ``relevant``, gain from the context."""
    wanted = len(focus.scores) if relevant else count + len(hidden)
    return filter_ranking(focus.top(wanted), count, hidden=hidden, relevant=relevant)


def filter_ranking(
    ranking: Iterable[Ranked],
    count: int,
    *,
    hidden: Collection[Hashable] = (),
    relevant: bool = False,
) -> list[Ranked]:
    """``top_particles`` of a ranking that is long enough."""
    return [
        ranked
        for ranked in ranking
        if ranked.particle not in hidden and not (relevant and (ranked.relevance or 0.0) <= 0)
    ][:count]


def sizes_text(graph: Graph) -> str:
    """``7 particles, 8 links``."""
    return f"{count_of(graph.particle_count, 'particle')}, {count_of(graph.link_count, 'link')}"


def _item(ranked: Ranked) -> dict[str, Any]:
    item: dict[str, Any] = {"particle": in_json(ranked.particle), "score": ranked.score}
    if ranked.relevance is not None:
        # A particle that the context cannot reach has −∞, which JSON cannot say.
        item["relevance"] = ranked.relevance if math.isfinite(ranked.relevance) else None
        item["bound"] = ranked.bound
    return item
