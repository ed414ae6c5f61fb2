"""LDBC Graphalytics but for PageRank: BFS, CDLP, LCC, SSSP, WCC as operators of the registry."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph
from tests.conformance.test_graphalytics import adjacency

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Vectors

ROUNDS = {"example": 2, "cdlp": 5}
"""Rounds of label propagation: the properties of the example, and the parameter of the project's own test."""
UNREACHED = {"9223372036854775807", "infinity", "Infinity", "inf"}


def weighted(path: Path, *, both: bool) -> Graph:
    """A file of edges with weights, and the particles beside it."""
    names = [int(line) for line in path.with_suffix(".v").read_text().split()]
    rows = np.loadtxt(path)
    source, target = (np.searchsorted(names, rows[:, at].astype(np.int64)) for at in (0, 1))
    if both:
        source, target = np.concatenate((source, target)), np.concatenate((target, source))
    weight = np.tile(rows[:, 2], 2 if both else 1)
    return Graph.from_edges(source, target, weight, particles=len(names)).renamed(names)


def published(path: Path) -> dict[int, str]:
    return {int(name): value for name, value in map(str.split, path.read_text().splitlines())}


def graphs(vectors: Vectors, kind: str) -> list[tuple[str, Graph, Path, str]]:
    """The example's and the algorithm's own graphs, with the file of results and how the source is called."""
    folder = vectors("ldbc-graphalytics")
    found = []
    for name in ("directed", "undirected"):
        edges = folder / "example" / f"example-{name}.e"
        graph = weighted(edges, both=name == "undirected")
        results = folder / "example" / f"example-{name}-{kind.upper()}"
        found.append(("example", graph, results, name))
    for name in ("dir", "undir"):
        edges = folder / kind / f"{name}-input.e"
        lists = folder / kind / f"{name}-input"
        graph = weighted(edges, both=name == "undir") if edges.exists() else adjacency(lists)
        found.append((kind, graph, folder / kind / f"{name}-output", name))
    return found


@pytest.mark.parametrize("kind", ["bfs", "sssp"])
def test_distances(kind: str, vectors: Vectors) -> None:
    for _, graph, path, name in graphs(vectors, kind):
        source = 2 if name == "undirected" else 1
        by = "hops" if kind == "bfs" else "weight"
        found = dict(graph.compute("distances", seeds=source, by=by))
        for particle, value in published(path).items():
            far = math.inf if value in UNREACHED else float(value)
            assert found.get(particle, math.inf) == pytest.approx(far, rel=1e-9), (path, particle)


def test_label_propagation(vectors: Vectors) -> None:
    for folder, graph, path, _ in graphs(vectors, "cdlp"):
        found = dict(graph.compute("label_propagation", rounds=ROUNDS[folder]))
        assert found == {name: int(value) for name, value in published(path).items()}, path


def test_clustering(vectors: Vectors) -> None:
    for _, graph, path, _ in graphs(vectors, "lcc"):
        found: dict[Any, float] = dict(graph.compute("clustering"))
        for particle, value in published(path).items():
            assert found[particle] == pytest.approx(float(value), abs=1e-11), (path, particle)


def test_components(vectors: Vectors) -> None:
    for _, graph, path, _ in graphs(vectors, "wcc"):
        found = dict(graph.compute("components"))
        numbers = published(path)
        assert found.keys() == numbers.keys()
        assert same_parts(found, numbers), path


def same_parts(first: dict[int, Any], second: dict[int, Any]) -> bool:
    pairs = {(first[name], second[name]) for name in first}
    return len(pairs) == len(set(first.values())) == len(set(second.values()))
