"""Operators in rules: their rows, upkeep under edits, goals, proofs, limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.engine.reasoning import QueryLimits, RuleSet, RuleView
from focusmesh.errors import BudgetError, FocusmeshError, InputError, ProofError

DEPENDS = [("app", "web"), ("web", "http"), ("http", "tls"), ("tools", "web"), ("x", "y")]
TOGETHER = """
    // Packages of one component with a package that nothing needs.
    top(p) :- particle(p), !axon(_, p, _).
    near(p) :- @distances[seeds=top, within=1](p, d), d > 0.
    apart(p) :- @components(p, c), !reached(c).
    reached(c) :- @components("app", c).
    size(c, n) :- @components(_, c), n = count : @components(_, c).
"""


def test_operators_are_relations_of_rules() -> None:
    view = fm.Graph.from_edges(DEPENDS).rules(TOGETHER)
    assert set(view["near"]) == {("web",), ("y",)}
    assert set(view["apart"]) == {("x",), ("y",)}
    assert set(view["size"]) == {("app", 5), ("x", 2)}
    assert "@components" not in view.relations
    assert set(view.ask("apart(p)")) == {("x",), ("y",)}
    assert view.ask('near("web")') == [("web",)]


def test_a_relation_is_an_argument_and_may_be_empty() -> None:
    text = "none(p) :- axon(p, p, _). far(p, d) :- @distances[seeds=none](p, d)."
    assert fm.Graph.from_edges(DEPENDS).rules(text)["far"] == []
    text = 'far(p) :- @context[seeds=none](p, _, _). none(p) :- name(p, "zz").'
    assert fm.Graph.from_edges(DEPENDS).rules(text)["far"] == []


NAMES = "abcdef"
EDIT = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(
    lambda pair: pair[0] != pair[1]
)
RULES = """
    start(p) :- axon("a", p, _).
    far(p, d) :- @distances[seeds=start](p, d).
    odd(p) :- far(p, d), d > 1.
    lone(p) :- @components(p, p), !odd(p).
    deep(p, n) :- @cores(p, n), n > 1.
    label(p, l) :- @label_propagation[rounds=3](p, l), l != p.
    most(n) :- n = max d : far(_, d).
"""


@settings(deadline=None)
@given(st.lists(st.lists(EDIT, min_size=1, max_size=4), max_size=8))
def test_after_every_edit_rows_are_those_of_an_evaluation_from_nothing(
    batches: list[list[tuple[str, str]]],
) -> None:
    graph = fm.Graph.from_edges([("a", "b"), *((name, "a") for name in "cdef")])
    view = graph.rules(RULES)
    known = {name: set(rows) for name, rows in view.changes().came.items()}
    for batch in batches:
        for source, target in batch:
            if graph.weight(source, target):
                graph.unlink(source, target)
            else:
                graph.link(source, target)
        changes = view.changes()
        for name in view.relations:
            gone, new = set(changes.went.get(name, ())), set(changes.came.get(name, ()))
            assert gone <= known[name]
            assert not new & (known[name] - gone)
            known[name] = known[name] - gone | new
        fresh = graph.copy().rules(RULES)
        assert {name: set(fresh[name]) for name in fresh.relations} == known
        view.verify()


def test_rows_that_no_operator_answers_are_found() -> None:
    view = fm.Graph.from_edges(DEPENDS).rules(TOGETHER)
    view.verify()
    assert view._model is not None
    view._model.relations["@components"].put([("app", "x")], 0)
    with pytest.raises(FocusmeshError, match="is not what the operator answers"):
        view.verify()


def test_a_proof_rests_on_what_an_operator_answers() -> None:
    graph = fm.Graph.from_edges(DEPENDS)
    view = graph.rules(TOGETHER)
    proof = view.why("near", "web")
    assert str(proof).splitlines()[1:3] == [
        "  1.0 > 0",
        '  @distances[seeds=top, within=1]("web", 1.0)',
    ]
    proof.verify(graph)
    least = view.why("near", "web", minimal=True)
    assert (str(least), least.height) == (str(proof), proof.height)
    step = proof.root.children[0]
    for changed in (replace(step, row=("web", 2.0)), replace(step, row=("tls", 1.0))):
        with pytest.raises(ProofError):
            replace(proof, root=replace(proof.root, children=(changed,))).verify(graph)
    graph.unlink("app", "web")
    graph.unlink("tools", "web")
    with pytest.raises(ProofError, match="no row of the graph"):
        proof.verify(graph)
    failed = view.why_not("apart", "app")
    assert any("reached" in str(each) for each in failed)


def test_limits_hold_for_operators() -> None:
    graph = fm.Graph.from_edges([(str(at), str(at + 1)) for at in range(200)])
    view = RuleView(graph, "p(x) :- @cores(x, _).", limits=QueryLimits(rows=100))
    with pytest.raises(BudgetError, match="more than 100 derived rows, at @cores"):
        view["p"]
    late = RuleView(graph, 'p(x) :- @distances[seeds="0"](x, _).', limits=QueryLimits(seconds=1e-9))
    with pytest.raises(BudgetError, match="at @distances"):
        late["p"]


def test_rows_of_an_operator_count_once_however_often_the_graph_changes() -> None:
    graph = fm.Graph.from_edges([(str(at), str(at + 1)) for at in range(20)])
    view = RuleView(graph, "loose(n) :- n = count : @cores(_, 1).", limits=QueryLimits(rows=30))
    assert view["loose"] == [(21,)]
    for at in range(3):
        graph.link("0", str(at + 2))
        assert view["loose"] == [(18 - at,)]


def test_rules_with_operators_need_a_graph_and_particles_that_are_there() -> None:
    with pytest.raises(InputError, match="@cores is asked of a graph"):
        RuleSet("p(x) :- @cores(x, _).").evaluate()
    view = fm.Graph.from_edges(DEPENDS).rules('p(x) :- @distances[seeds="webb"](x, _).')
    with pytest.raises(InputError, match="no particle is named 'webb'; close names: web"):
        view["p"]
