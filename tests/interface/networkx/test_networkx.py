"""The NetworkX backend gives what NetworkX gives: results, exceptions, matrices; and focus beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from focusmesh import Focus, FocusParams, Graph
from focusmesh.errors import InputError
from focusmesh.interface.networkx import backend, focus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph)
FAILED = nx.PowerIterationFailedConvergence
NODES = [0, 1, 2, "three", ("four", 4), frozenset({5}), 6.5]

WEIGHTS = st.one_of(st.none(), st.integers(0, 3), st.floats(1e-3, 1e3))
SHARES = st.dictionaries(st.sampled_from([*NODES, "stranger"]), st.floats(0, 10), max_size=7)


@pytest.fixture(autouse=True, scope="module")
def _no_note() -> Iterator[None]:
    """NetworkX notes each use of a cached conversion with a warning."""
    with nx.config(warnings_to_ignore={"cache"}):
        yield


@st.composite
def graphs(draw: Callable[..., Any]) -> Any:
    """A graph of any kind with self-loops, parallel edges, edges without weight, dangling and isolated nodes."""
    made = draw(st.sampled_from(KINDS))()
    made.add_nodes_from(NODES[: draw(st.integers(0, len(NODES)))])
    ends = st.sampled_from(NODES)
    for source, target, weight in draw(st.lists(st.tuples(ends, ends, WEIGHTS), max_size=25)):
        made.add_edge(source, target, **({} if weight is None else {"weight": weight}))
    return made


def outcome(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The result, or the type of what was raised."""
    try:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)
    except (nx.NetworkXException, ArithmeticError, RuntimeError, ValueError) as error:
        return type(error)


def assert_same(ours: Any, theirs: Any, accuracy: float = 1e-9) -> None:
    if not isinstance(theirs, dict):
        assert ours == theirs
        return
    assert list(ours) == list(theirs)
    assert all(type(score) is float for score in ours.values())
    assert list(ours.values()) == pytest.approx(list(theirs.values()), rel=0, abs=accuracy)


@given(
    graph=graphs(),
    alpha=st.floats(0, 1),
    tolerance=st.sampled_from([1e-3, 1e-6, 1e-12]),
    rounds=st.sampled_from([0, 1, 20, 100, 500]),
    weight=st.sampled_from(["weight", "absent", None]),
    personalization=st.none() | SHARES,
    nstart=st.none() | SHARES,
    dangling=st.none() | SHARES,
)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_pagerank_is_that_of_networkx(
    graph: Any, alpha: float, tolerance: float, rounds: int, **options: Any
) -> None:
    asked = {"alpha": alpha, "tol": tolerance, "max_iter": rounds, **options}
    asked["weight"] = options["weight"]
    theirs = outcome(nx.pagerank, graph, **asked, backend="networkx")
    assert_same(outcome(nx.pagerank, graph, **asked, backend="focusmesh"), theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_pagerank_on_a_graph_of_some_size(kind: Any) -> None:
    """Large enough for compiled sums on all cores."""
    random = np.random.default_rng(3)
    ends, weights = random.integers(0, 9_000, (2, 120_000)).tolist(), random.random(120_000)
    graph = kind()
    graph.add_weighted_edges_from(zip(*ends, weights.tolist(), strict=True))
    assert backend.convert_from_nx(graph).adjacency(None).compiled
    ours = nx.pagerank(graph, tol=1e-12, backend="focusmesh")
    assert_same(ours, nx.pagerank(graph, tol=1e-12), 1e-12)


def test_self_loops_count() -> None:
    with_loop, without = nx.DiGraph([(0, 0), (0, 1), (1, 0)]), nx.DiGraph([(0, 1), (1, 0)])
    kept = nx.pagerank(with_loop, backend="focusmesh")
    assert_same(kept, nx.pagerank(with_loop))
    assert kept[0] - nx.pagerank(without, backend="focusmesh")[0] > 0.1


def test_a_node_whose_only_link_is_a_loop_does_not_dangle() -> None:
    graph = nx.DiGraph([(0, 0), (1, 2)])
    ours = nx.pagerank(graph, dangling={1: 1}, backend="focusmesh")
    assert_same(ours, nx.pagerank(graph, dangling={1: 1}))


def test_steps_are_counted_as_networkx_does() -> None:
    graph, asked = nx.barbell_graph(5, 3), {"tol": 1e-9, "personalization": {0: 1}}
    needed = next(
        n for n in range(200) if outcome(nx.pagerank, graph, max_iter=n, **asked) != FAILED
    )
    ours = [
        outcome(nx.pagerank, graph, max_iter=rounds, **asked, backend="focusmesh") == FAILED
        for rounds in (needed - 1, needed)
    ]
    assert ours == [True, False]


def test_personalization_that_adds_up_to_nothing_is_refused() -> None:
    with pytest.raises(ZeroDivisionError):
        nx.pagerank(nx.path_graph(3), personalization={0: 0}, backend="focusmesh")


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), 1j, "heavy", 1e300, True])
@pytest.mark.parametrize("target", [0, 1])
def test_weights_that_are_not_ranked_are_declined(weight: Any, target: int) -> None:
    graph = nx.DiGraph()
    graph.add_edge(0, target, weight=weight)
    with pytest.raises(NotImplementedError, match="focusmesh"):
        nx.pagerank(graph, backend="focusmesh")


