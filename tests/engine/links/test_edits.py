"""After any edits a graph is what a graph built from scratch would be."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.errors import InputError, UnknownParticleError
from focusmesh.ids import digest, to_cid
from tests.engine.strategies import axons_of

Model: TypeAlias = dict[tuple[str, str], float]
NAMES = st.sampled_from("abcdefgh")
AMOUNTS = st.sampled_from([0.25, 0.5, 1.0, 2.0, 7.0])
LINKS = st.tuples(NAMES, NAMES, AMOUNTS)
EDITS = st.one_of(
    st.tuples(st.just("link"), NAMES, NAMES, AMOUNTS),
    st.tuples(st.just("unlink"), NAMES, NAMES, st.just(0.0)),
    st.tuples(st.just("reweight"), NAMES, NAMES, st.sampled_from([0.0, 0.5, 3.0])),
    st.tuples(st.just("rank"), NAMES, NAMES, st.just(0.0)),
)
TIGHT = 1e-10


def perform(graph: Graph, model: Model, known: list[str], edit: tuple[Any, ...]) -> None:
    """The same edit on the graph and on the model; both must agree on whether it can be done."""
    verb, source, target, amount = edit
    if verb == "rank":
        graph.focus()
    elif verb == "link":
        graph.link(source, target, amount)
        known += [name for name in dict.fromkeys((source, target)) if name not in known]
        model[source, target] = model.get((source, target), 0.0) + amount
    elif (source, target) not in model:
        with pytest.raises(InputError):
            change(graph, verb, source, target, amount)
    else:
        change(graph, verb, source, target, amount)
        del model[source, target]
        if amount:
            model[source, target] = amount


def change(graph: Graph, verb: str, source: str, target: str, amount: float) -> None:
    if verb == "unlink":
        graph.unlink(source, target)
    else:
        graph.reweight(source, target, amount)


def assert_equal_to_scratch(graph: Graph, model: Model, known: list[str]) -> None:
    at = {name: i for i, name in enumerate(known)}
    expected = {
        (at[source], at[target]): weight
        for (source, target), weight in model.items()
        if source != target
    }
    assert list(graph.particles) == known
    assert axons_of(Graph.from_links(graph.links()).copy().links()) == expected
    rows = [(at[source], at[target], weight) for (source, target), weight in model.items()]
    source, target, weight = (
        (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    )
    scratch = Graph.from_edges(
        np.array(source, np.int64),
        np.array(target, np.int64),
        np.array(weight, float),
        particles=known,
    )
    one, other = graph.focus(tolerance=TIGHT), scratch.focus(tolerance=TIGHT)
    assert np.abs(one.scores - other.scores).sum() <= one.bound + other.bound


@given(
    start=st.lists(LINKS, max_size=8).map(lambda rows: [row for row in rows if row[0] != row[1]]),
    edits=st.lists(EDITS.filter(lambda edit: edit[1] != edit[2]), max_size=20),
    labelled=st.booleans(),
)
def test_any_script(start: list[Any], edits: list[Any], labelled: bool) -> None:
    model: Model = {}
    for source, target, weight in start:
        model[source, target] = model.get((source, target), 0.0) + weight
    known = list(dict.fromkeys(name for source, target, _ in start for name in (source, target)))
    pairs = [(source, target, weight) for (source, target), weight in model.items()]
    columns = [list(column) for column in zip(*pairs, strict=True)] if pairs else [[], [], []]
    graph = Graph.from_edges(
        columns[0], columns[1], columns[2], particles=known, relation="r" if labelled else None
    )
    for edit in edits:
        perform(graph, model, known, edit)
    assert_equal_to_scratch(graph, model, known)


def test_becoming_and_ceasing_to_be_dangling() -> None:
    graph = Graph.from_edges(["a", "b"], ["b", "c"])
    before = graph.focus(tolerance=TIGHT).scores
    graph.unlink("a", "b")
    graph.link("c", "a")
    assert not np.allclose(graph.focus(tolerance=TIGHT).scores, before)
    graph.unlink("c", "a")
    graph.link("a", "b")
    np.testing.assert_allclose(graph.focus(tolerance=TIGHT).scores, before, atol=2 * TIGHT)


def test_new_particles_get_names_and_empty_texts() -> None:
    graph = Graph.from_edges([0, 1], [1, 2])
    graph.link(2, 3)
    graph.link("x", 0)
    assert (list(graph.particles), graph.particle_count) == ([0, 1, 2, 3, "x"], 5)
    assert graph.text("x") == ""


@pytest.mark.parametrize(
    "bad",
    [
        ("a",),
        ("a", "b", 1, 2, 3, 4, 5),
        "ab",
        ("a", None),
        (float("nan"), "a"),
        (["a"], "b"),
        ("a", "b", -1.0),
        ("a", "b", float("nan")),
        ("a", "b", "heavy"),
        ("a", "b", 1.0, ["relation"]),
        ("a", "b", 1.0, "r", float("nan")),
        ("a", "b", 1.0, "r", "x", 2**63),
        ("a", "b", 1.0, "r", "x", "now"),
    ],
)
def test_update_is_all_or_nothing(bad: Any) -> None:
    graph = Graph.from_edges(["a"], ["b"])
    with pytest.raises(InputError, match="edge 1"):
        graph.update([("new", "a", 5.0), bad])
    assert list(graph.particles) == ["a", "b"]
    assert axons_of(graph.links()) == {(0, 1): 1.0}


def test_edits_that_cannot_be_merged_wait_and_can_be_mended() -> None:
    graph = Graph.from_edges(["a"], ["b"])
    graph.link("a", "c", 1e300)
    for _ in range(2):
        with pytest.raises(InputError, match="rescale"):
            graph.focus()
    graph.link("d", "e")
    graph.reweight("a", "c", 2.0)
    assert list(graph.particles) == ["a", "b", "c", "d", "e"]
    assert axons_of(graph.links()) == {(0, 1): 1.0, (0, 2): 2.0, (3, 4): 1.0}


def test_labels_of_edits() -> None:
    graph = Graph.from_edges(["a"], ["b"])
    graph.link("a", "b", 2.0, relation="r", author="x", time=5)
    assert graph.weight("a", "b") == 3.0
    assert [link.relation for link in graph.between("a", "b")] == ["", "r"]
    with pytest.raises(InputError, match="name the relation or author"):
        graph.reweight("a", "b", 1.0)
    graph.reweight("a", "b", 4.0, relation="r")
    graph.unlink("a", "b", relation="")
    assert (graph.weight("a", "b"), graph.link_count) == (4.0, 1)
    assert graph.relations is not None
    assert "r" in list(graph.relations)


def test_edits_of_unknown_names() -> None:
    graph = Graph.from_edges(["alpha"], ["beta"])
    with pytest.raises(UnknownParticleError, match="close names: alpha"):
        graph.unlink("alph", "beta")
    with pytest.raises(InputError, match="no such link"):
        graph.unlink("beta", "alpha")
    assert graph.weight("beta", "alpha") == 0.0
    assert isinstance(graph.weight("beta", "alpha"), float)


def test_a_copy_is_independent_and_equal_integers_are_one_name() -> None:
    graph = Graph.from_edges([0, 1], [1, 2])
    other = graph.copy()
    other.link(2.0, np.int64(0))
    assert (graph.link_count, other.link_count, other.particle_count) == (2, 3, 3)


def test_a_digest_graph_knows_new_particles_by_either_name() -> None:
    old, new = digest(b"old"), digest(b"new")
    graph = Graph.from_edges([old], [digest(b"other")])
    graph.link(old, to_cid(new))
    graph.link(to_cid(new), to_cid(old))
    assert graph.particle_count == 3
    assert graph.particles[2] == new
    assert graph.weight(new, old) == graph.weight(to_cid(old), to_cid(new)) == 1.0


def test_links_of_one_relation_and_author_are_reweighted_together() -> None:
    graph = Graph.from_edges(["a", "a", "a"], ["b", "b", "b"], [1, 2, 4], ["r", "r", "s"])
    graph.reweight("a", "b", 5, relation="r")
    assert [link.weight for link in graph.between("a", "b")] == [4.0, 5.0]
    with pytest.raises(InputError, match="name the relation or author"):
        graph.reweight("a", "b", 1)


def test_plain_self_loops_and_weightless_links_bring_their_particles_only() -> None:
    graph = Graph.from_edges(["a"], ["b"])
    graph.update([("c", "c"), ("a", "d", 0.0)])
    assert list(graph.particles) == ["a", "b", "c", "d"]
    assert graph.weight("c", "c") == graph.weight("a", "d") == 0.0
    assert graph.link_count == 1
