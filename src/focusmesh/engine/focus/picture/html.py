"""How results look in a notebook: plain HTML, styled inline, readable on light and dark pages."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from focusmesh.engine.links import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.context.answer import Context
    from focusmesh.engine.focus.context.sampling import WalkSample
    from focusmesh.engine.focus.explanation.explanation import Explanation, Walk
    from focusmesh.engine.focus.solve.result import Focus, Ranked

_LEFT, _RIGHT = "text-align:left", "text-align:right;font-variant-numeric:tabular-nums"
_FAINT = "opacity:.65"
_BAR = "display:inline-block;height:.7em;border-radius:2px;background:#3b6fb6"
_BAR_WIDTH = 140
NOT_SEPARATED = "≈"


def focus_html(focus: Focus, count: int = 10) -> str:
    """The first ``count`` particles as bars, under the line that says how far they can be trusted."""
    items = focus.top(count)
    largest = max((ranked.score for ranked in items), default=0.0) or 1.0
    in_context = focus.prior is not None
    titles = ["", "", "particle", "focus", ""] + (["relevance"] if in_context else [])
    rows = [_row(ranked, largest) for ranked in items]
    doubt = any(not ranked.separated for ranked in items)
    note = f"{NOT_SEPARATED} the bound does not separate it from the next one" if doubt else ""
    facts = (
        f"{len(focus.scores):,} particles · bound {focus.bound:.1e} · residual {focus.residual:.1e} · "
        f"{focus.iterations} iterations · {focus.seconds:.2f} s · {escape(focus.backend)}"
    )
    heading = "Focus"
    if focus.seeds:
        heading += " from " + ", ".join(escape(label(seed)) for seed in focus.seeds)
    return _page(heading, facts, _table(titles, rows), note)


def context_html(context: Context) -> str:
    """The items as bars, under the line that says how far they can be trusted."""
    largest = max((ranked.score for ranked in context.items), default=0.0) or 1.0
    titles = ["", "", "particle", "focus", "", "relevance"]
    rows = [_row(ranked, largest) for ranked in context.items]
    doubt = any(not ranked.separated for ranked in context.items)
    note = f"{NOT_SEPARATED} the bound does not separate it from the next one" if doubt else ""
    facts = (
        f"{escape(context.effort)} · bound {context.bound:.1e} · "
        f"{context.visits:,} links visited · {1000 * context.seconds:.2f} ms"
    )
    heading = "Context of " + ", ".join(escape(label(seed)) for seed in context.seeds)
    return _page(heading, facts, _table(titles, rows), note)


def explanation_html(explanation: Explanation) -> str:
    """The parts that the score of the target is made of, the listed walks first."""
    whole = explanation.score or 1.0
    parts = [(walk.share, _walk(walk)) for walk in explanation.walks]
    parts.append((explanation.remainder, f'<span style="{_FAINT}">all other walks</span>'))
    parts.append((explanation.background, f'<span style="{_FAINT}">without the context</span>'))
    rows = [
        [(_RIGHT, f"{share / whole:.1%}"), (_LEFT, _bar(share / whole)), (_LEFT, text)]
        for share, text in parts
    ]
    seeds = ", ".join(escape(label(seed)) for seed in explanation.seeds)
    facts = f"focus {explanation.score:.6g} · bound {explanation.bound:.1e}"
    heading = f"{escape(label(explanation.target))} from {seeds}"
    return _page(heading, facts, _table(["share", "", "walk"], rows))


def walk_html(sample: WalkSample) -> str:
    """The steps of a walk in order, each with how probable it was."""
    rows = [
        [
            (f"{_RIGHT};{_FAINT}", str(number)),
            (_LEFT, escape(label(step.particle))),
            (_RIGHT, f"{step.probability:.1%}"),
            (_LEFT, _bar(step.probability)),
            (_RIGHT, f"{step.score:.6g}"),
            (_RIGHT, f"{step.relevance:+.2f}"),
        ]
        for number, step in enumerate(sample, 1)
    ]
    bound = max((step.bound for step in sample), default=0.0)
    facts = f"temperature {sample.temperature:g} · seed {sample.seed} · bound {bound:.1e}"
    heading = "Walk from " + ", ".join(escape(label(seed)) for seed in sample.seeds)
    titles = ["", "particle", "probability", "", "focus", "relevance"]
    return _page(heading, facts, _table(titles, rows))


def _walk(walk: Walk) -> str:
    """``a → b ← c``: each arrow points the way of its link and says its relation when asked."""
    text = escape(label(walk.particles[0]))
    for i, name in enumerate(walk.particles[1:]):
        said = ", ".join(label(relation) for relation in walk.relations[i])
        arrow = f'<span title="{escape(said)}">{walk.directions[i]}</span>'
        text += f" {arrow} {escape(label(name))}"
    return text


def _row(ranked: Ranked, largest: float) -> list[tuple[str, str]]:
    """Cells of one particle, each with its style."""
    cells = [
        (f"{_RIGHT};{_FAINT}", str(ranked.rank)),
        (_LEFT, _bar(ranked.score / largest)),
        (_LEFT, escape(label(ranked.particle))),
        (_RIGHT, f"{ranked.score:.6g}"),
        (_LEFT, "" if ranked.separated else NOT_SEPARATED),
    ]
    if ranked.relevance is not None:
        cells.append((_RIGHT, f"{ranked.relevance:+.2f}"))
    return cells


def _bar(part: float) -> str:
    return f'<span style="{_BAR};width:{max(1, round(_BAR_WIDTH * part))}px"></span>'


def _table(titles: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    head = "".join(
        f'<th style="{_LEFT};font-weight:normal;{_FAINT}">{title}</th>' for title in titles
    )
    body = "".join(
        "<tr>" + "".join(f'<td style="{style}">{cell}</td>' for style, cell in row) + "</tr>"
        for row in rows
    )
    return f'<table style="margin:.3em 0"><tr>{head}</tr>{body}</table>'


def _page(heading: str, facts: str, table: str, note: str = "") -> str:
    below = f'<div style="{_FAINT}">{note}</div>' if note else ""
    return f'<div><b>{heading}</b> <span style="{_FAINT}">{facts}</span>{table}{below}</div>'
