"""To and from NetworkX graphs and SciPy sparse matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph.edits import NO_NAME, NO_TIME
from focusmesh.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from focusmesh.engine.graph.graph import Graph
    from focusmesh.engine.graph.links import LinkColumns

_LABELS = {"relation": NO_NAME, "author": NO_NAME, "time": NO_TIME}


def from_networkx(cls: type[Graph], graph: Any, weight: str | None) -> Graph:
    """See ``Graph.from_networkx``. Edge data ``relation``, ``author``, ``time`` are kept where any edge has them."""
    edges = [(source, target, data) for source, target, data in graph.edges(data=True)]
    if not graph.is_directed():
        edges += [(target, source, data) for source, target, data in edges if source != target]
    present = {name for name in _LABELS if any(name in data for _, _, data in edges)}
    labels: dict[str, Any] = {
        name: [data.get(name, _LABELS[name]) for _, _, data in edges] for name in sorted(present)
    }
    amounts = None
    if weight is not None and any(weight in data for _, _, data in edges):
        amounts = [data.get(weight, 1.0) for _, _, data in edges]
    nodes = list(graph.nodes)
    index = {node: i for i, node in enumerate(nodes)}
    return cls.from_edges(
        np.array([index[source] for source, _, _ in edges], dtype=np.uint32),
        np.array([index[target] for _, target, _ in edges], dtype=np.uint32),
        amounts,
        particles=len(nodes),
        **labels,
    ).renamed(nodes)


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
    amounts = np.ones(len(links)) if links.weight is None else links.weight
    for row, (source, target) in enumerate(zip(links.source, links.target, strict=True)):
        data = {"weight": float(amounts[row]), **_labels(links, row)}
        made.add_edge(names[source], names[target], **data)
    return made


def from_scipy(cls: type[Graph], matrix: Any, particles: Iterable[Hashable] | None) -> Graph:
    """See ``Graph.from_scipy``."""
    if not hasattr(matrix, "tocoo"):
        raise InputError(
            f"a {type(matrix).__name__} is no SciPy sparse matrix: wrap it in csr_array"
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
