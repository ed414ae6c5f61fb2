"""Components, paths, clustering and cores: what NetworkX gives, for every graph and every bad argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.interface.networkx import backend, get_info
from tests.interface.networkx.test_networkx import NODES, graphs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDS = st.sampled_from([*NODES, "stranger"])
CUTOFFS = st.one_of(st.none(), st.integers(-1, 3), st.floats(-1, 3))
SETS = ("connected_components", "strongly_connected_components", "weakly_connected_components")
OF_GRAPH = (
    "average_clustering",
    "clustering",
    "degree_centrality",
    "in_degree_centrality",
    "is_connected",
    "is_strongly_connected",
    "is_weakly_connected",
    "number_connected_components",
    "number_strongly_connected_components",
    "number_weakly_connected_components",
    "out_degree_centrality",
    "transitivity",
    "triangles",
)
OF_NODE = ("ancestors", "descendants", "node_connected_component")
WITHIN = (
    "single_source_shortest_path",
    "single_source_shortest_path_length",
    "single_target_shortest_path_length",
)


@pytest.fixture(autouse=True, scope="module")
def _no_note() -> Iterator[None]:
    """NetworkX notes each use of a cached conversion with a warning."""
    with nx.config(warnings_to_ignore={"cache"}):
        yield


def outcome(call: Callable[[], Any]) -> Any:
    """What a call gives, generators read to their end, or the exception with its words."""
    try:
        found = call()
        is_generator = hasattr(found, "__next__")
        return list(found) if is_generator else found
    except Exception as error:
        return type(error), str(error)


def both(graph: Any, name: str, *words: Any, **options: Any) -> tuple[Any, Any] | None:
    """What NetworkX gives and what we give; None where we leave a request to NetworkX."""
    if backend.can_run(name, (graph, *words), options) is not True:
        return None
    return called("networkx", graph, name, *words, **options), called(
        "focusmesh", graph, name, *words, **options
    )


def called(which: str, graph: Any, name: str, *words: Any, **options: Any) -> Any:
    """What a backend gives."""
    return outcome(lambda: getattr(nx, name)(graph, *words, backend=which, **options))


def same(found: tuple[Any, Any] | None) -> None:
    assert found is None or found[0] == found[1]


@given(graphs())
def test_of_a_graph(graph: Any) -> None:
    for name in OF_GRAPH:
        same(both(graph, name))
    for name in SETS:
        found = both(graph, name)
        assert found is not None
        if isinstance(found[0], list):
            theirs, ours = ({frozenset(each) for each in one} for one in found)
            assert theirs == ours
            number = {node: at for at, each in enumerate(found[1]) for node in each}
            if name == "strongly_connected_components":
                assert all(number[source] >= number[target] for source, target, *_ in graph.edges)
            else:
                assert list(dict.fromkeys(map(number.__getitem__, graph))) == list(range(len(ours)))
        else:
            same(found)
    same(both(graph, "average_clustering", count_zeros=False))
    found = both(graph, "all_pairs_shortest_path_length")
    same(found)


@given(graphs(), ENDS, ENDS, CUTOFFS)
def test_of_nodes(graph: Any, source: Any, target: Any, cutoff: float | None) -> None:
    for name in OF_NODE:
        same(both(graph, name, source))
    for name in WITHIN:
        same(both(graph, name, source, cutoff))
    same(both(graph, "descendants_at_distance", source, 2))
    same(both(graph, "has_path", source, target))
    same(both(graph, "shortest_path_length", source, target))
    same(both(graph, "triangles", [source, target]))
    same(both(graph, "clustering", source))
    if source in graph and target in graph:
        same(both(graph, "bfs_layers", source))
        same(both(graph, "bfs_layers", [source]))
        path, length = (
            called("focusmesh", graph, name, source, target)
            for name in ("shortest_path", "shortest_path_length")
        )
        if isinstance(path, list):
            assert (path[0], path[-1], len(path) - 1) == (source, target, length)
            assert nx.is_path(graph, path)
        else:
            assert path == length == (nx.NetworkXNoPath, f"No path between {source} and {target}.")


@given(graphs(), ENDS, CUTOFFS, st.sampled_from([None, "weight", "distance"]))
def test_weighted_distances(
    graph: Any, source: Any, cutoff: float | None, weight: str | None
) -> None:
    for *_, data in graph.edges(data=True):
        data["distance"] = data.pop("weight", 1)
    found = both(graph, "single_source_dijkstra_path_length", source, cutoff=cutoff, weight=weight)
    assert found is not None
    theirs, ours = found
    assert ours == (pytest.approx(theirs) if isinstance(theirs, dict) else theirs)
    if isinstance(ours, dict):
        assert list(ours.values()) == sorted(ours.values())
        lengths = [data.get(weight, 1) for *_, data in graph.edges(data=True)]
        if all(type(length) is int for length in lengths):
            assert all(type(each) is int for each in ours.values())


@given(graphs())
def test_cores(graph: Any) -> None:
    same(both(graph, "core_number"))
    simple = nx.Graph(graph) if not graph.is_directed() else nx.DiGraph(graph)
    simple.remove_edges_from(list(nx.selfloop_edges(simple)))
    same(both(simple, "core_number"))


def test_large_ones_agree() -> None:
    """Blocks of products, many rounds of peeling, and layers of thousands of nodes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("focusmesh.engine.reasoning.operators.triangles._BLOCK", 500)
        graph = nx.powerlaw_cluster_graph(400, 5, 0.7, seed=1)
        for name in ("triangles", "clustering", "core_number"):
            same(both(graph, name))
    path = nx.path_graph(3_000)
    same(both(path, "core_number"))
    same(both(path, "single_source_shortest_path_length", 0))


def test_lengths_below_zero_are_left_to_networkx() -> None:
    graph = nx.DiGraph([(0, 1, {"weight": -1})])
    with pytest.raises(NotImplementedError):
        nx.single_source_dijkstra_path_length(graph, 0, backend="focusmesh")


def test_every_function_is_told_of() -> None:
    named = {name for name in vars(type(backend)) if not name.startswith("_")}
    helpers = {"convert_from_nx", "convert_to_nx", "can_run", "should_run"}
    assert named - helpers == set(get_info()["functions"])
