"""How an answer looks: lines for a terminal, HTML for a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from focusmesh.engine.links import label

if TYPE_CHECKING:
    from focusmesh.engine.recall.answer import Recalled, RecalledItem

_FAINT = "opacity:.65"
_RIGHT = "text-align:right;font-variant-numeric:tabular-nums;vertical-align:top"
_LEFT = "text-align:left;vertical-align:top"
_TEXT_SHOWN = 300


def recalled_text(recalled: Recalled, width: int) -> str:
    """One line an item: rank, value, name and the beginning of its text."""
    if not recalled.items:
        return "nothing recalled"
    lines = [_line(item, width) for item in recalled.items]
    return "\n".join([f"{'rank':>4}  {'value':>8}  particle", *lines])


def recalled_html(recalled: Recalled) -> str:
    """A table of the items under the line that says how far they can be trusted."""
    facts = (
        f"{escape(recalled.effort)} · bound {recalled.bound:.1e} · {recalled.visits:,} links visited · "
        f"{1000 * recalled.seconds:.1f} ms"
    )
    heading = escape(recalled.question or "Recalled")
    titles = ("", "value", "particle", "text")
    head = "".join(
        f'<th style="{_LEFT};font-weight:normal;{_FAINT}">{title}</th>' for title in titles
    )
    rows = "".join(_row(item) for item in recalled.items)
    table = f'<table style="margin:.3em 0"><tr>{head}</tr>{rows}</table>'
    return f'<div><b>{heading}</b> <span style="{_FAINT}">{facts}</span>{table}</div>'


def _line(item: RecalledItem, width: int) -> str:
    begun = f"{item.rank:>4}  {item.value:>8.5f}  "
    said = " ".join(label(item.particle).split())
    text = " ".join(item.text.split())
    if text and text != said:
        said += f": {text}"
    room = max(width - len(begun), 1)
    return begun + (said if len(said) <= room else said[: room - 1] + "…")


def _row(item: RecalledItem) -> str:
    text = item.text if len(item.text) <= _TEXT_SHOWN else item.text[:_TEXT_SHOWN] + "…"
    cells = (
        (f"{_RIGHT};{_FAINT}", str(item.rank)),
        (_RIGHT, f"{item.value:.5f}"),
        (_LEFT, escape(label(item.particle))),
        (_LEFT, escape(text)),
    )
    return "<tr>" + "".join(f'<td style="{style}">{cell}</td>' for style, cell in cells) + "</tr>"