def test_what_is_declined_is_left_to_networkx() -> None:
    graph = nx.DiGraph([(0, 1, {"weight": -1.0}), (0, 2, {"weight": 3.0})])
    with nx.config.backend_priority(algos=["focusmesh"]):
        assert_same(nx.pagerank(graph), nx.pagerank(graph, backend="networkx"))


def leading(graph: Any) -> tuple[Any, Any, float]:
    """Authorities, hubs and the share between the two largest singular values, from the dense matrix."""
    left, values, right = np.linalg.svd(nx.to_numpy_array(graph))
    return np.abs(right[0]), np.abs(left[:, 0]), values[1] / values[0]


@given(graph=graphs(), start=st.booleans())
def test_hits_is_that_of_networkx(graph: Any, start: bool) -> None:
    assume(len(graph) > 2 and graph.size(weight="weight") > 0)
    authorities, hubs, share = leading(graph)
    assume(share < 0.9)
    nstart = {node: 1.0 + i for i, node in enumerate(graph)} if start else None
    ours = nx.hits(graph, nstart=nstart, backend="focusmesh")
    theirs = nx.hits(graph, nstart=nstart, backend="networkx")
    for found, peer, true in zip(ours, theirs, (hubs, authorities), strict=True):
        assert_same(found, peer, 1e-7)
        assert list(found.values()) == pytest.approx(true / true.sum(), abs=1e-7)


def test_hits_not_normalised_has_length_one() -> None:
    graph = nx.gnp_random_graph(30, 0.2, seed=5, directed=True)
    hubs, authorities = nx.hits(graph, normalized=False, backend="focusmesh")
    x = np.array(list(authorities.values()))
    assert np.linalg.norm(x) == pytest.approx(1.0, abs=1e-12)
    assert list(hubs.values()) == pytest.approx(nx.to_numpy_array(graph) @ x, abs=1e-12)


@pytest.mark.parametrize(
    "graph", [nx.path_graph(2), nx.DiGraph([(0, 1), (2, 3)]), nx.cycle_graph(40)]
)
def test_hits_has_no_signs_where_many_vectors_lead(graph: Any) -> None:
    """Lanczos alone gives such graphs scores of either sign, adding up to about 0 before they are normalised."""
    hubs, authorities = nx.hits(graph, backend="focusmesh")
    for scores in (hubs, authorities):
        linking = [score for score in scores.values() if score > 1e-9]
        assert linking == pytest.approx([1 / len(linking)] * len(linking), abs=1e-9)
        assert min(scores.values()) >= 0


@pytest.mark.parametrize("rounds", [0, 1])
def test_hits_that_does_not_converge_says_so(rounds: int) -> None:
    with pytest.raises(FAILED):
        nx.hits(nx.path_graph(50), max_iter=rounds, backend="focusmesh")


@pytest.mark.parametrize("count", [1, 3])
def test_hits_without_edges_fails_as_in_networkx(count: int) -> None:
    graph = nx.empty_graph(count)
    theirs = outcome(nx.hits, graph, backend="networkx")
    assert issubclass(theirs, Exception)
    assert outcome(nx.hits, graph, backend="focusmesh") is theirs


def test_nothing_to_rank() -> None:
    assert nx.pagerank(nx.Graph(), backend="focusmesh") == {}
    assert nx.hits(nx.Graph(), backend="focusmesh") == ({}, {})


