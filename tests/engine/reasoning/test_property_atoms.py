"""Properties and labels in rules: what an atom reads follows from the rule, and rows follow edits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph, read_proof
from focusmesh.engine.reasoning import graph_rows
from focusmesh.errors import RuleError


def library() -> Graph:
    graph = Graph.from_edges([("a", "b"), ("b", "c"), ("c", "d")])
    graph.set_properties(
        {
            "a": {"year": 1999, "kind": "app", "open": True},
            "b": {"year": 2004, "kind": "library", "height": 1.5},
            "c": {"year": 2010.0, "kind": "app", "height": 2},
            "d": {"year": "2012", "raw": b"\xff"},
        }
    )
    graph.add_label("a", "Tool")
    graph.link("b", "Library", relation="type")
    return graph


@pytest.mark.parametrize(
    ("rules", "rows"),
    [
        ('x(p) :- property(p, "kind", "app").', [("a",), ("c",)]),
        ('x(p) :- property(p, "year", 2010).', [("c",)]),
        ('x(p) :- property(p, "year", "2012").', [("d",)]),
        ('x(p) :- property(p, "open", true).', [("a",)]),
        ('x(p, y) :- property(p, "year", y), y > 2000.', [("b", 2004.0), ("c", 2010.0)]),
        ('x(p) :- property(p, "height", h), h > 1.', [("b",), ("c",)]),
        (
            '.decl x(p: particle, y: number)\nx(p, y) :- property(p, "year", y).',
            [("a", 1999), ("b", 2004)],
        ),
        ('.decl x(p: particle, y: symbol)\nx(p, y) :- property(p, "year", y).', [("d", "2012")]),
        (
            'x(p, y) :- property(p, "year", y).',
            [("a", "1999"), ("b", "2004"), ("c", "2010.0"), ("d", "2012")],
        ),
        ('x(p) :- property(p, "kind", k), contains("lib", k).', [("b",)]),
        ('x(p, q) :- property(p, "kind", k), property(q, "kind", k), p < q.', [("a", "c")]),
        ('x(n) :- n = count : property(_, "kind", "app").', [(2,)]),
        ('x(s) :- s = sum h : property(_, "height", h).', [(3.5,)]),
        ('x(p) :- particle(p), !property(p, "kind", _).', [("Library",), ("d",)]),
        ('x(k) :- property("a", k, _).', [("kind",), ("open",), ("year",)]),
        ('x(v) :- property("d", "raw", v).', [("0xff",)]),
        ("x(p, l) :- label(p, l).", [("a", "Tool"), ("b", "Library")]),
        ('x(p) :- label(p, "Library"), property(p, "year", y), y >= 2004.', [("b",)]),
    ],
)
def test_what_an_atom_reads(rules: str, rows: list[Any]) -> None:
    view = library().rules(rules)
    assert sorted(view["x"]) == rows
    assert [[*map(type, row)] for row in sorted(view["x"])] == [[*map(type, row)] for row in rows]
    view.verify()


def test_a_look_up_reads_no_other_property() -> None:
    graph = library()
    rules = graph.rules('x(p) :- property(p, "kind", "app").')
    (needed,) = rules.rules.needs
    assert list(graph_rows(graph.snapshot(), needed)) == [
        ("a", "kind", "app"),
        ("c", "kind", "app"),
    ]


def test_goals_of_what_is_given() -> None:
    view = library().rules('x(p) :- property(p, "kind", "app").')
    assert sorted(view.ask('property(p, "kind", "app")')) == [
        ("a", "kind", "app"),
        ("c", "kind", "app"),
    ]
    assert view.ask('property("b", "year", y)') == [("b", "year", "2004")]
    assert view.ask('property(p, "year", 1999)') == [("a", "year", 1999)]
    assert view.ask('label("b", l)') == [("b", "Library")]
    assert view.ask('axon("a", y, _)') == [("a", "b", 1.0)]
    with pytest.raises(RuleError, match="3 columns"):
        view.ask("property(p)")


def test_types_that_do_not_agree_are_told() -> None:
    with pytest.raises(RuleError, match="is a"):
        library().rules('x(p) :- property(p, "year", y), name(p, y), y = 3.')
    with pytest.raises(RuleError, match="is given"):
        library().rules("axon(p, l, 1.0) :- label(p, l).")


def test_a_program_may_have_a_label_of_its_own() -> None:
    view = library().rules("label(p, 1) :- particle(p).")
    assert ("a", 1) in view["label"]


def test_a_proof_names_the_property_and_is_checked_against_it() -> None:
    graph = library()
    view = graph.rules('old(p) :- property(p, "year", y), y < 2000, label(p, "Tool").')
    proof = view.why("old", "a")
    assert 'property("a", "year", 1999.0)' in str(proof)
    again = read_proof(proof.to_json())
    again.verify(graph)
    graph.set_property("a", "year", 2000)
    with pytest.raises(Exception, match="no row of the graph"):
        again.verify(graph)
    assert view["old"] == []
    assert any("property" in str(each) for each in view.why_not("old", "a"))


NAMES = st.sampled_from("abcd")
VALUES = st.sampled_from([1, 2, 1.5, 2.0, True, "app", "1", None])
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("set"),
            NAMES,
            st.sampled_from("xy"),
            st.sampled_from([1, 2, 1.5, 2.0, True, "app", "1", None]),
        ),
        st.tuples(st.just("label"), NAMES, st.sampled_from("LM"), st.booleans()),
        st.tuples(st.just("type"), NAMES, NAMES, st.booleans()),
        st.tuples(st.just("text"), NAMES, st.just(""), st.just("words")),
    ),
    max_size=12,
)
RULES = """
    number(p, v) :- property(p, "x", v), v > 0.
    word(p, v) :- property(p, _, v).
    app(p) :- property(p, "x", "app").
    two(p) :- property(p, "y", 2).
    both(p, l) :- label(p, l), !app(p).
    texts(p, s) :- text(p, s).
"""


@given(STEPS)
def test_views_follow_edits(steps: list[tuple[str, str, str, Any]]) -> None:
    """After every edit the kept rows are those of a fresh evaluation."""
    graph = Graph.from_edges([("a", "b", 1, "r"), ("c", "d", 1, "type")])
    view = graph.rules(RULES)
    for kind, name, what, value in steps:
        if kind == "set" and value is not None:
            graph.set_property(name, what, value)
        elif kind == "set" and graph.property(name, what) is not None:
            graph.unset_property(name, what)
        elif kind == "label" and value:
            graph.add_label(name, what)
        elif kind == "label" and what in graph.labels(name):
            own = graph.snapshot().properties
            if own is not None and what in own.labels.of_owner(graph.index(name)):
                graph.remove_label(name, what)
        elif kind == "type" and value:
            graph.link(name, what, relation="type")
        elif kind == "type" and any(each.relation == "type" for each in graph.between(name, what)):
            graph.unlink(name, what, "type")
        elif kind == "text":
            graph.set_text(name, value)
        fresh = graph.rules(RULES)
        for relation in ("number", "word", "app", "two", "both", "texts"):
            assert sorted(view[relation]) == sorted(fresh[relation]), relation
    view.verify()
