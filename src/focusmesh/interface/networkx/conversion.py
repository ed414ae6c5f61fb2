"""NetworkX graphs as arrays: what the backend computes on, and what NetworkX caches."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph import Graph
from focusmesh.errors import InputError
from focusmesh.interface.networkx.adjacency import Adjacency
from focusmesh.interface.networkx.neighbours import Neighbours, first_of_pairs

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import IndexArray


class ConvertedGraph:
    """The nodes of a NetworkX graph and its adjacency as arrays. It never changes.

    Row r of ``source``, ``target`` (uint32, node numbers) and of each column in ``attributes`` is one entry of the
    adjacency: an undirected edge has two, its self-loop one. ``keys`` are a multigraph's edge keys. Adjacencies and
    graphs are made when first asked for and kept, one for each weight attribute.
    """

    __networkx_backend__ = "focusmesh"

    def __init__(
        self,
        nodes: list[Hashable],
        source: IndexArray,
        target: IndexArray,
        attributes: Mapping[Hashable, npt.NDArray[Any]],
        *,
        directed: bool,
        keys: list[Hashable] | None = None,
        graph: Mapping[Any, Any] | None = None,
    ) -> None:
        self.nodes = nodes
        self.source = source
        self.target = target
        self.attributes = dict(attributes)
        self.keys = keys
        self.graph = dict(graph or {})
        self._directed = directed
        self._adjacency: dict[Hashable, Adjacency] = {}
        self._named: dict[Hashable, Graph] = {}
        self._neighbours: dict[bool, Neighbours] = {}
        self._numbers: dict[Hashable, int] | None = None

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.nodes)

    def is_directed(self) -> bool:
        """Whether it was converted from a directed graph."""
        return self._directed

    def is_multigraph(self) -> bool:
        """Whether it was converted from a multigraph."""
        return self.keys is not None

    def number_of_nodes(self) -> int:
        """Number of nodes."""
        return len(self.nodes)

    def column(self, weight: Hashable | None) -> npt.NDArray[Any]:
        """The weight of every entry, all 1 for None. Raises InputError for an attribute that was not converted."""
        if weight is None:
            return np.ones(len(self.source), dtype=np.int64)
        if weight not in self.attributes:
            raise InputError(
                f"the edge attribute {weight!r} was not converted; convert the graph again "
                f"with edge_attrs={{{weight!r}: 1}}"
            )
        return self.attributes[weight]

    def adjacency(self, weight: Hashable | None) -> Adjacency:
        """The operator that PageRank and HITS multiply by; raises NotImplementedError for weights below 0."""
        if weight not in self._adjacency:
            loop = self.source == self.target
            amounts = self.column(weight)[loop].astype(np.float64)
            loops = np.zeros(len(self.nodes))
            np.add.at(loops, self.source[loop], amounts)
            self._adjacency[weight] = Adjacency(self._numbered_graph(weight).structure, loops)
        return self._adjacency[weight]

    def number_of(self, node: Any) -> int | None:
        """The number of a node, None for what is none. O(1) after the first."""
        if self._numbers is None:
            self._numbers = {each: at for at, each in enumerate(self.nodes)}
        try:
            return self._numbers.get(node)
        except TypeError:
            # What cannot be hashed is no node.
            return None

    def neighbours(self, *, backward: bool = False) -> Neighbours:
        """Distinct neighbours of every node; ``backward``, the nodes that it is a neighbour of."""
        backward = backward and self._directed
        if backward not in self._neighbours:
            make = Neighbours.backward if backward else Neighbours
            self._neighbours[backward] = make(len(self.nodes), self.source, self.target)
        return self._neighbours[backward]

    def pattern(self) -> Any:
        """Where there are edges, as a SciPy array, parallel ones once."""
        from scipy import sparse

        rows = self.neighbours()
        shape = len(self.nodes), len(self.nodes)
        ones = np.ones(len(rows.target), dtype=np.int8)
        return sparse.csr_array((ones, (rows.source, rows.target)), shape=shape)

    def lengths(self, weight: Hashable | None) -> tuple[Any, bool]:
        """The shortest of the edges on each pair as a SciPy array, and whether all lengths are integers.

        Raises NotImplementedError for lengths below 0 or that are no numbers.
        """
        from scipy import sparse

        column = self.column(weight)
        if not np.all(column >= 0):
            raise NotImplementedError(
                "focusmesh finds shortest paths where no edge is shorter than 0"
            )
        order = np.lexsort((column, self.target, self.source))
        source, target = self.source[order], self.target[order]
        first = first_of_pairs(source, target)
        shape = len(self.nodes), len(self.nodes)
        values = column[order][first].astype(np.float64)
        made = sparse.csr_array((values, (source[first], target[first])), shape=shape)
        return made, column.dtype.kind in "iu"

    def to_graph(self, weight: Hashable | None) -> Graph:
        """The links as a Graph of your own, named by the nodes; self-loops do not rank there."""
        return self.shared_graph(weight).copy()

    def shared_graph(self, weight: Hashable | None) -> Graph:
        """``to_graph`` for those who do not edit it: it remembers its global focus."""
        if weight not in self._named:
            self._named[weight] = self._numbered_graph(weight).renamed(self.nodes)
        return self._named[weight]

    def _numbered_graph(self, weight: Hashable | None) -> Graph:
        try:
            return Graph.from_edges(
                self.source,
                self.target,
                None if weight is None else self.column(weight),
                particles=len(self.nodes),
            )
        except InputError as error:
            raise NotImplementedError(f"focusmesh does not rank this graph: {error}") from error

    def to_networkx(self) -> Any:
        """A NetworkX graph of the same kind with the attributes that were converted."""
        made = _empty(self.is_multigraph(), self._directed, self.graph)
        made.add_nodes_from(self.nodes)
        kept = np.arange(len(self.source))
        if not self._directed:
            kept = np.flatnonzero(self.source <= self.target)
        columns = {name: column[kept].tolist() for name, column in self.attributes.items()}
        sources, targets = self.source[kept].tolist(), self.target[kept].tolist()
        for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
            ends = self.nodes[source], self.nodes[target]
            key = () if self.keys is None else (self.keys[kept[row]],)
            made.add_edge(*ends, *key)
            made.edges[(*ends, *key)].update(
                (name, column[row]) for name, column in columns.items()
            )
        return made


def convert_graph(graph: Any, edge_attrs: Mapping[Hashable, Any] | None) -> ConvertedGraph:
    """``graph`` with the edge attributes of ``edge_attrs`` (name → default). O(n + m)."""
    nodes = list(graph)
    rows = [neighbours for _, neighbours in graph.adjacency()]
    ends: list[Hashable] = list(chain.from_iterable(rows))
    links = list(chain.from_iterable(neighbours.values() for neighbours in rows))
    counts = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    number = {node: i for i, node in enumerate(nodes)}
    target = np.fromiter(map(number.__getitem__, ends), dtype=np.uint32, count=len(ends))
    source = np.repeat(np.arange(len(nodes), dtype=np.uint32), counts)
    keys = None
    if graph.is_multigraph():
        parallel = np.fromiter(map(len, links), dtype=np.int64, count=len(links))
        source, target = np.repeat(source, parallel), np.repeat(target, parallel)
        keys = list(chain.from_iterable(links))
        links = [each for bundle in links for each in bundle.values()]
    attributes = {
        name: _column([each.get(name, default) for each in links])
        for name, default in (edge_attrs or {}).items()
    }
    return ConvertedGraph(
        *(nodes, source, target, attributes),
        directed=graph.is_directed(),
        keys=keys,
        graph=graph.graph,
    )


def is_view(graph: Any) -> bool:
    """Whether ``graph`` shows another graph's edges, as ``subgraph`` and ``reverse(copy=False)`` do."""
    return hasattr(graph, "_graph")


