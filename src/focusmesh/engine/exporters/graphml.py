"""GraphML (graphml.graphdrawing.org), as yEd, Cytoscape, Gephi, NetworkX and igraph read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.exporters.attributes import XML_TYPES
from focusmesh.engine.exporters.exporter import Exporter, link_labels, times_of
from focusmesh.engine.exporters.ranked_graph import label_pieces
from focusmesh.engine.exporters.xml_text import FORBIDDEN, HEAD, INSTEAD, in_attribute, in_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.exporters.attributes import Attribute
    from focusmesh.engine.exporters.ranked_graph import RankedGraph

_NODE_KEYS = {"label": "string", "text": "string", "focus": "double", "rank": "int"}
_EDGE_KEYS = {"weight": "double", "relation": "string", "author": "string", "time": "long"}


def lines(graph: RankedGraph) -> Iterator[str]:
    """One directed graph with its bound; every edge has an id, as several may join one pair."""
    yield HEAD + '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    yield _key("bound", "graph", "double")
    for name, kind in _NODE_KEYS.items():
        if name != "text" or graph.links.texts is not None:
            yield _key(name, "node", kind)
    for name in ("weight", *link_labels(graph)):
        yield _key(name, "edge", _EDGE_KEYS[name])
    for of in ("node", "edge"):
        for id_, name, kind in graph.properties.attributes(of):
            yield _key(in_attribute(name), of, XML_TYPES[kind], id_)
    yield f'<graph edgedefault="directed">\n<data key="bound">{graph.focus.bound!r}</data>\n'
    for at, node in enumerate(graph.nodes()):
        text = _data("text", node.text) if node.text else ""
        yield (
            f'<node id="{in_attribute(node.name)}">{_data("label", node.label)}{text}'
            f'<data key="focus">{node.focus!r}</data><data key="rank">{node.rank}</data>'
            f"{_properties(graph.properties.of_node(at))}</node>\n"
        )
    yield from _edges(graph)
    yield "</graph>\n</graphml>\n"


def _edges(graph: RankedGraph) -> Iterator[str]:
    ids = [in_attribute(name) for name in graph.names]
    relations = label_pieces(graph.relations, lambda name: _data("relation", name))
    authors = label_pieces(graph.authors, lambda name: _data("author", name))
    no_time = times_of(graph)
    for edge in graph.edges():
        number, source, target, weight, relation, author, time = edge
        moment = "" if time == no_time else f'<data key="time">{time}</data>'
        yield (
            f'<edge id="e{number}" source="{ids[source]}" target="{ids[target]}"><data key="weight">{weight!r}</data>'
            f"{relations[relation]}{authors[author]}{moment}"
            f"{_properties(graph.properties.of_edge(edge))}</edge>\n"
        )


def _properties(attributes: list[Attribute]) -> str:
    return "".join(_data(each.id, each.text) for each in attributes)


def _key(name: str, of: str, kind: str, id_: str = "") -> str:
    return f'<key id="{id_ or name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>\n'


def _data(key: str, value: str) -> str:
    """A value; blanks at its ends are marked as part of it."""
    kept = "" if value == value.strip() else ' xml:space="preserve"'
    return f'<data key="{key}"{kept}>{in_text(value)}</data>'


EXPORTER = Exporter("GraphML", ".graphml", lines, FORBIDDEN, INSTEAD)
