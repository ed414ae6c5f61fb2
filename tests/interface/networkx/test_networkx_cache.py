"""Conversions are kept with the graph, serve every later call, and are dropped when the graph changes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest

from focusmesh.errors import InputError
from focusmesh.interface.networkx import ConvertedGraph, backend, focus, get_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _no_note() -> Iterator[None]:
    """NetworkX notes each use of a cached conversion with a warning."""
    with nx.config(warnings_to_ignore={"cache"}):
        yield


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The graphs that were converted."""
    seen: list[Any] = []
    convert = backend.convert_from_nx

    def counted(graph: Any, **options: Any) -> ConvertedGraph:
        seen.append(graph)
        return convert(graph, **options)

    monkeypatch.setattr(backend, "convert_from_nx", counted)
    return seen


def weighted() -> Any:
    graph = nx.DiGraph()
    graph.add_weighted_edges_from([(0, 1, 1.0), (0, 2, 2.0), (2, 1, 1.0), (1, 0, 1.0), (3, 0, 1.0)])
    return graph


def ranked(graph: Any, **options: Any) -> Any:
    return nx.pagerank(graph, tol=1e-12, max_iter=500, backend="focusmesh", **options)


def assert_current(graph: Any, scores: Any) -> None:
    expected = nx.pagerank(graph, tol=1e-12, max_iter=500, backend="networkx")
    assert scores == pytest.approx(expected, abs=1e-9)


def test_one_conversion_serves_all_calls(conversions: list[Any]) -> None:
    graph = weighted()
    first = ranked(graph)
    assert ranked(graph, personalization={0: 1}) != first
    nx.hits(graph, backend="focusmesh")
    focus(graph, seeds=[1])
    assert ranked(graph) == first
    assert conversions == [graph]


def test_a_conversion_with_weights_serves_calls_without(conversions: list[Any]) -> None:
    graph = weighted()
    ranked(graph)
    plain = ranked(graph, weight=None)
    assert len(conversions) == 1
    assert plain == pytest.approx(nx.pagerank(graph, weight=None, tol=1e-12, max_iter=500))
    assert plain != ranked(graph)


def test_another_attribute_is_another_conversion(conversions: list[Any]) -> None:
    graph = weighted()
    nx.set_edge_attributes(graph, {(0, 1): 50.0}, "cost")
    ranked(graph)
    ranked(graph, weight="cost")
    assert len(conversions) == 2


