"""Goals by demand: the rows that an evaluation of everything has, found without most of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.engine.reasoning import QueryLimits, RuleSet
from focusmesh.errors import InputError, RuleError
from tests.conftest import SOAK
from tests.engine.reasoning.test_maintenance import RULES

NODES = st.integers(0, 5)
FACTS = st.fixed_dictionaries(
    {
        "edge": st.sets(st.tuples(NODES, NODES), max_size=10),
        "mark": st.sets(st.tuples(NODES), max_size=4),
    }
)
TERMS = st.one_of(NODES, st.sampled_from("xyz"))


@given(FACTS, st.sampled_from([name for part in RULES.strata for name in part]), st.data())
@settings(max_examples=3_000 if SOAK else 100)
def test_a_goal_has_the_rows_of_the_whole_model(
    facts: dict[str, Any], relation: str, data: st.DataObject
) -> None:
    terms = [data.draw(TERMS) for _ in RULES.types[relation]]
    whole = RULES.evaluate(facts)[relation].ranks
    expected = [row for row in whole if fits(terms, row)]
    goal = f"{relation}({', '.join(map(str, terms))})"
    assert sorted(RULES.answer(goal, facts)) == sorted(expected)


def fits(terms: list[Any], row: tuple[Any, ...]) -> bool:
    values: dict[str, Any] = {}
    return all(
        values.setdefault(term, value) == value if isinstance(term, str) else term == value
        for term, value in zip(terms, row, strict=True)
    )


CLOSURE = RuleSet(
    ".decl e(x: number, y: number) path(x, y) :- e(x, y). path(x, z) :- path(x, y), e(y, z)."
)


def test_what_nobody_asks_for_is_not_derived() -> None:
    """A chain of 2,000 links has two million pairs, of which ten begin at its last link but ten."""
    facts = {"e": [(at, at + 1) for at in range(2_000)]}
    limits = QueryLimits(rows=5_000, inferences=50_000)
    assert len(CLOSURE.answer("path(1990, y)", facts, limits)) == 10
    with pytest.raises(fm.errors.BudgetError):
        CLOSURE.evaluate(facts, limits)


def test_given_rows_of_a_relation_with_rules_are_there() -> None:
    assert CLOSURE.answer("path(7, y)", {"e": [(1, 2)], "path": [(7, 1)]}) == [(7, 1), (7, 2)]


def test_a_view_answers_goals_of_the_graph_as_it_stands() -> None:
    graph = fm.Graph.from_edges([("a", "b"), ("b", "c")])
    view = graph.rules("""path(x, y) :- axon(x, y, _). path(x, z) :- path(x, y), axon(y, z, _).
        ?- path("a", y).""")
    assert view.rules.goals == ['path("a", y)']
    assert view.ask('path("a", y)') == [("a", "b"), ("a", "c")]
    graph.link("c", "d")
    assert len(view["path"]) == 6
    assert len(view.ask('?- path(x, "d").')) == 3


@pytest.mark.parametrize(
    ("goal", "error", "words"),
    [
        ("path(1", RuleError, "expected"),
        ("way(1, y)", RuleError, "no relation is named way: declare it"),
        ("path(1)", RuleError, "path has 2 columns; 1 terms are given"),
        ("path(1, y). e(2, 3)", InputError, "a goal is a relation with values and variables"),
    ],
)
def test_bad_goals_are_told(goal: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        CLOSURE.answer(goal, {"e": []})


def test_given_rows_count_where_a_negation_needs_the_relation_whole() -> None:
    rules = RuleSet(
        """.decl e(x: number) p(x) :- e(x).
        q(x) :- e(x), !p(x). q(x) :- p(x)."""
    )
    facts = {"e": [(1,)], "p": [(7,)]}
    assert rules.answer("q(7)", facts) == [(7,)]
    assert sorted(rules.answer("q(x)", facts)) == [(1,), (7,)]
