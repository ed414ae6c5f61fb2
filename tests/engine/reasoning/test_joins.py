"""The join machine: the rows and ranks that the steps of plans find, its limits, and what it leaves to them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.engine.reasoning import Meter, QueryLimits, RuleSet
from focusmesh.engine.reasoning.relations import Profile
from focusmesh.engine.reasoning.rules.evaluation import machine, stratum
from focusmesh.errors import BudgetError, RuleError
from tests.engine.reasoning.random_programs import draw_program

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.rules.evaluation import RuleModel

DECLARED = (
    ".decl e(x: number, y: number) .decl f(x: number) .decl w(x: number, y: number, z: float) "
)
PROGRAMS = {
    "same generation": "p(x, y) :- e(x, a), e(y, a). p(x, y) :- e(x, a), p(a, b), e(y, b).",
    "triangles": "p(x, y, z) :- e(x, y), e(y, z), e(x, z), x < y, y <= z.",
    "cycles of three": "p(x, y, z) :- e(x, y), e(y, z), e(z, x), x != y.",
    "two steps": "p(x, z) :- e(x, y), e(y, z).",
    "a square": "p(x, z) :- e(x, y), e(y, z), e(x, u), e(u, z), y < u.",
    "twice itself": "p(x, y, 1) :- e(x, y). p(x, z, 2) :- p(x, y, _), p(y, z, _), !f(z).",
    "itself as a test": "p(x, y) :- e(x, y). p(y, x) :- e(x, z), e(z, y), p(x, y), p(z, x).",
    "constants": "p(x, 3) :- e(2, x). p(x, y) :- p(y, 3), e(x, y), !e(y, x). p(0, 0).",
    "one variable twice": "p(x, x) :- e(x, x). p(x, y) :- p(y, y), e(x, y), f(_). p(y, x) :- p(x, x), e(x, y).",
    "equations": "p(x, y) :- e(x, z), z = y, u = 2, !e(y, u). p(x, y) :- p(y, x), x = y.",
    "products": "p(x, y) :- f(x), f(y), !e(x, y). p(x, y) :- p(y, _), f(x).",
    "three columns": "p(x, y, z) :- w(x, y, z), z >= 1.0. p(y, x, z) :- p(x, y, z), e(x, _), w(_, x, 2.0).",
    "two relations": "p(x) :- f(x). q(x, y) :- p(x), e(x, y). p(y) :- q(x, y), e(y, x). q(y, y) :- p(y), q(y, _).",
}
SMALL = st.integers(0, 6)
PAIRS = st.lists(st.tuples(SMALL, SMALL), max_size=24, unique=True)
WEIGHTS = st.lists(
    st.tuples(SMALL, SMALL, st.sampled_from([0.5, 1.0, 2.0])), max_size=12, unique=True
)


def evaluated(rules: RuleSet, facts: Any, rows: int) -> RuleModel:
    """The model, where relations of so many rows go to the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stratum, "JOINED_FROM", rows)
        return rules.model(facts, QueryLimits(inferences=300_000))


def ranks_of(model: RuleModel) -> dict[str, dict[tuple[object, ...], int]]:
    return {name: dict(relation.ranks) for name, relation in model.relations.items()}


@settings(deadline=None, max_examples=150)
@given(PAIRS, st.lists(SMALL, max_size=4, unique=True), WEIGHTS, st.sampled_from([*PROGRAMS]))
def test_the_machine_finds_what_the_steps_find(
    edges: list[tuple[int, int]],
    marked: list[int],
    weights: list[tuple[int, int, float]],
    name: str,
) -> None:
    rules = RuleSet(DECLARED + PROGRAMS[name])
    facts = {"e": [*edges], "f": [(x,) for x in marked], "w": [*weights]}
    joined = evaluated(rules, facts, 0)
    assert joined.strata[-1].dictionary is not None  # type: ignore[union-attr]
    assert ranks_of(joined) == ranks_of(evaluated(rules, facts, 10**9))
    joined.verify(Meter(QueryLimits()))


@pytest.mark.parametrize("seed", range(0, 600, 20))
def test_random_programs_have_the_same_ranks(seed: int) -> None:
    for chance in map(Random, range(seed, seed + 20)):
        try:
            rules = RuleSet(draw_program(chance))
            facts = {
                "a": [(chance.randrange(6),) for _ in range(4)],
                "b": [(chance.randrange(6), chance.randrange(6)) for _ in range(10)],
            }
            joined, known = (evaluated(rules, facts, rows) for rows in (0, 10**9))
        except (RuleError, BudgetError):
            continue
        assert ranks_of(joined) == ranks_of(known)
        joined.verify(Meter(QueryLimits()))


@pytest.mark.parametrize(
    "text",
    ["p(x, y + 1) :- e(x, y).", "p(x, n) :- e(x, _), n = count : e(x, _).", "p() :- e(_, _)."],
)
def test_what_the_machine_leaves_out_is_found_by_the_steps(text: str) -> None:
    rules, facts = RuleSet(DECLARED + text), {"e": [(1, 2), (1, 3)]}
    model = evaluated(rules, facts, 0)
    assert model.strata[-1].dictionary is None  # type: ignore[union-attr]
    assert ranks_of(model) == ranks_of(evaluated(rules, facts, 10**9))


CHAIN = [(at, at + 1) for at in range(20)]


