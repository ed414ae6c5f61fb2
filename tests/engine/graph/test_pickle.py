"""Pickles and deep copies hold what counts, and none of the caches."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Focus, Graph, Names, ids
from focusmesh.engine.links import LinkColumns, Structure
from tests.engine.strategies import arrays_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

PROTOCOLS = (2, pickle.HIGHEST_PROTOCOL)


def labelled() -> Graph:
    return Graph.from_edges(
        ["a", "a", "b"],
        ["b", "b", "c"],
        [1.0, 2.0, 0.5],
        ["cites", "likes", "cites"],
        ["ann", None, "bob"],
        time=[3, 1, 2],
    )


def with_texts() -> Graph:
    links = LinkColumns(
        particles=Names.texts(["x", "y"]),
        source=np.array([0], dtype=np.uint32),
        target=np.array([1], dtype=np.uint32),
        texts=Names.texts(["the first", ""]),
    )
    return Graph.from_links(links)


def edited() -> Graph:
    graph = labelled()
    graph.link("new", "a", 4.0, "likes")
    return graph


GRAPHS: dict[str, Callable[[], Graph]] = {
    "range": lambda: Graph.from_edges([0, 1, 2], [1, 2, 0]),
    "integers": lambda: Graph.from_edges([10, -3], [-3, 7], [1.5, 2.0]),
    "digests": lambda: Graph.from_edges([ids.digest(b"a")], [ids.digest(b"b")]),
    "objects": lambda: Graph.from_edges([("a", 1), 2.5], [None.__class__, ("a", 1)]),
    "labelled": labelled,
    "texts": with_texts,
    "edited": edited,
    "nothing": lambda: Graph.from_edges([], []),
}


def same(one: Any, other: Any) -> bool:
    return (one is None and other is None) or np.array_equal(one, other)


def assert_same(one: Graph, other: Graph) -> None:
    assert list(one.particles) == list(other.particles)
    links, others = one.links(), other.links()
    for name in ("source", "target", "weight", "relation", "author", "time"):
        assert same(getattr(links, name), getattr(others, name)), name
    assert (one.relations, one.authors, one.texts) == (other.relations, other.authors, other.texts)
    arrays = arrays_of(other.structure)
    assert all(same(array, arrays[name]) for name, array in arrays_of(one.structure).items())
    assert np.array_equal(one.focus().scores, other.focus().scores)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_comes_back(name: str, protocol: int) -> None:
    graph = GRAPHS[name]()
    back = pickle.loads(pickle.dumps(graph, protocol))
    assert_same(graph, back)
    assert type(back.particles) is type(graph.particles)
    back.link("from here", "on")
    assert back.particle_count == graph.particle_count + 2


@pytest.mark.parametrize("make", [labelled, with_texts, GRAPHS["integers"]])
def test_a_mapped_graph_comes_back_without_its_file(
    make: Callable[[], Graph], tmp_path: Path
) -> None:
    path = tmp_path / "kept.focusmesh"
    make().save(path)
    pickled = pickle.dumps(Graph.open(path))
    path.unlink()
    assert_same(pickle.loads(pickled), make())


@pytest.mark.parametrize("name", GRAPHS)
def test_caches_are_not_pickled(name: str) -> None:
    graph = GRAPHS[name]()
    assert graph.structure.axon_count >= 0
    size = len(pickle.dumps(graph))
    for particle in graph.particles:
        assert graph.index(particle) >= 0
        assert graph.between(particle, particle) == []
    graph.focus()
    assert len(graph.structure.row_chunks) <= 1
    assert len(pickle.dumps(graph)) == size


NAMES: dict[str, tuple[Hashable, ...]] = {
    "range": (0, 1, 2),
    "integers": (5, -1),
    "digests": (ids.digest(b"a"), ids.digest(b"b")),
    "objects": ("a", 1, (2, 3)),
}


@pytest.mark.parametrize("kind", NAMES)
def test_names_come_back(kind: str) -> None:
    names = Names.of(NAMES[kind])
    assert names.kind == kind
    assert [names.index(name) for name in names] == list(range(len(names)))
    back = pickle.loads(pickle.dumps(names))
    assert (type(back), list(back)) == (type(names), list(NAMES[kind]))
    assert back.index(NAMES[kind][-1]) == len(names) - 1
    assert copy.deepcopy(names) is names


def test_a_structure_comes_back() -> None:
    structure = labelled().structure
    assert structure.longest_row == 2
    back: Structure = pickle.loads(pickle.dumps(structure))
    assert all(same(array, arrays_of(back)[name]) for name, array in arrays_of(structure).items())
    assert "longest_row" not in vars(back)
    assert back.longest_row == 2


def test_a_focus_comes_back() -> None:
    focus = labelled().focus(seeds=["a"])
    relevance = focus.relevance
    assert relevance is not None
    back: Focus = pickle.loads(pickle.dumps(focus))
    assert "relevance" not in vars(back)
    assert np.array_equal(back.scores, focus.scores)
    assert same(back.relevance, relevance)
    assert back.top(3) == focus.top(3)
    assert (back.bound, back.params, back.seeds) == (focus.bound, focus.params, ("a",))


def test_a_deep_copy_of_a_focus_has_scores_of_its_own() -> None:
    focus = labelled().focus()
    other = copy.deepcopy(focus)
    other.scores[:] = 0.0
    assert focus.scores.sum() == pytest.approx(1.0)