def copy_view(view: Any) -> Any:
    """A graph of the edges that a view lists, which is what NetworkX ranks by.

    The adjacency of a view may hold more: pairs whose parallel edges are all hidden, or, where a directed graph is
    shown as undirected, one weight on the way there and another on the way back.
    """
    many = view.is_multigraph()
    made = _empty(many, view.is_directed(), view.graph)
    made.add_nodes_from(view)
    made.add_edges_from(view.edges(keys=True, data=True) if many else view.edges(data=True))
    return made


def _empty(many: bool, directed: bool, attributes: Mapping[Any, Any]) -> Any:
    import networkx as nx

    made = ((nx.Graph, nx.DiGraph), (nx.MultiGraph, nx.MultiDiGraph))[many][directed]()
    made.graph.update(attributes)
    return made


def _column(values: list[Any]) -> npt.NDArray[Any]:
    """Values as NumPy sees them, so that integers stay integers; raises NotImplementedError for other than numbers.

    Truth values are no numbers here: what NetworkX makes of them depends on whether there are self-loops.
    """
    column = np.array(values) if values else np.zeros(0, dtype=np.int64)
    if column.dtype.kind not in "iuf" or column.ndim != 1:
        raise NotImplementedError("focusmesh takes edge weights that are real numbers")
    return column
