"""Properties and labels against a plain dict, and what edits of links do to them."""

from __future__ import annotations

import copy
import math
import pickle
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.links.properties.values import is_equal
from focusmesh.errors import InputError, UnknownParticleError

VALUES = st.one_of(
    st.booleans(),
    st.integers(-3, 3),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0.0, -0.0, 1.0, 2.5]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a", "ä", "1", "true"]),
    st.binary(max_size=3),
)
EDITS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.none() | VALUES), max_size=20
)


def test_what_is_said_of_a_graph_whose_links_are_all_gone_stays() -> None:
    graph = Graph.from_edges([("a", "b", 1.0, "r")])
    graph.unlink("a", "b")
    graph.snapshot()
    graph.set_property("a", "x", 1)
    graph.add_labels({"a": "L"})
    graph.set_text("b", "said")
    graph.snapshot()
    graph.link("b", "c")
    assert graph.properties("a") == {"x": 1}
    assert graph.labels("a") == ["L"]
    assert graph.text("b") == "said"


def chain() -> Graph:
    return Graph.from_edges([("a", "b"), ("b", "c")])


@given(EDITS, st.booleans())
def test_properties_are_those_of_a_dict(edits: list[tuple[str, str, Any]], merged: bool) -> None:
    """Whatever is set and unset, asked in between or not, values and types are exact and finds complete."""
    graph, model = chain(), dict[tuple[str, str], Any]()
    for name, key, value in edits:
        if value is not None:
            graph.set_property(name, key, value)
            model[name, key] = value
        elif (name, key) in model:
            graph.unset_property(name, key)
            del model[name, key]
        if merged:
            graph.snapshot()
    for name in "abc":
        found = graph.properties(name)
        wanted = {key: value for (owner, key), value in sorted(model.items()) if owner == name}
        assert list(found.items()) == list(wanted.items())
        assert [*map(type, found.values())] == [*map(type, wanted.values())]
    for (_, key), value in model.items():
        alike = [n for n in "abc" if (n, key) in model and is_equal(model[n, key], value)]
        assert graph.find(**{key: value}) == alike


def test_true_is_no_number_and_numbers_are_equal() -> None:
    graph = chain()
    graph.set_properties({"a": {"x": 1}, "b": {"x": True}, "c": {"x": 1.0}})
    assert graph.find(x=1) == ["a", "c"] == graph.find(x=1.0)
    assert graph.find(x=True) == ["b"]
    assert graph.find(x="1") == []


def test_an_edit_of_properties_shares_structure_and_indexes() -> None:
    graph = chain()
    graph.set_properties({"a": {"x": "one", "y": "two"}})
    before = graph.snapshot()
    assert before.properties is not None
    graph.set_property("a", "x", "three")
    after = graph.snapshot()
    assert after.properties is not None
    assert after.structure is before.structure
    columns = [each.properties.particles.columns for each in (before, after) if each.properties]
    assert columns[0]["y"] is columns[1]["y"], "the index of y stays"
    assert before.properties.particles.of_owner(0)["x"] == "one", "readers keep theirs"


def test_links_that_go_take_their_properties_along() -> None:
    graph = Graph.from_edges([("a", "b", 1, "road"), ("a", "b", 1, "rail")])
    graph.set_link_property("a", "b", "since", 1999, relation="road")
    with pytest.raises(InputError, match="name the relation"):
        graph.link_properties("a", "b")
    assert graph.link_properties("a", "b", "rail") == {}
    graph.unlink("a", "b", "road")
    graph.link("a", "b", relation="road")
    assert graph.link_properties("a", "b", "road") == {}, (
        "another link, though nobody looked between"
    )
    graph.set_link_property("a", "b", "since", 2000, relation="road")
    graph.reweight("a", "b", 3, "road")
    assert graph.link_properties("a", "b", "road") == {"since": 2000}
    graph.unlink("a", "b", "road")
    assert graph.snapshot().properties is None
    with pytest.raises(InputError, match="no such link"):
        graph.link_properties("a", "b", "road")


