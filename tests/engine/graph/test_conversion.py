"""To and from NetworkX and SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from scipy import sparse

from focusmesh import Graph
from focusmesh.errors import InputError
from tests.engine.strategies import axons_of, graphs

if TYPE_CHECKING:
    from tests.conftest import Needs


@given(graphs())
def test_through_scipy(graph: Graph) -> None:
    matrix = graph.to_scipy()
    assert matrix.dtype == np.float64
    again = Graph.from_scipy(matrix)
    assert axons_of(again.links()) == axons_of(graph.links())
    assert again.particle_count == graph.particle_count


@given(graphs())
def test_through_networkx(graph: Graph) -> None:
    pytest.importorskip("networkx")
    again = Graph.from_networkx(graph.to_networkx())
    assert axons_of(again.links()) == axons_of(graph.links())
    assert list(again.particles) == list(graph.particles)


def test_matrices() -> None:
    entries = sparse.coo_array(([1.0, 2.0, 0.0, 5.0], ([0, 0, 1, 1], [1, 1, 0, 1])), shape=(3, 3))
    graph = Graph.from_scipy(entries, ["a", "b", "c"])
    assert axons_of(graph.links()) == {(0, 1): 3.0}
    assert list(graph.particles) == ["a", "b", "c"]
    for bad in (sparse.csr_array((2, 3)), sparse.csr_array([[0, -1.0], [1, 0]])):
        with pytest.raises(InputError):
            Graph.from_scipy(bad)
    with pytest.raises(InputError, match="2 names for 3"):
        Graph.from_scipy(entries, ["a", "b"])


def test_networkx_edges(needs: Needs) -> None:
    nx = needs("networkx")
    graph = Graph.from_networkx(nx.Graph([("a", "b", {"weight": 2.0}), ("b", "b"), ("b", "c")]))
    assert axons_of(graph.links()) == {(0, 1): 2.0, (1, 0): 2.0, (1, 2): 1.0, (2, 1): 1.0}
    assert axons_of(Graph.from_networkx(nx.DiGraph([(5, 3)]), weight=None).links()) == {(0, 1): 1}
    with pytest.raises(InputError):
        Graph.from_networkx(nx.DiGraph([(0, 1, {"weight": -1.0})]))


def test_labels_through_networkx() -> None:
    pytest.importorskip("networkx")
    graph = Graph.from_edges(["a", "a"], ["b", "b"], [1, 2], ["r", None], ["x", "y"], time=[1, 2])
    again = Graph.from_networkx(graph.to_networkx())
    assert again.between("a", "b") == graph.between("a", "b")
    assert again.link_count == 2
