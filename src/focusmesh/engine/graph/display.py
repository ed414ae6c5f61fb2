"""How a graph looks in a notebook: plain HTML, styled inline, readable on light and dark pages."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from focusmesh.engine.links import label

if TYPE_CHECKING:
    from focusmesh.engine.links import LinkStore, Names

_NAMES_SHOWN = 8


def graph_html(graph: LinkStore) -> str:
    """Counts, relations and authors of a graph. O(1) names are looked at."""
    facts = [
        ("particles", f"{graph.particle_count:,}"),
        ("links", f"{graph.link_count:,}"),
        ("axons", f"{graph.axon_count:,}"),
    ]
    facts += [
        (title, _some(names))
        for title, names in (("relations", graph.relations), ("authors", graph.authors))
        if names is not None
    ]
    facts.append(("such as", _some(graph.particles)))
    rows = "".join(
        f'<tr><th style="text-align:left;font-weight:normal;opacity:.65">{title}</th>'
        f'<td style="text-align:left">{value}</td></tr>'
        for title, value in facts
    )
    return f'<div><b>Graph</b><table style="margin-top:.3em">{rows}</table></div>'


def _some(names: Names) -> str:
    """The first names, and how many there are besides."""
    listed = ", ".join(escape(label(name)) for name in names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{listed} and {more:,} more" if more > 0 else listed or "none"
