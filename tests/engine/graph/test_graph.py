"""Graph: what it says of its links."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from focusmesh import Graph, Names
from focusmesh.engine.links import LinkColumns
from focusmesh.errors import InputError, UnknownParticleError
from tests.engine.strategies import Rows, axons_of, graph_of, link_rows, naive_axons


@given(link_rows())
def test_neighbours(made: tuple[int, Rows]) -> None:
    count, rows = made
    graph, axons = graph_of(count, rows), naive_axons(rows)
    assert graph.axon_count == graph.link_count == len(axons)
    for i in range(count):
        out = {j: pytest.approx(weight) for (s, j), weight in axons.items() if s == i}
        into = {s: pytest.approx(weight) for (s, j), weight in axons.items() if j == i}
        assert dict(graph.successors(i)) == out
        assert dict(graph.predecessors(i)) == into
        weights = [weight for _, weight in graph.successors(i)]
        assert weights == sorted(weights, reverse=True)
        assert all(graph.weight(i, j) == out.get(j, 0.0) for j in range(count))


def test_valence_and_karma() -> None:
    graph = Graph.from_edges(["a", "a"], ["b", "c"], author=["x", "y"], valence=[1, 0])
    weighed = graph.weighed({"x": 1.0}, half=1.0, least=0.1)
    assert weighed.weight("a", "b") == pytest.approx(0.55)
    assert weighed.weight("a", "c") == pytest.approx(0.1)
    for karma in ({"x": -1.0}, {"x": float("nan")}, {"z": 1.0}):
        with pytest.raises(InputError):
            graph.weighed(karma)
    with pytest.raises(InputError, match="authors"):
        Graph.from_edges([0], [1]).weighed({})


def test_renamed_and_texts() -> None:
    columns = LinkColumns(
        Names.range(2), np.array([0], np.uint32), np.array([1], np.uint32), texts=Names.texts("ab")
    )
    graph = Graph.from_links(columns).renamed(["x", "y"])
    assert (graph.text("x"), graph.text("y"), graph.weight("x", "y")) == ("a", "b", 1.0)
    for names in (["x"], ["x", "x"]):
        with pytest.raises(InputError):
            graph.renamed(names)
    with pytest.raises(UnknownParticleError):
        graph.text(0)


@pytest.mark.parametrize(
    "changes",
    [
        {"target": np.zeros(2, np.uint32)},
        {"source": np.array([9], np.uint32)},
        {"weight": np.array([-1.0])},
        {"weight": np.array([1.0, 2.0])},
        {"relation": np.zeros(1, np.uint32)},
        {"author": np.array([3], np.uint32), "authors": Names.range(2)},
        {"time": np.zeros(2, np.int64)},
        {"texts": Names.texts(["a"])},
    ],
)
def test_columns_are_verified(changes: dict[str, object]) -> None:
    plain = {"source": np.array([0], np.uint32), "target": np.array([1], np.uint32)}
    with pytest.raises(InputError):
        Graph.from_links(LinkColumns(particles=Names.range(2), **{**plain, **changes}))  # type: ignore[arg-type]


def test_labelled_links_keep_their_order_and_add_up() -> None:
    graph = Graph.from_edges([0, 0, 1], [1, 1, 1], [1, 2, 9], relation=["r", "s", "r"])
    assert (graph.link_count, graph.axon_count, graph.weight(0, 1)) == (3, 1, 3.0)
    assert graph.links().source.tolist() == [0, 0, 1]
    assert axons_of(graph.copy().links())
    assert "2 particles, 3 links" in repr(graph)
