"""To and from graphs of NetworkX and igraph, and SciPy sparse matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import (
    LABELS,
    NO_NAME,
    NO_TIME,
    ArrowLinks,
    ImportReport,
    LinkKey,
    LinkStore,
    Properties,
    PropertyBuilder,
    attribute_name,
    edges_from_table,
    keys_of,
    with_properties,
)
from focusmesh.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from focusmesh.engine.graph.graph import Graph
    from focusmesh.engine.links import LinkColumns

_NAMES = ("relation", "author")
_LABELS = {"relation": NO_NAME, "author": NO_NAME, "time": NO_TIME}


def from_networkx(cls: type[Graph], graph: Any, weight: str | None) -> Graph:
    """See ``Graph.from_networkx``. Edge data ``relation``, ``author``, ``time`` are kept where any edge has them."""
    if not (hasattr(graph, "edges") and hasattr(graph, "is_directed")):
        raise InputError(f"a {type(graph).__name__} is no NetworkX graph")
    edges = [(source, target, data) for source, target, data in graph.edges(data=True)]
    nodes = list(graph.nodes)
    index = {node: i for i, node in enumerate(nodes)}
    numbered = [(index[source], index[target], data) for source, target, data in edges]
    made = _from_numbered(cls, numbered, weight, graph.is_directed(), len(nodes)).renamed(nodes)
    told = enumerate(data for _, data in graph.nodes(data=True))
    return _describe(cls, made, told, numbered, weight, graph.is_directed())


def from_igraph(cls: type[Graph], graph: Any, weight: str | None, names: str) -> Graph:
    """See ``Graph.from_igraph``."""
    if not (hasattr(graph, "vs") and hasattr(graph, "es")):
        raise InputError(f"a {type(graph).__name__} is no graph of python-igraph")
    edges = [(*edge.tuple, edge.attributes()) for edge in graph.es]
    count = graph.vcount()
    made = _from_numbered(cls, edges, weight, graph.is_directed(), count)
    if names in graph.vs.attributes():
        made = made.renamed(graph.vs[names])
    told = enumerate(_values_of(vertex.attributes(), names) for vertex in graph.vs)
    numbered = [(source, target, _values_of(data)) for source, target, data in edges]
    return _describe(cls, made, told, numbered, weight, graph.is_directed())


def from_table(cls: type[Graph], table: Any, columns: dict[str, str]) -> Graph:
    """See ``Graph.from_table``."""
    if hasattr(table, "__arrow_c_stream__"):
        found = ArrowLinks(columns)
        found.add(table)
        graph = cls.from_links(found.columns())
        report = _report(graph, tuple(found.refusals.warnings()))
        return cls(LinkStore(graph.snapshot(), report)) if report.warnings else graph
    edges, texts, particles, names, more = edges_from_table(table, columns)
    graph = cls.from_edges(**edges._asdict(), particles=particles)
    graph.set_texts(texts)
    builder = PropertyBuilder()
    for row, values in enumerate(zip(*more.values(), strict=True)):
        said = {key: value for key, value in zip(more, values, strict=True) if value is not None}
        if not said:
            continue
        if particles is not None:
            builder.particle(graph.index(names[row]), said)
            continue
        ends = graph.index(edges.source[row]), graph.index(edges.target[row])
        named = (
            NO_NAME if column is None else column[row] for column in (edges.relation, edges.author)
        )
        builder.link(LinkKey(*ends, *named), said)
    return _with_properties(cls, graph, builder)


def _values_of(attributes: dict[str, Any], *names: str) -> dict[str, Any]:
    """Attributes that have a value: igraph has None where there is none."""
    return {
        key: value for key, value in attributes.items() if value is not None and key not in names
    }


def _describe(
    cls: type[Graph],
    graph: Graph,
    nodes: Iterable[tuple[int, dict[Any, Any]]],
    edges: Iterable[tuple[int, int, dict[Any, Any]]],
    weight: str | None,
    directed: bool,
) -> Graph:
    """``graph`` with the attributes that play no role as properties; what cannot be one is told in its report."""
    builder = PropertyBuilder()
    for at, data in nodes:
        builder.particle(at, data)
    for source, target, data in edges:
        kept = {key: value for key, value in data.items() if key not in _LABELS and key != weight}
        if kept:
            said = [NO_NAME if data.get(name) is None else data[name] for name in _NAMES]
            builder.link(LinkKey(source, target, *said), kept)
            if not directed and source != target:
                builder.link(LinkKey(target, source, *said), kept)
    return _with_properties(cls, graph, builder)


def add_properties(
    graph: Graph, found: Properties | None, names: Sequence[Hashable], *, links: bool = True
) -> None:
    """Gives ``graph`` properties and labels of particles that are called ``names`` there, and of links that are there.

    A value that was there of the same key goes. O(values).
    """
    if found is None:
        return
    graph.set_properties({names[at]: said for at, said in found.particles.by_owner().items()})
    labels: dict[Hashable, list[str]] = {}
    for at, label in found.labels.pairs():
        labels.setdefault(names[at], []).append(label)
    graph.add_labels(labels)
    for link, values in found.links.by_link().items() if links else ():
        ends, named = (names[link.source], names[link.target]), (link.relation, link.author)
        if any(each.matches(*named) for each in graph.between(*ends)):
            for key, value in values.items():
                graph.set_link_property(*ends, key, value, *named)


def _with_properties(cls: type[Graph], graph: Graph, builder: PropertyBuilder) -> Graph:
    warnings, properties = tuple(builder.warnings()), builder.properties()
    if properties is None and not warnings:
        return graph
    snapshot = with_properties(graph.snapshot(), properties)
    return cls(LinkStore(snapshot, _report(graph, warnings) if warnings else graph.report))


def _report(graph: Graph, warnings: tuple[str, ...]) -> ImportReport:
    return ImportReport("", "objects", 0, graph.link_count, 0, (), 0.0, warnings=warnings)


def _from_numbered(
    cls: type[Graph],
    edges: list[tuple[int, int, dict[str, Any]]],
    weight: str | None,
    directed: bool,
    count: int,
) -> Graph:
    """A graph of ``count`` numbered particles; an edge that has no direction becomes a link each way."""
    if not directed:
        edges = edges + [
            (target, source, data) for source, target, data in edges if source != target
        ]
    rows = [(source, target, _link_data(data, weight)) for source, target, data in edges]
    return cls.from_edges(rows, particles=count)


def _link_data(data: dict[str, Any], weight: str | None) -> dict[str, Any]:
    """What of an edge's data is a link's, under the names that ``from_edges`` knows."""
    kept = {name: data[name] for name in _LABELS if name in data}
    if weight is not None and weight in data:
        kept["weight"] = data[weight]
    return kept


def to_networkx(graph: Graph) -> Any:
    """See ``Graph.to_networkx``."""
    try:
        import networkx as nx
    except ImportError as error:
        raise MissingExtraError("networkx", "conversion to NetworkX") from error
    links = graph.links()
    names = list(links.particles)
    made = nx.MultiDiGraph() if links.labelled else nx.DiGraph()
    made.add_nodes_from(names)
    properties = links.properties or Properties()
    for at, said in properties.particles.by_owner().items():
        made.nodes[names[at]].update(
            (attribute_name(key, (LABELS,)), value) for key, value in said.items()
        )
    for at, label in properties.labels.pairs():
        made.nodes[names[at]].setdefault(LABELS, []).append(label)
    told = properties.links.by_link()
    amounts = np.ones(len(links)) if links.weight is None else links.weight
    for row, key in enumerate(keys_of(links)):
        data = {"weight": float(amounts[row]), **_labels(links, row)}
        if told:
            more = told.get(key, {})
            data |= {attribute_name(key, ("weight", *_LABELS)): more[key] for key in more}
        made.add_edge(names[key.source], names[key.target], **data)
    return made


def from_scipy(cls: type[Graph], matrix: Any, particles: Iterable[Hashable] | None) -> Graph:
    """See ``Graph.from_scipy``."""
    if not hasattr(matrix, "tocoo"):
        raise InputError(
            f"a {type(matrix).__name__} is not a SciPy sparse matrix: wrap it in csr_array"
        )
    entries = matrix.tocoo()
    if entries.shape[0] != entries.shape[1]:
        raise InputError(f"a graph's matrix is square; this one has shape {entries.shape}")
    graph = cls.from_edges(
        np.asarray(entries.row), np.asarray(entries.col), entries.data, particles=entries.shape[0]
    )
    return graph if particles is None else graph.renamed(particles)


def to_scipy(graph: Graph) -> Any:
    """See ``Graph.to_scipy``."""
    from scipy import sparse

    structure, count = graph.structure, graph.particle_count
    rows = np.repeat(structure.order, np.diff(structure.out_start))
    columns = structure.order[structure.out_target]
    weight = structure.out_weight
    values = np.ones(len(rows)) if weight is None else weight.astype(np.float64)
    return sparse.csr_array((values, (rows, columns)), shape=(count, count))


def _labels(links: LinkColumns, row: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if links.relations is not None and links.relation is not None:
        data["relation"] = links.relations[int(links.relation[row])]
    if links.authors is not None and links.author is not None:
        data["author"] = links.authors[int(links.author[row])]
    if links.time is not None:
        data["time"] = int(links.time[row])
    return {name: value for name, value in data.items() if value != _LABELS[name]}
