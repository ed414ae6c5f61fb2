"""Pajek networks (mrvar.fdv.uni-lj.si/pajek), as Pajek, igraph and NetworkX read them."""

from __future__ import annotations

import re
from math import cos, pi, sin, sqrt
from typing import TYPE_CHECKING

from focusmesh.engine.exporters.appearance import sizes
from focusmesh.engine.exporters.exporter import Exporter, times_of
from focusmesh.engine.exporters.ranked_graph import label_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.exporters.ranked_graph import RankedGraph

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f"\ud800-\udfff]|\\\\|\\$')
"""Quotes and line ends have no spelling in a quoted word; readers disagree about what a backslash does there."""
_GOLDEN_ANGLE = pi * (3 - sqrt(5))
_ORDINARY_SIZE = 10.0


def lines(graph: RankedGraph) -> Iterator[str]:
    """Vertices from 1, labelled with the names of particles; arcs with their relations as labels (``l``).

    Texts are left out: a vertex has one label, which is what other tools call it by.
    """
    yield f"% focus with a bound of {graph.focus.bound!r}\n*Vertices {len(graph)}\n"
    for number, (node, size) in enumerate(
        zip(graph.nodes(), sizes(graph.focus.scores).tolist(), strict=True), start=1
    ):
        x, y = _place(node.rank, len(graph))
        factor = f"{size / _ORDINARY_SIZE:.4g}"
        yield (
            f'{number} "{node.name}" {x:.4f} {y:.4f} ellipse x_fact {factor} y_fact {factor} '
            f"focus {node.focus!r} rank {node.rank}\n"
        )
    yield "*Arcs\n"
    relations = label_pieces(graph.relations, lambda name: f' l "{name}"')
    authors = label_pieces(graph.authors, lambda name: f' author "{name}"')
    no_time = times_of(graph)
    for _, source, target, weight, relation, author, time in graph.edges():
        moment = "" if time == no_time else f" time {time}"
        yield f"{source + 1} {target + 1} {weight!r}{relations[relation]}{authors[author]}{moment}\n"


def _place(rank: int, count: int) -> tuple[float, float]:
    """Where a vertex is drawn until it is laid out: on a spiral, the most important in the middle (Vogel, 1979)."""
    radius, angle = 0.45 * sqrt((rank - 1) / count), rank * _GOLDEN_ANGLE
    return 0.5 + radius * cos(angle), 0.5 + radius * sin(angle)


EXPORTER = Exporter(
    "Pajek",
    ".net",
    lines,
    _FORBIDDEN,
    "write GraphML (.graphml) or GEXF (.gexf)",
    has_texts=False,
    has_properties=False,
)
