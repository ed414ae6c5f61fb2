"""The readers that importing is compared with; each loads its library before it is asked for anything.

``integers`` reads a whitespace edge list, ``names`` a CSV of source, target and weight with a header (``.gz``: within
gzip) or, where the file says ``.jsonl``, the same as JSON lines. A reader of tables must also number the names, since
a graph needs that; a reader of graphs does by making its graph.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np


class Own:
    """The importers alone; ``graph`` goes on to a graph that can be ranked."""

    def __init__(self) -> None:
        from focusmesh.engine import importers

        self._read = importers.read_links

    def integers(self, path: str) -> int:
        """Link columns, integers numbered."""
        return len(self._read(path)[0])

    def names(self, path: str) -> int:
        """Link columns, names numbered."""
        return len(self._read(path)[0])

    def graph(self, path: str) -> int:
        """Import and construction."""
        from focusmesh import Graph

        return Graph.read(path).axon_count


class Pandas:
    """``read_csv`` with its C engine or ``read_json``, then ``factorize``."""

    def __init__(self) -> None:
        self._pandas: Any = importlib.import_module("pandas")

    def integers(self, path: str) -> int:
        """Two columns, both numbered together."""
        frame = self._pandas.read_csv(path, sep="\t", header=None, dtype=np.int64)
        ends = np.concatenate([frame[0].to_numpy(), frame[1].to_numpy()])
        return len(self._pandas.factorize(ends)[0]) // 2

    def names(self, path: str) -> int:
        """Three columns, the names numbered together."""
        frame = (
            self._pandas.read_json(path, lines=True, dtype={"source": str, "target": str})
            if path.endswith(".jsonl")
            else self._pandas.read_csv(path, keep_default_na=False)
        )
        ends = self._pandas.concat([frame["source"], frame["target"]])
        return len(self._pandas.factorize(ends)[0]) // 2


class Arrow:
    """``pyarrow.csv`` and ``pyarrow.json``, on both cores, then its dictionary encoding."""

    def __init__(self) -> None:
        self._arrow: Any = importlib.import_module("pyarrow")
        self._csv: Any = importlib.import_module("pyarrow.csv")
        self._json: Any = importlib.import_module("pyarrow.json")

    def integers(self, path: str) -> int:
        """Two columns, both numbered together."""
        named = self._csv.ReadOptions(column_names=["source", "target"])
        table = self._csv.read_csv(path, named, self._csv.ParseOptions(delimiter="\t"))
        return self._numbered(table)

    def names(self, path: str) -> int:
        """Three columns, the names numbered together."""
        read = self._json.read_json if path.endswith(".jsonl") else self._csv.read_csv
        return self._numbered(read(path))

    def _numbered(self, table: Any) -> int:
        ends = self._arrow.chunked_array(table["source"].chunks + table["target"].chunks)
        return len(ends.dictionary_encode()) // 2


class NetworKit:
    """Its own readers; it numbers names too."""

    def __init__(self) -> None:
        self._networkit: Any = importlib.import_module("networkit")

    def integers(self, path: str) -> int:
        """A graph of integers that are taken as they are."""
        reader = self._networkit.graphio.EdgeListReader("\t", 0, directed=True)
        return int(reader.read(path).numberOfEdges())

    def names(self, path: str) -> int:
        """A graph of names, the header skipped as a comment."""
        reader = self._networkit.graphio.EdgeListReader(
            ",", 0, commentPrefix="source,target", continuous=False, directed=True
        )
        return int(reader.read(path).numberOfEdges())


class IGraph:
    """Its C readers."""

    def __init__(self) -> None:
        self._igraph: Any = importlib.import_module("igraph")

    def integers(self, path: str) -> int:
        """A graph of integers that are taken as they are."""
        return int(self._igraph.Graph.Read_Edgelist(path).ecount())

    def names(self, path: str) -> int:
        """Through the csv module, as igraph reads names only from its own formats."""
        import csv

        with open(path, newline="") as file:  # noqa: PTH123 - as its documentation does
            rows = csv.reader(file)
            next(rows)
            links = [(source, target, float(weight)) for source, target, weight in rows]
        graph = self._igraph.Graph.TupleList(links, directed=True, weights=True)
        return int(graph.ecount())


class NetworkX:
    """``read_edgelist`` and ``read_weighted_edgelist``."""

    def __init__(self) -> None:
        self._networkx: Any = importlib.import_module("networkx")

    def integers(self, path: str) -> int:
        """A DiGraph of integers."""
        kind = self._networkx.DiGraph
        return int(
            self._networkx.read_edgelist(path, create_using=kind, nodetype=int).number_of_edges()
        )

    def names(self, path: str) -> int:
        """A DiGraph of names, the header skipped as a comment."""
        graph = self._networkx.read_weighted_edgelist(
            path, comments="source,target", delimiter=",", create_using=self._networkx.DiGraph
        )
        return int(graph.number_of_edges())
