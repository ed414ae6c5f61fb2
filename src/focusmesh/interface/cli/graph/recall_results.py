"""How an answer to a question is shown: JSON, tables, the way by which a particle was come upon."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from focusmesh.errors import InputError
from focusmesh.interface.cli.shared.particle_names import in_json, shown_name
from focusmesh.interface.cli.shared.table import Column, count_of, decimals, visible

if TYPE_CHECKING:
    from focusmesh.engine.recall import Path, Recalled, RecalledItem
    from focusmesh.interface.cli.shared.screen import Screen

NO_WORD = "no name and no text has a word of the question"


def recalled_document(recalled: Recalled, *, why: bool) -> dict[str, Any]:
    """The answer as JSON; ``cursor`` is null on the last page."""
    return {
        "question": recalled.question,
        "entries": [
            {"particle": in_json(name), "share": share} for name, share in recalled.entries.items()
        ],
        "params": asdict(recalled.params),
        "effort": recalled.effort,
        "bound": recalled.bound,
        "visits": recalled.visits,
        "seconds": recalled.seconds,
        "root": _root(recalled),
        "cursor": _cursor(recalled),
        "items": [_item(item, why=why) for item in recalled],
    }


def recalled_table(recalled: Recalled, screen: Screen, *, why: bool) -> None:
    """One line an item: name, and the beginning of its text."""
    digits = decimals([item.value for item in recalled])
    columns = [
        Column("rank", right=True, style="dim"),
        Column("value", right=True, style="cyan"),
        Column("particle", style="bold"),
        Column("text"),
        *([Column("why", style="dim")] if why else []),
    ]
    rows = [
        [
            str(item.rank),
            f"{item.value:.{digits}f}",
            shown_name(item.particle),
            short(item.text if item.text != item.particle else ""),
            *([_way_and_words(item)] if why else []),
        ]
        for item in recalled
    ]
    if rows:
        screen.table(columns, rows)


def tell_recalled(recalled: Recalled, screen: Screen) -> None:
    """What was proved of the answer, and how to go on."""
    if not recalled.entries:
        screen.narrate(NO_WORD)
        return
    screen.narrate(
        f"{count_of(len(recalled.entries), 'entry particle')} · bound {recalled.bound:.1e} · {recalled.effort}: "
        f"{count_of(recalled.visits, 'link')} visited in {recalled.seconds:.3f} s"
    )
    cursor = _cursor(recalled)
    if cursor is not None:
        screen.narrate(f"more: --cursor {cursor}")


def _item(item: RecalledItem, *, why: bool) -> dict[str, Any]:
    document = {
        "particle": in_json(item.particle),
        "value": item.value,
        "score": item.score,
        "relevance": finite(item.relevance),
        "entry": item.entry,
        "text": item.text,
        "whole": item.whole,
    }
    if not why:
        return document
    evidence = [
        {"step": step, **found._asdict()}
        for step, places in enumerate(item.evidence)
        for found in places
    ]
    return document | {"path": path_document(item.path), "evidence": evidence}


def path_document(path: Path | None) -> dict[str, Any] | None:
    """A path as JSON."""
    if path is None:
        return None
    return {
        "particles": [in_json(name) for name in path.particles],
        "directions": list(path.directions),
        "relations": [[in_json(name) for name in step] for step in path.relations],
    }


def way(path: Path | None) -> str:
    """A path in a line; "" for none."""
    return "" if path is None else visible(str(path))


def _way_and_words(item: RecalledItem) -> str:
    """The way to an item, and the first words that each of its steps stands on."""
    words = [found[0].words for found in item.evidence if found]
    said = " · ".join(f"“{visible(' '.join(word.split()))}”" for word in words)
    return f"{way(item.path)} {said}".rstrip()


def short(text: str, width: int = 80) -> str:
    """The beginning of a text, in a line."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= width else line[: width - 1] + "…"


def finite(value: float | None) -> float | None:
    """A number as JSON can say it."""
    # A particle that the context cannot reach has −∞, which JSON cannot say.
    return value if value is not None and math.isfinite(value) else None


def _root(recalled: Recalled) -> str | None:
    try:
        return recalled.root
    except InputError:
        return None


def _cursor(recalled: Recalled) -> str | None:
    """None too where names cannot be saved, and so the graph has no root."""
    try:
        return recalled.cursor
    except InputError:
        return None
