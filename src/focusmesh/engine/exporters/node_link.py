"""Node-link JSON: an object with ``nodes`` and ``edges``, as NetworkX writes it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from focusmesh.engine.exporters.exporter import Exporter, times_of
from focusmesh.engine.exporters.ranked_graph import label_pieces
from focusmesh.engine.links import LABELS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from focusmesh.engine.exporters.attributes import Attribute
    from focusmesh.engine.exporters.ranked_graph import RankedGraph

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
"""A lone surrogate is no character; NUL has a spelling, but no reader of graphs takes it in a name."""


def lines(graph: RankedGraph) -> Iterator[str]:
    """One node and one edge a line. Names that are integers are numbers."""
    multigraph = json.dumps(graph.has_parallel_links)
    yield f'{{"directed": true, "multigraph": {multigraph}, "graph": {{"bound": {graph.focus.bound!r}}},\n"nodes": ['
    ids = _json_names(graph.links.particles, graph.names)
    for number, (node, name) in enumerate(zip(graph.nodes(), ids, strict=True)):
        text = f', "text": {_string(node.text)}' if node.text else ""
        yield (
            f'{"," if number else ""}\n{{"id": {name}, "label": {_string(node.label)}{text}, '
            f'"focus": {node.focus!r}, "rank": {node.rank}{_properties(graph.properties.of_node(number))}}}'
        )
    yield '\n],\n"edges": ['
    relations = label_pieces(
        _json_names(graph.links.relations or (), graph.relations),
        lambda name: f', "relation": {name}',
    )
    authors = label_pieces(
        _json_names(graph.links.authors or (), graph.authors), lambda name: f', "author": {name}'
    )
    no_time = times_of(graph)
    for edge in graph.edges():
        number, source, target, weight, relation, author, time = edge
        moment = "" if time == no_time else f', "time": {time}'
        yield (
            f'{"," if number else ""}\n{{"source": {ids[source]}, "target": {ids[target]}, "weight": {weight!r}'
            f"{relations[relation]}{authors[author]}{moment}{_properties(graph.properties.of_edge(edge))}}}"
        )
    yield "\n]}\n"


def _properties(attributes: list[Attribute]) -> str:
    """Values as JSON has them; labels come as a list, bytes as text."""
    return "".join(
        f", {_string(each.name)}: "
        + (
            str(each.value)
            if each.id == LABELS
            else json.dumps(
                each.text if isinstance(each.value, bytes) else each.value, ensure_ascii=False
            )
        )
        for each in attributes
    )


def _json_names(names: Iterable[Hashable], texts: list[str]) -> list[str]:
    """Each name as JSON; the empty one stays empty."""
    return [
        text if type(name) is int else _string(text) if text else ""
        for name, text in zip(names, texts, strict=True)
    ]


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


EXPORTER = Exporter(
    "node-link JSON", ".json", lines, _FORBIDDEN, "write a table (.csv), or rename it"
)