@given(graph=graphs(), weight=st.sampled_from(["weight", None]), alpha=st.floats(0, 1))
def test_matrices_are_those_of_networkx(graph: Any, weight: str | None, alpha: float) -> None:
    assume(len(graph))
    for function in (nx.to_scipy_sparse_array, nx.to_numpy_array):
        ours = function(graph, weight=weight, backend="focusmesh")
        theirs = function(graph, weight=weight, backend="networkx")
        assert ours.dtype == theirs.dtype or not graph.size()
        assert abs(ours - theirs).sum() <= 1e-9 * abs(theirs).sum()
    asked = {"alpha": alpha, "weight": weight, "nodelist": list(graph)[::-1]}
    ours = nx.google_matrix(graph, **asked, backend="focusmesh")
    assert np.abs(ours - nx.google_matrix(graph, **asked)).max() < 1e-12


@pytest.mark.parametrize("dtype", [None, int, float, np.float32])
@pytest.mark.parametrize("order", [None, "F"])
def test_a_dense_matrix_has_the_type_that_was_asked_for(dtype: Any, order: Any) -> None:
    """Parallel edges add up before they are rounded."""
    graph = nx.MultiGraph([(0, 1, {"weight": 0.5}), (0, 1, {"weight": 0.5}), (1, 1)])
    ours = nx.to_numpy_array(graph, dtype=dtype, order=order, backend="focusmesh")
    theirs = nx.to_numpy_array(graph, dtype=dtype, order=order, backend="networkx")
    assert (ours.dtype, ours.flags.f_contiguous) == (theirs.dtype, theirs.flags.f_contiguous)
    assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("format", ["csr", "coo", "dok"])
def test_a_matrix_does_not_share_its_memory(format: str) -> None:
    graph = nx.DiGraph([(0, 1, {"weight": 2.0}), (1, 2, {"weight": 3.0}), (0, 2)])
    before = nx.pagerank(graph, backend="focusmesh")
    matrix = nx.to_scipy_sparse_array(graph, format=format, backend="focusmesh")
    matrix *= 0
    again = nx.to_scipy_sparse_array(graph, format=format, backend="focusmesh")
    assert again.sum() == 6
    assert nx.pagerank(graph, backend="focusmesh") == before


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(nx.NetworkXError, match="Unknown sparse matrix format: any"):
        nx.to_scipy_sparse_array(nx.path_graph(3), format="any", backend="focusmesh")


@given(graph=graphs(), weight=st.sampled_from(["weight", "cost"]))
def test_stochastic_graph_is_that_of_networkx(graph: Any, weight: str) -> None:
    if not graph.is_directed():
        with pytest.raises(nx.NetworkXNotImplemented):
            nx.stochastic_graph(graph, weight=weight, backend="focusmesh")
        return
    made = nx.stochastic_graph(graph, weight=weight, backend="focusmesh")
    theirs = nx.stochastic_graph(nx.to_directed(graph), weight=weight)
    back = backend.convert_to_nx(made)
    assert nx.is_isomorphic(back, theirs) or len(graph) > 7
    assert list(back.edges) == list(theirs.edges)
    for ends in theirs.edges:
        assert back.edges[ends][weight] == pytest.approx(theirs.edges[ends][weight], rel=1e-12)


def test_focus_is_that_of_the_graph() -> None:
    graph = nx.karate_club_graph()
    own = Graph.from_networkx(graph)
    params = FocusParams(alpha=0.3)
    for seeds in (None, [5], {5: 2.0, 33: 1.0}):
        found = focus(graph, params, 1e-10, seeds=seeds, beta=0.7, backend="focusmesh")
        expected = own.focus(params, 1e-10, seeds=seeds, beta=0.7)
        assert isinstance(found, Focus)
        assert found.bound <= 1e-10
        assert list(found.particles) == list(graph)
        assert np.abs(found.scores - expected.scores).sum() <= found.bound + expected.bound


def test_focus_without_the_cache() -> None:
    graph = nx.path_graph(4)
    found = focus(graph, tolerance=1e-12, backend="networkx")
    assert not graph.__networkx_cache__
    assert np.abs(found.scores - focus(graph, tolerance=1e-12).scores).max() < 1e-11


def test_focus_of_an_attribute() -> None:
    graph = nx.DiGraph([(0, 1, {"trust": 9.0}), (0, 2, {"trust": 1.0})])
    assert focus(graph, weight="trust").score(1) > focus(graph, weight="trust").score(2)
    assert focus(graph, weight=None).score(1) == pytest.approx(focus(graph, weight=None).score(2))


def test_focus_of_a_node_that_is_not_there() -> None:
    with pytest.raises(InputError, match="no particle is named 'nobody'"):
        focus(nx.path_graph(3), seeds=["nobody"])
