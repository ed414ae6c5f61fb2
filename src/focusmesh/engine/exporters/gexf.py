"""GEXF 1.3 (gexf.net), Gephi's own format: sizes and colours by focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.exporters.appearance import colours, sizes
from focusmesh.engine.exporters.attributes import XML_TYPES
from focusmesh.engine.exporters.exporter import Exporter, link_labels, times_of
from focusmesh.engine.exporters.ranked_graph import label_pieces
from focusmesh.engine.exporters.xml_text import FORBIDDEN, HEAD, INSTEAD, in_attribute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.exporters.ranked_graph import RankedGraph

_INT32 = range(-(2**31), 2**31)
_NODE_ATTRIBUTES = {"text": "string", "focus": "double", "rank": "integer"}
_EDGE_ATTRIBUTES = {"relation": "string", "author": "string", "time": "long"}


def lines(graph: RankedGraph) -> Iterator[str]:
    """One static, directed graph. ``kind`` of an edge is its relation too: Gephi keeps edges of several kinds apart."""
    numbered = all(type(name) is int and name in _INT32 for name in graph.links.particles)
    yield (
        HEAD
        + '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">\n'
        f"<meta><creator>focusmesh</creator><description>focus with a bound of {graph.focus.bound!r}</description>"
        f'</meta>\n<graph defaultedgetype="directed" mode="static" idtype="{"integer" if numbered else "string"}">\n'
    )
    has_texts = graph.links.texts is not None
    yield _declaration(
        "node",
        {name: _NODE_ATTRIBUTES[name] for name in ("text", "focus", "rank")[not has_texts :]},
        graph.properties.attributes("node"),
    )
    yield _declaration(
        "edge",
        {name: _EDGE_ATTRIBUTES[name] for name in link_labels(graph)},
        graph.properties.attributes("edge"),
    )
    yield "<nodes>\n"
    yield from _nodes(graph)
    yield "</nodes>\n<edges>\n"
    yield from _edges(graph)
    yield "</edges>\n</graph>\n</gexf>\n"


def _declaration(of: str, kinds: dict[str, str], more: list[tuple[str, str, str]]) -> str:
    every = [(name, name, kind) for name, kind in kinds.items()]
    every += [(id_, in_attribute(name), XML_TYPES[kind]) for id_, name, kind in more]
    if not every:
        return ""
    listed = "".join(
        f'<attribute id="{id_}" title="{name}" type="{kind}"/>' for id_, name, kind in every
    )
    return f'<attributes class="{of}" mode="static">{listed}</attributes>\n'


def _nodes(graph: RankedGraph) -> Iterator[str]:
    scores = graph.focus.scores
    every = zip(graph.nodes(), sizes(scores), colours(scores), strict=True)
    for at, (node, size, colour) in enumerate(every):
        more = f'<attvalue for="rank" value="{node.rank}"/>'
        more += "".join(_value(each.id, each.text) for each in graph.properties.of_node(at))
        red, green, blue = colour.tolist()
        text = _value("text", node.text) if node.text else ""
        yield (
            f'<node id="{in_attribute(node.name)}" label="{in_attribute(node.label)}"><attvalues>{text}'
            f'<attvalue for="focus" value="{node.focus!r}"/>{more}</attvalues>'
            f'<viz:size value="{size:.4g}"/><viz:color r="{red}" g="{green}" b="{blue}"/></node>\n'
        )


def _edges(graph: RankedGraph) -> Iterator[str]:
    ids = [in_attribute(name) for name in graph.names]
    kinds = label_pieces(graph.relations, lambda name: f' kind="{in_attribute(name)}"')
    relations = label_pieces(graph.relations, lambda name: _value("relation", name))
    authors = label_pieces(graph.authors, lambda name: _value("author", name))
    no_time = times_of(graph)
    for edge in graph.edges():
        number, source, target, weight, relation, author, time = edge
        moment = "" if time == no_time else _value("time", str(time))
        more = "".join(_value(each.id, each.text) for each in graph.properties.of_edge(edge))
        values = f"{relations[relation]}{authors[author]}{moment}{more}"
        held = f"><attvalues>{values}</attvalues></edge>" if values else "/>"
        yield (
            f'<edge id="{number}" source="{ids[source]}" target="{ids[target]}" weight="{weight!r}"'
            f"{kinds[relation]}{held}\n"
        )


def _value(name: str, value: str) -> str:
    return f'<attvalue for="{name}" value="{in_attribute(value)}"/>'


EXPORTER = Exporter("GEXF", ".gexf", lines, FORBIDDEN, INSTEAD)
