"""Whatever arrays of link ends a user has: the same graph, or an error that says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.errors import InputError
from tests.engine.strategies import axons_of

if TYPE_CHECKING:
    from tests.conftest import Needs

ENDS = st.lists(st.tuples(st.integers(-100, 100), st.integers(-100, 100)), min_size=1, max_size=20)
FAR = st.lists(
    st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1)), max_size=20
)


def named_axons(graph: Graph) -> dict[tuple[Any, Any], float]:
    names = graph.particles
    return {(names[i], names[j]): weight for (i, j), weight in axons_of(graph.links()).items()}


def expected(rows: list[tuple[int, int]]) -> dict[tuple[int, int], float]:
    return {row: float(rows.count(row)) for row in rows if row[0] != row[1]}


@pytest.mark.parametrize("kind", ["i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "O", "list"])
@given(rows=ENDS)
def test_integers_of_any_type(kind: str, rows: list[tuple[int, int]]) -> None:
    source, target = ([row[i] for row in rows] for i in (0, 1))
    graph = (
        Graph.from_edges(source, target)
        if kind == "list"
        else Graph.from_edges(np.array(source, kind), np.array(target, kind))
    )
    assert list(graph.particles) == sorted({end for row in rows for end in row})
    assert named_axons(graph) == expected(rows)


@given(rows=FAR)
def test_integers_far_apart(rows: list[tuple[int, int]]) -> None:
    graph = Graph.from_edges([row[0] for row in rows], [row[1] for row in rows])
    assert list(graph.particles) == sorted({end for row in rows for end in row})
    assert named_axons(graph) == expected(rows)


@pytest.mark.parametrize("kinds", [("u1", "i8"), ("i1", "u4"), ("u8", "i2"), (">u2", "<i4")])
def test_ends_of_two_types(kinds: tuple[str, str]) -> None:
    graph = Graph.from_edges(np.array([1, 100], kinds[0]), np.array([100, 7], kinds[1]))
    assert named_axons(graph) == {(1, 100): 1.0, (100, 7): 1.0}
    negative = Graph.from_edges(np.array([1, 100], np.uint8), np.array([100, -5], np.int64))
    assert list(negative.particles) == [-5, 1, 100]


def test_views_and_read_only_arrays_of_a_large_graph() -> None:
    draws = np.random.default_rng(3).integers(0, 5_000, (240_000, 2))
    weight = np.ones(480_000)[::4]
    plain = Graph.from_edges(draws[::2, 0].copy(), draws[::2, 1].copy())
    for kind in (">i4", "<i8", "<u2"):
        source, target = draws[::2, 0].astype(kind), draws.astype(kind)[::2, 1]
        for array in (source, target, weight):
            array.flags.writeable = False
        graph = Graph.from_edges(source, target, weight)
        assert graph.particles == plain.particles
        for name in ("in_start", "in_source", "out_total", "order"):
            np.testing.assert_array_equal(
                getattr(graph.structure, name), getattr(plain.structure, name)
            )


def test_pandas(needs: Needs) -> None:
    pd = needs("pandas")
    frame = pd.DataFrame({"a": [3, 1], "b": [1, 3], "w": [1.0, 2.0]}, index=[7, 5])
    graph = Graph.from_edges(frame["a"], pd.Index(frame["b"]), frame["w"], frame["a"], frame["b"])
    assert named_axons(graph) == {(3, 1): 1.0, (1, 3): 2.0}
    assert list(graph.relations or ()) == [3, 1]
    words = Graph.from_edges(pd.Series(["x", "y"], dtype="category"), pd.Series(["y", "z"]))
    assert list(words.particles) == ["x", "y", "z"]
    with pytest.raises(InputError):
        Graph.from_edges(pd.Series(["x", None]), pd.Series(["y", "z"]))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ([1.0, 2.0], "cannot|floats|rows|names"),
        (np.array([1.0, 2.0]), "floats"),
        (np.array([1.0, np.nan]), "floats"),
        (["a", float("nan")], r"source\[1\] is nan"),
        (["a", None], r"source\[1\] is None"),
        (["a", ["b"]], r"source\[1\] is \['b'\]"),
        (np.zeros((2, 1), int), "one dimension"),
        (np.array([1, 2**63], np.uint64), "beyond int64"),
        ([1, 2**63], "beyond 64 bits"),
        ([1, 2, 3], "source has 3 rows, target has 2"),
        ("ab", "not str"),
        (5, "not int"),
    ],
)
def test_refused(source: Any, reason: str) -> None:
    if isinstance(source, list) and source == [1.0, 2.0]:
        assert list(Graph.from_edges(source, [1, 2]).particles) == [1, 2]
        return
    with pytest.raises(InputError, match=reason):
        Graph.from_edges(source, [0, 1])


def test_names_of_mixed_types() -> None:
    graph = Graph.from_edges(["a", 1, ("t", 2)], [2, b"b", "a"])
    assert list(graph.particles) == ["a", 2, 1, b"b", ("t", 2)]
    assert graph.predecessors("a") == [(("t", 2), 1.0)]


def test_given_particles() -> None:
    graph = Graph.from_edges([0, 1], [1, 0], particles=np.int64(3))  # type: ignore[arg-type]
    assert list(graph.particles) == [0, 1, 2]
    named = Graph.from_edges(np.array([0, 2]), np.array([2, 1]), particles=["a", "b", "c"])
    assert named_axons(named) == {("a", "c"): 1.0, ("c", "b"): 1.0}
    with pytest.raises(InputError, match="occurs twice"):
        Graph.from_edges([0], [1], particles=["a", "b", "a"])
    with pytest.raises(InputError, match="count ≥ 0"):
        Graph.from_edges([0], [1], particles=-1)
    with pytest.raises(InputError, match="link 0: index 3 is not among 3 particles"):
        Graph.from_edges(np.array([0]), np.array([3]), particles=3)


@pytest.mark.parametrize(
    "options",
    [
        {"weight": [1.0]},
        {"weight": ["a", "b"]},
        {"weight": [1.0, None]},
        {"weight": np.ones((2, 1))},
        {"weight": [1j, 1]},
        {"relation": ["r"]},
        {"relation": ["r", float("nan")]},
        {"author": [["x"], "y"]},
        {"time": [1]},
        {"time": [1.5, 2.5]},
        {"time": np.array([1, 2**63], np.uint64)},
        {"valence": [2, 0]},
    ],
)
def test_columns_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Graph.from_edges([0, 1], [1, 0], **options)


def test_columns_kept() -> None:
    graph = Graph.from_edges(
        [0, 1], [1, 2], [2, 3], [("a", 1), None], "me", time=np.array([5, 6]), valence=[1, -1]
    )
    links = graph.links()
    assert (list(graph.relations or ()), list(graph.authors or ())) == ([("a", 1), ""], ["me"])
    assert links.time is not None
    assert links.time.tolist() == [5, 6]
    assert graph.axon_count == 1