def test_labels_are_ones_own_or_those_of_links() -> None:
    graph = Graph.from_edges([("a", "City", 1, "type"), ("b", "City", 1, "memory:type")])
    graph.link("c", "City", relation="near")
    assert [graph.labels(name) for name in "abc"] == [["City"], ["City"], []]
    assert graph.find("City") == ["a", "b"]
    graph.add_label("a", "Capital")
    graph.add_labels({"d": ["Z", "A"]})
    assert graph.labels("a") == ["Capital"], "one that has its own has these alone"
    assert graph.labels("d") == ["A", "Z"]
    assert graph.find("City") == ["b"]
    with pytest.raises(InputError, match="a link says so"):
        graph.remove_label("b", "City")
    graph.remove_label("a", "Capital")
    assert graph.find("City") == ["a", "b"]
    graph.unlink("a", "City")
    assert graph.find("City") == ["b"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "None is no value"),
        (math.nan, "nan is no value"),
        (-math.inf, "-inf is no value"),
        (2**63, "beyond 64 bits"),
        ([1], "a list is no value"),
        ({"a": 1}, "a dict is no value"),
        (1j, "a complex is no value"),
        ("\ud800", "not Unicode"),
        ("x" * (2**20 + 1), "longer than 1,048,576"),
    ],
)
def test_values_that_are_none(value: Any, reason: str) -> None:
    graph = chain()
    with pytest.raises(InputError, match=reason):
        graph.set_property("a", "x", value)
    assert graph.properties("a") == {}


@pytest.mark.parametrize("key", ["", "k" * 257, 7, None, "\udc00"])
def test_keys_that_are_none(key: Any) -> None:
    with pytest.raises(InputError, match="the key of a property"):
        chain().set_property("a", key, 1)


def test_values_of_numpy_and_dates_are_pythons() -> None:
    graph = chain()
    graph.set_properties(
        {"a": {"b": np.bool_(True), "f": np.float32(0.5), "i": np.int8(3), "d": date(2020, 1, 2)}}
    )
    found = graph.properties("a")
    assert found == {"b": True, "d": "2020-01-02", "f": 0.5, "i": 3}
    assert [*map(type, found.values())] == [bool, str, float, int]


def test_unknown_particles_and_keys() -> None:
    graph = chain()
    with pytest.raises(UnknownParticleError):
        graph.properties("nobody")
    with pytest.raises(UnknownParticleError):
        graph.unset_property("nobody", "x")
    with pytest.raises(InputError, match="has no property 'x'"):
        graph.unset_property("a", "x")
    with pytest.raises(InputError, match="find what"):
        graph.find()
    assert graph.property("a", "x", 7) == 7


def test_properties_follow_their_particles() -> None:
    """Parts, copies, other names: what is said stays with whom it is said of."""
    graph = Graph.from_edges([("a", "b", 1, "r"), ("b", "c", 1, "s")])
    graph.set_properties({"b": {"x": 1}, "c": {"x": 2}})
    graph.add_label("c", "L")
    graph.set_link_property("b", "c", "k", "v")
    part = graph.subgraph(["c", "b"])
    assert part.properties("c") == {"x": 2}
    assert part.link_properties("b", "c") == {"k": "v"}
    assert part.labels("c") == ["L"]
    assert graph.subgraph(relations="r").find(x=1) == ["b"]
    left = graph.subgraph(relations="r").snapshot().properties
    assert left is not None
    assert not left.links
    renamed = graph.renamed(["1", "2", "3"])
    assert renamed.properties("3") == {"x": 2}
    for copied in (graph.copy(), copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):
        assert copied.find(x=2) == ["c"]
        assert copied.link_properties("b", "c") == {"k": "v"}


def test_names_that_become_one_keep_the_first_value() -> None:
    graph = Graph.from_edges([("e\u0301", "b"), ("\u00e9", "c")])
    graph.set_properties({"e\u0301": {"x": 1}, "\u00e9": {"x": 2, "y": 3}})
    graph.set_link_property("\u00e9", "c", "k", 1)
    normal = graph.with_normal_names()
    assert normal.properties("\u00e9") == {"x": 1, "y": 3}
    assert normal.link_properties("\u00e9", "c") == {"k": 1}


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("LMN"), st.booleans()), max_size=15))
def test_labels_are_those_of_a_set(edits: list[tuple[int, str, bool]]) -> None:
    graph, model = Graph.from_edges([(0, 5)], particles=6), set[tuple[int, str]]()
    for name, label, is_given in edits:
        if is_given:
            graph.add_label(name, label)
            model.add((name, label))
        elif (name, label) in model:
            graph.remove_label(name, label)
            model.discard((name, label))
    for label in "LMN":
        assert graph.find(label) == sorted(name for name, said in model if said == label)
    for name in range(6):
        assert graph.labels(name) == sorted(said for owner, said in model if owner == name)


def test_a_common_text_is_found_among_many() -> None:
    graph = Graph.from_edges([(0, 1)], particles=1_000)
    graph.set_properties({at: {"kind": "app" if at % 3 else "library"} for at in range(1_000)})
    assert graph.find(kind="app") == [at for at in range(1_000) if at % 3]
    assert graph.find(kind="apq") == []