CHANGES: dict[str, Callable[[Any], Any]] = {
    "add_edge": lambda graph: graph.add_edge(1, 3),
    "add_edge on an edge": lambda graph: graph.add_edge(0, 1, weight=40.0),
    "add_edges_from": lambda graph: graph.add_edges_from([(1, 3), (1, 2)]),
    "add_weighted_edges_from": lambda graph: graph.add_weighted_edges_from([(0, 1, 9.0)]),
    "add_node": lambda graph: graph.add_node("new"),
    "add_nodes_from": lambda graph: graph.add_nodes_from("ab"),
    "clear_edges": lambda graph: graph.clear_edges(),
    "remove_edge": lambda graph: graph.remove_edge(0, 2),
    "remove_edges_from": lambda graph: graph.remove_edges_from([(0, 2)]),
    "remove_node": lambda graph: graph.remove_node(2),
    "remove_nodes_from": lambda graph: graph.remove_nodes_from([2, 3]),
    "set_edge_attributes": lambda graph: nx.set_edge_attributes(graph, {(0, 1): 40.0}, "weight"),
    "update": lambda graph: graph.update(edges=[(1, 3, {"weight": 5.0})]),
    "by hand, then clearing the cache": lambda graph: (
        graph[0][1].update(weight=40.0),
        graph.__networkx_cache__.clear(),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_drops_the_conversion(change: str, conversions: list[Any]) -> None:
    graph = weighted()
    before, focus_before = ranked(graph), focus(graph)
    CHANGES[change](graph)
    after = ranked(graph)
    assert_current(graph, after)
    assert before != after
    assert list(focus(graph).particles) == list(graph)
    assert len(conversions) == 2
    assert not np.array_equal(focus(graph).scores, focus_before.scores)


VIEWS: dict[str, Callable[[Any], Any]] = {
    "subgraph": lambda graph: graph.subgraph([0, 1, 2]),
    "edge_subgraph": lambda graph: graph.edge_subgraph(list(graph.edges)[:3]),
    "reverse": lambda graph: graph.reverse(copy=False),
    "to_undirected": lambda graph: graph.to_undirected(as_view=True),
    "subgraph_view": lambda graph: nx.subgraph_view(graph, filter_node=lambda node: node != 3),
}


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_follows_its_graph(view: str, kind: Any) -> None:
    graph = kind(weighted())
    seen = VIEWS[view](graph)
    before = ranked(seen)
    assert_current(seen, before)
    graph.add_edge(0, 1, key=0, weight=40.0)
    assert_current(seen, ranked(seen))
    assert ranked(seen) != before


def test_a_graph_of_ones_own_can_be_edited() -> None:
    made = backend.convert_from_nx(weighted(), edge_attrs={"weight": 1})
    before = focus(made)
    own = made.to_graph("weight")
    own.link(0, 1, 40.0)
    assert np.array_equal(focus(made).scores, before.scores)
    assert not np.array_equal(own.focus().scores, before.scores)


def test_a_change_behind_the_back_of_networkx_is_not_seen() -> None:
    """The documented limit, and the reason for NetworkX's warning."""
    graph = weighted()
    before = ranked(graph)
    graph[0][1]["weight"] = 40.0
    assert ranked(graph) == before


def test_the_warning_of_networkx_is_left_on() -> None:
    graph = weighted()
    ranked(graph)
    with nx.config(warnings_to_ignore=set()), pytest.warns(UserWarning, match="saved to cache"):
        ranked(graph)


def test_no_cache_where_it_is_switched_off(conversions: list[Any]) -> None:
    graph = weighted()
    with nx.config(cache_converted_graphs=False):
        ranked(graph)
        ranked(graph)
    assert len(conversions) == 2


def test_a_converted_graph_can_be_handed_in() -> None:
    graph = weighted()
    made = backend.convert_from_nx(graph, edge_attrs={"weight": 1})
    assert nx.pagerank(made) == nx.pagerank(graph, backend="focusmesh")
    assert (made.is_directed(), made.is_multigraph(), len(made)) == (True, False, 4)
    assert list(made) == list(graph)
    with pytest.raises(InputError, match="'cost' was not converted"):
        nx.pagerank(made, weight="cost")


def test_a_converted_graph_runs_what_only_networkx_has() -> None:
    made = backend.convert_from_nx(weighted(), edge_attrs={"weight": 1})
    with nx.config(fallback_to_nx=True):
        found = nx.strongly_connected_components(made)
    assert sorted(map(sorted, found)) == [[0, 1, 2], [3]]


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_there_and_back(kind: Any) -> None:
    graph = kind(name="there")
    graph.graph[7] = "a key that is no word"
    graph.add_node("alone")
    graph.add_edges_from([(0, 1), (0, 0), (1, 0)], weight=2, colour="red")
    graph.add_edges_from([(0, 1), (2, 2)], weight=0.5)
    back = backend.convert_to_nx(
        backend.convert_from_nx(graph, edge_attrs={"weight": 1}, preserve_graph_attrs=True)
    )
    for *_, data in graph.edges(data=True):
        data.pop("colour", None)
    assert type(back) is kind
    assert nx.utils.graphs_equal(back, graph)


@pytest.mark.parametrize(
    "options",
    [{"preserve_edge_attrs": True}, {"preserve_node_attrs": True}, {"node_attrs": {"a": 1}}],
)
def test_what_arrays_do_not_hold_is_declined(options: Any) -> None:
    with pytest.raises(NotImplementedError, match="only edge attributes"):
        backend.convert_from_nx(weighted(), **options)


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("pagerank", {"weight": len}, "name of an edge attribute"),
        ("pagerank", {"weight": True}, "name of an edge attribute"),
        ("stochastic_graph", {"copy": False}, "in place"),
        ("to_numpy_array", {"nonedge": 1.0}, "are 0"),
        ("to_numpy_array", {"nonedge": 0}, "are 0"),
        ("to_numpy_array", {"nonedge": np.zeros(2)}, "are 0"),
        ("to_numpy_array", {"multigraph_weight": max}, "add up"),
        ("to_numpy_array", {"dtype": np.dtype([("a", int)])}, "structured"),
        ("to_scipy_sparse_array", {"nodelist": [1, 0]}, "in their order"),
        ("google_matrix", {"nodelist": [1, 0]}, "every node once"),
        ("betweenness_centrality", {}, "has no betweenness_centrality"),
    ],
)
def test_what_cannot_run_has_a_reason(name: str, options: Any, reason: str) -> None:
    told = backend.can_run(name, (weighted(),), options)
    assert isinstance(told, str)
    assert reason in told


def test_arguments_by_position_are_looked_at() -> None:
    told = backend.can_run("pagerank", (weighted(), 0.85, None, 100, 1e-6, None, len), {})
    assert isinstance(told, str)
    assert (
        backend.can_run("pagerank", (weighted(), 0.85, None, 100, 1e-6, None, "cost"), {}) is True
    )


def test_every_function_that_is_told_of_is_there() -> None:
    told = get_info()["functions"]
    assert all(callable(getattr(backend, name)) for name in told)
    assert not any(
        "focusmesh has no" in str(backend.can_run(name, (weighted(),), {})) for name in told
    )
    assert "focusmesh" in (nx.pagerank.__doc__ or "")


def test_starting_networkx_loads_nothing_but_what_it_shows() -> None:
    code = (
        "import sys, networkx; "
        "print(*sorted(m for m in sys.modules if m.startswith('focusmesh.') or m in ('numpy', 'numba', 'scipy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "focusmesh.errors",
        "focusmesh.interface",
        "focusmesh.interface.networkx",
        "focusmesh.interface.networkx.info",
        "focusmesh.lazy",
    ]


def test_the_entry_point_is_the_backend_whatever_was_imported_before() -> None:
    # A submodule called "backend" would take the place of the object of that name once it is imported.
    code = (
        "from focusmesh.interface.networkx import Backend\n"
        "import networkx as nx\n"
        "print(len(nx.pagerank(nx.path_graph(3), backend='focusmesh')))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=120, capture_output=True, text=True
    )
    assert printed.stdout == "3\n"