def test_rules_that_turn_out_unfit_between_rounds_lose_no_row() -> None:
    rules = RuleSet(DECLARED + "p(x, y) :- e(x, y). p(x, z) :- p(x, y), p(y, z), p(_, _).")
    found = [evaluated(rules, {"e": CHAIN}, rows) for rows in (60, 10**9)]
    assert ranks_of(found[0]) == ranks_of(found[1])
    assert len(found[0].relations["p"]) == 210
    found[0].verify(Meter(QueryLimits()))


@pytest.mark.parametrize("joined_from", [0, 60, 10**9])
@pytest.mark.parametrize("more", ["", ", p(_, _)"])
def test_rows_count_once_however_they_are_joined(
    joined_from: int, more: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stratum, "JOINED_FROM", joined_from)
    rules = RuleSet(DECLARED + f"p(x, y) :- e(x, y). p(x, z) :- p(x, y), p(y, z), x < 90{more}.")
    profile = Profile()
    rules.model({"e": CHAIN}, Meter(QueryLimits(rows=210), profile=profile))
    assert sum(step.rows for step in profile.steps) == 210
    with pytest.raises(BudgetError, match="more than 209 derived rows"):
        rules.model({"e": CHAIN}, QueryLimits(rows=209))


def test_numbers_and_floats_that_are_equal_keep_their_types() -> None:
    rules = RuleSet(DECLARED + "p(x, z) :- w(x, _, z).")
    (row,) = evaluated(rules, {"w": [(1, 2, 1.0)]}, 0).relations["p"].ranks
    assert [*map(type, row)] == [int, float]


def test_a_graph_is_read_by_columns() -> None:
    graph = fm.Graph.from_edges([(a, b) for a in range(60) for b in range(60) if (a * b) % 7 == 1])
    text = "p(x, z, w, n) :- axon(x, y, w), axon(y, z, _), link(x, y, n, _, _, _), x != z."
    found = []
    for rows in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stratum, "JOINED_FROM", rows)
            view = graph.rules(text)
            count = view.count("p")
            found.append(set(view["p"]))
            assert count == len(found[-1])
            view.verify()
    assert found[0] == found[1] != set()


def test_limits_stop_the_machine_and_leave_whole_rounds() -> None:
    edges = [(a, b) for a in range(70) for b in range(70)]
    rules = RuleSet(DECLARED + "p(x, y) :- e(x, y). p(x, z) :- p(x, y), e(y, u), e(u, z), x != z.")
    for limits, words in (
        (QueryLimits(rows=4_000), "more than 4,000 derived rows, at the rule of p in line 1"),
        (QueryLimits(inferences=10_000), "more than 10,000 inferences, at the rule of p"),
        (QueryLimits(memory_bytes=100_000), "more than 100,000 bytes of rows"),
    ):
        with pytest.raises(BudgetError, match=words):
            rules.model({"e": edges}, limits)
    partial = rules.model({"e": edges}, QueryLimits(inferences=20_000), partial=True)
    assert partial.stopped is not None
    assert set(edges) == set(partial.relations["p"].ranks)


def test_whoever_waits_can_stop_the_machine() -> None:
    told = []

    def stop(step: Any) -> None:
        told.append(step.done)
        if len(told) == 3:
            raise KeyboardInterrupt

    edges = [(a, b) for a in range(150) for b in range(150)]
    rules = RuleSet(DECLARED + "p(x, y, z) :- e(x, y), e(y, z), e(z, x).")
    with pytest.raises(KeyboardInterrupt):
        rules.model({"e": edges}, Meter(QueryLimits(), stop))
    assert told == sorted(told)


def test_an_interrupt_before_the_first_round_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(machine, "JoinEvaluation", stop)
    graph = fm.Graph.from_edges(list(range(5_000)), list(range(1, 5_001)))
    with pytest.raises(KeyboardInterrupt):
        graph.rules("two(x, z) :- axon(x, y, _), axon(y, z, _).").count("two")


@pytest.mark.parametrize("joined_from", [0, 2_048])
@pytest.mark.parametrize(
    "text",
    [
        "light(x) :- link(x, _, _, _, 1, _). half(x, w / 2) :- link(x, _, _, _, w, _).",
        "half(x, z) :- link(x, y, _, _, w, _), w >= 1, link(x, y, _, _, w, _), z = w / 2.",
        ".decl one(x: particle, w: float) one(x, 1) :- axon(x, _, _). half(x, w / 2) :- one(x, w).",
        ".decl known(x: particle, w: float) half(x, w / 2) :- known(x, w).",
    ],
)
def test_a_whole_number_among_floats_is_a_float(
    text: str, joined_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place in the dictionary is that of the float, and as an integer it was divided by two without a rest."""
    monkeypatch.setattr(stratum, "JOINED_FROM", joined_from)
    graph = fm.Graph.from_edges([("a", "b", 1.0, "is")])
    view = graph.rules(text, facts={"known": [("a", 1)]} if "known" in text else None)
    assert view["half"] == [("a", 0.5)]
    assert view.ask('half("a", h)') == [("a", 0.5)]
    view.verify_proof(view.why("half", "a", 0.5))
    if "one" in text:
        view.verify_proof(view.why("one", "a", 1))
    graph.link("b", "a", 1.0, relation="is")
    assert ("b", 0.5) in view["half"] or "known" in text
    view.verify()
