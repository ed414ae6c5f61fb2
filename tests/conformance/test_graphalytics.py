"""LDBC Graphalytics PageRank: so many applications of the operator from the uniform vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from tests.engine.strategies import operator_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Vectors

EXAMPLE_ROUNDS = 2
ROUNDS = {"dir": (40, 1e-12), "undir": (26, 1e-7)}
"""Rounds and relative accuracy of the ``pr`` files, which state neither: see README.md."""


def adjacency(path: Path) -> Graph:
    """Each line is a particle and those it links to."""
    rows = [[int(word) for word in line.split()] for line in path.read_text().splitlines() if line]
    source = np.array([row[0] for row in rows for _ in row[1:]])
    target = np.array([other for row in rows for other in row[1:]])
    return _graph(sorted({name for row in rows for name in row}), source, target)


def edges(folder: Path, name: str) -> Graph:
    """A file of particles and a file of links, with weights that PageRank does not use."""
    names = [int(line) for line in (folder / f"{name}.v").read_text().split()]
    pairs = np.loadtxt(folder / f"{name}.e", usecols=(0, 1), dtype=np.int64)
    source, target = pairs.T
    if "undirected" in name:
        source, target = np.concatenate((source, target)), np.concatenate((target, source))
    return _graph(names, source, target)


def _graph(names: list[int], source: Any, target: Any) -> Graph:
    at = np.searchsorted(names, source), np.searchsorted(names, target)
    return Graph.from_edges(*at, particles=len(names)).renamed(names)


def after_rounds(graph: Graph, rounds: int, backend: str) -> Any:
    operator = operator_of(graph, FocusParams.pagerank(0.85), backend)
    x = operator.u
    for _ in range(rounds):
        x = operator.apply(x)
    return x[graph.structure.position]


def assert_published(graph: Graph, scores: Any, path: Path, accuracy: float) -> None:
    table = [line.split() for line in path.read_text().splitlines() if line]
    assert len(table) == graph.particle_count
    for name, value in table:
        assert scores[graph.particles.index(int(name))] == pytest.approx(float(value), rel=accuracy)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("kind", ["dir", "undir"])
def test_pagerank(kind: str, backend: str, vectors: Vectors) -> None:
    folder = vectors("ldbc-graphalytics/pr")
    graph = adjacency(folder / f"{kind}-input")
    rounds, accuracy = ROUNDS[kind]
    scores = after_rounds(graph, rounds, backend)
    assert_published(graph, scores, folder / f"{kind}-output", accuracy)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", ["example-directed", "example-undirected"])
def test_example(name: str, backend: str, vectors: Vectors) -> None:
    folder = vectors("ldbc-graphalytics/example")
    graph = edges(folder, name)
    scores = after_rounds(graph, EXAMPLE_ROUNDS, backend)
    assert_published(graph, scores, folder / f"{name}-PR", 1e-14)
