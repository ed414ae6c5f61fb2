"""Rules over scores with bounds: what they say is right whatever the true scores are, and the rest is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.errors import RuleError

if TYPE_CHECKING:
    from focusmesh.engine.reasoning import RuleView

COARSE = 0.02
"""A tolerance that leaves many comparisons open."""

PROGRAM = """
    hot(p) :- @focus[tolerance={tolerance}](p, s, _), s >= {threshold}.
    cool(p) :- @focus[tolerance={tolerance}](p, s, _), {threshold} > s.
    unlike(p) :- particle(p), !hot(p).
    scored(p, s, b) :- @focus[tolerance={tolerance}](p, s, b).
    above(p, q) :- scored(p, s, _), scored(q, t, _), axon(p, q, _), s - t > {threshold} / 10.
    leads(p, q) :- hot(p), axon(p, q, _).
    leads(p, r) :- leads(p, q), hot(q), axon(q, r, _).
    sure(p, q) :- axon(p, q, _), !leads(p, q), !above(p, q).
    twice(p) :- @context[seeds=0, tolerance={tolerance}](p, s, _), y = 2 * s, y < {threshold}.
    many(n) :- n = count : hot(_).
    most(p) :- hot(p), n = count : hot(_), n > 2.
    first(m) :- m = min p : hot(p).
"""


def graph_of(seed: int) -> fm.Graph:
    chance = np.random.default_rng(seed)
    count, links = 12, 40
    return fm.Graph.from_edges(
        chance.integers(0, count, links), chance.integers(0, count, links), particles=count
    )


def views(graph: fm.Graph, threshold: float) -> tuple[RuleView, RuleView]:
    """By coarse bounds, and by bounds that leave nothing open at thresholds that no score comes near."""
    text = PROGRAM.replace("{threshold}", f"{threshold:.9f}")
    return (
        graph.rules(text.replace("{tolerance}", f"{COARSE}")),
        graph.rules(text.replace("{tolerance}", "0.000000000001")),
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.floats(0.01, 0.3))
def test_certain_rows_are_true_and_true_rows_are_certain_or_listed(
    seed: int, threshold: float
) -> None:
    coarse, fine = views(graph_of(seed), threshold)
    if fine.unsettled:
        return  # a true tie: nothing says which rows are right
    for name in coarse.relations:
        if name == "scored":
            continue
        certain, true = set(coarse[name]), set(fine[name])
        open_rows = set(coarse.unsettled.get(name, ()))
        assert certain <= true, name
        if name not in ("many", "first"):
            assert true <= certain | open_rows, name
        elif true != certain and coarse["hot"]:
            # Of aggregates over open rows the ends are listed: the true value lies between.
            values = [row[0] for row in open_rows]
            assert min(values) <= next(iter(true))[0] <= max(values), name
    coarse.verify()


def test_without_the_bounds_rows_would_be_guessed() -> None:
    """The same rules with bounds that are thrown away are wrong somewhere: the test above could fail."""
    wrong = 0
    for seed in range(30):
        graph = graph_of(seed)
        truth = graph.focus(tolerance=1e-12).scores
        rough = graph.focus(tolerance=COARSE).scores
        thresholds = np.linspace(0.01, 0.3, 200)
        wrong += int(((truth > thresholds[:, None]) != (rough > thresholds[:, None])).sum())
    assert wrong > 0


def test_a_tie_is_open_and_a_clear_difference_is_not() -> None:
    graph = fm.Graph.from_edges(
        [("a", "b"), ("b", "a"), ("b", "c"), ("d", "e"), ("e", "d"), ("e", "f")]
    )
    view = graph.rules("above(p, q) :- @focus(p, s, _), @focus(q, t, _), s > t, particle(p).")
    assert ("a", "c") not in view.unsettled["above"]
    assert {("a", "d"), ("d", "a")} <= set(view.unsettled["above"])
    assert ("b", "c") in view["above"]


def test_edits_keep_what_is_certain_and_what_is_open() -> None:
    graph = graph_of(3)
    coarse, _ = views(graph, 0.08)
    coarse.changes()
    known = {name: set(coarse[name]) for name in coarse.relations}
    for source, target in [(0, 5), (5, 7), (7, 0), (2, 9)]:
        graph.link(source, target, 3.0)
        changes = coarse.changes()
        for name in coarse.relations:
            known[name] -= set(changes.went.get(name, ()))
            known[name] |= set(changes.came.get(name, ()))
        fresh, _ = views(graph.copy(), 0.08)
        assert {name: set(fresh[name]) for name in fresh.relations} == known
        assert {n: set(r) for n, r in fresh.unsettled.items()} == {
            n: set(r) for n, r in coarse.unsettled.items()
        }


def test_goals_and_proofs_are_of_what_is_certain() -> None:
    graph = graph_of(3)
    near = float(graph.focus(tolerance=COARSE).scores[4])
    coarse, fine = views(graph, near + 1e-4)
    assert coarse.unsettled["hot"]
    assert set(coarse.ask("hot(p)")) == set(coarse["hot"])
    row = coarse["hot"][0]
    proof = coarse.why("hot", *row)
    proof.verify(graph)
    assert f"hot({row[0]})    by hot(p) :- @focus" in str(proof).replace('"', "")
    open_row = coarse.unsettled["hot"][0]
    assert f"- {near + 1e-4:.9f}" in str(coarse.why_not("hot", *open_row)[0])
    assert not fine.unsettled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "lost(p, s) :- @focus(p, s, _). hot(p) :- lost(p, s), s > 0.1.",
            "the bound of this score is not at hand",
        ),
        ("hot(p) :- @focus(p, s, _), s * s > 0.1.", "the bound of this score is not at hand"),
        (
            "m(x) :- x = max s : @focus(_, s, _). hot(x) :- m(x), x > 0.1.",
            "the bound of this score is not at hand",
        ),
        (
            "hot(p) :- @focus(p, s, _), s > 0.1. n(k) :- k = count : hot(_). q(3) :- !n(3).",
            "an absence or another aggregate cannot rest on it",
        ),
    ],
)
def test_scores_whose_bounds_are_lost_are_not_compared(text: str, words: str) -> None:
    with pytest.raises(RuleError, match=words):
        graph_of(1).rules(text)


def test_scores_that_are_only_handed_on_need_no_second_relation() -> None:
    view = graph_of(1).rules("score(p, s) :- @focus(p, s, _). best(x) :- x = max s : score(_, s).")
    assert view.rules.possible == {}
    assert len(view["score"]) == 12
    assert view.unsettled == {}
