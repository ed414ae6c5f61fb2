"""Closures by searches: the rows, ranks, limits and upkeep of what is evaluated round by round."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.engine.reasoning import Meter, QueryLimits, RuleSet
from focusmesh.engine.reasoning.rules.evaluation import closure, searches, stratum
from focusmesh.engine.reasoning.rules.evaluation.stratum import RowChange
from focusmesh.engine.reasoning.rules.evaluation.upkeep import closure_upkeep
from focusmesh.errors import BudgetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.reasoning.rules.evaluation import RuleModel

RIGHT = "path(x, y) :- e(x, y). path(x, z) :- path(x, y), e(y, z)."
LEFT = "path(x, y) :- e(x, y). path(x, z) :- e(x, y), path(y, z)."
BOTH = "path(x, y) :- e(x, y). path(x, z) :- path(x, y), path(y, z)."
SEVERAL = """path(x, y) :- e(x, y), !f(x). path(y, x) :- f(x), e(x, y).
    path(x, z) :- path(x, y), e(y, z), f(y), z != 3. path(x, z) :- path(x, y), e(z, y). path("a", 7)."""
GIVEN = "path(8, 1). path(2, 9). " + BOTH
CLOSURES = {"right": RIGHT, "left": LEFT, "both": BOTH, "several": SEVERAL, "given": GIVEN}
OTHERS = {
    "two columns move": "path(x, y) :- e(x, y). path(z, y) :- path(x, y), e(x, z). path(x, z) :- path(x, y), e(y, z).",
    "what stays is looked at": "path(x, y) :- e(x, y). path(x, z) :- path(x, y), e(y, z), !f(x).",
    "three of it": "path(x, y) :- e(x, y). path(x, w) :- path(x, y), path(y, z), path(z, w).",
    "a step to itself": "path(x, y) :- e(x, y). path(x, x) :- path(x, y), e(y, x).",
    "a constant": "path(x, y) :- e(x, y). path(x, 1) :- path(x, y), f(y).",
    "a step that a comparison needs": "path(x, y) :- e(x, y). path(x, z) :- path(x, y), e(z, _), y < z.",
    "a step that an absence needs": "path(x, y) :- e(x, y). path(x, z) :- path(x, y), e(z, _), !e(y, z).",
    "a product": "path(x, y) :- e(x, y). path(x, z) :- path(x, y), f(z).",
    "two relations": "path(x, y) :- e(x, y). path(x, z) :- way(x, y), e(y, z). way(x, y) :- path(x, y).",
    "same generation": "path(x, y) :- e(z, x), e(z, y). path(x, y) :- e(u, x), path(u, v), e(v, y).",
}
DECLARED = ".decl e(x: number, y: number) .decl f(x: number) "
PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20)


@pytest.fixture(autouse=True)
def _in_compiled_code() -> Iterator[None]:
    """Closures of few rows, which go by rounds else, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stratum, "SEARCHED_FROM", 0)
        yield


def model_of(text: str, edges: list[tuple[int, int]], marked: list[int]) -> RuleModel:
    rules = RuleSet(DECLARED + text)
    return rules.model({"e": edges, "f": [(x,) for x in marked]}, QueryLimits(rows=10_000))


def by_rounds(text: str, edges: list[tuple[int, int]], marked: list[int]) -> RuleModel:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(closure.ClosureRules, "of", lambda names, rules: None)
        return model_of(text, edges, marked)


@settings(deadline=None)
@given(
    PAIRS,
    st.lists(st.integers(0, 7), max_size=4),
    st.sampled_from([*CLOSURES]),
    st.sampled_from([0, 10**9]),
)
def test_searches_find_what_rounds_find(
    edges: list[tuple[int, int]], marked: list[int], name: str, joined_from: int
) -> None:
    text = CLOSURES[name].replace('"a"', "4")
    with pytest.MonkeyPatch.context() as patch:
        # Starts and steps by the join machine and by steps of plans; slices of few steps.
        patch.setattr(stratum, "JOINED_FROM", joined_from)
        patch.setattr(searches, "BUDGET", 3)
        found = model_of(text, edges, marked)
    assert found.strata[-1].closure is not None  # type: ignore[union-attr]
    known = by_rounds(text, edges, marked).relations["path"].ranks
    assert set(found.relations["path"].ranks) == set(known)
    if name not in ("both", "given"):
        assert found.relations["path"].ranks == known
    found.verify(Meter(QueryLimits()))


@pytest.mark.parametrize("name", CLOSURES)
def test_closures_are_seen(name: str) -> None:
    rules = RuleSet(DECLARED + CLOSURES[name].replace('"a"', "4"))
    assert closure.ClosureRules.of(["path"], rules.form.rules) is not None


@pytest.mark.parametrize("name", OTHERS)
def test_other_rules_are_not_taken_for_closures(name: str) -> None:
    edges = [(0, 1), (1, 2), (2, 3), (3, 1), (1, 0), (2, 2)]
    found, known = model_of(OTHERS[name], edges, [1, 3]), by_rounds(OTHERS[name], edges, [1, 3])
    assert found.relations["path"].ranks == known.relations["path"].ranks
    found.verify(Meter(QueryLimits()))


@settings(deadline=None)
@given(
    PAIRS,
    st.lists(PAIRS, max_size=6),
    st.sampled_from([RIGHT, LEFT, BOTH]),
    st.sampled_from([0, 12, 30, 10**9]),
)
def test_rows_that_were_searched_are_kept_right(
    edges: list[tuple[int, int]],
    edits: list[list[tuple[int, int]]],
    text: str,
    searched_from: int,
) -> None:
    rules, there = RuleSet(DECLARED + text), dict.fromkeys(edges)
    with pytest.MonkeyPatch.context() as patch:
        # In compiled code from the beginning, from some edit on, never.
        patch.setattr(stratum, "SEARCHED_FROM", searched_from)
        model = rules.model({"e": there})
        for edit in edits:
            came = [pair for pair in dict.fromkeys(edit) if pair not in there]
            went = [pair for pair in dict.fromkeys(edit) if pair in there]
            there = {pair: None for pair in (*there, *came) if pair not in went}
            model.update({"e": came}, {"e": went}, Meter(QueryLimits()))
            expected = rules.evaluate({"e": there})["path"].ranks
            assert set(model.relations["path"].ranks) == set(expected)
            model.verify(Meter(QueryLimits()))


def test_a_few_rows_load_no_compiler() -> None:
    program = (
        "import sys\n"
        "import focusmesh as fm\n"
        "graph = fm.Graph.from_edges(['a', 'b', 'c'], ['b', 'c', 'd'])\n"
        "view = graph.rules('path(x, y) :- axon(x, y, _). path(x, z) :- path(x, y), axon(y, z, _).')\n"
        "assert view.count('path') == 6\n"
        "print('numba' in sys.modules)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"


AFTER = """ both(x) :- path(x, _), !f(x). counts(x, n) :- f(x), n = count : path(x, _).
    again(x, z) :- path(x, y), path(y, z), x != z."""


@pytest.mark.parametrize("seed", range(24))
def test_closures_and_what_rests_on_them_are_kept_in_arrays(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(seed)
    monkeypatch.setattr(closure_upkeep, "_BUDGET", chance.choice([1, 1 << 19]))
    text = chance.choice(
        [RIGHT, LEFT, SEVERAL.replace('"a"', "4"), "path(8, 1). path(2, 9). " + RIGHT]
    )
    rules, nodes = RuleSet(DECLARED + text + chance.choice(["", AFTER])), chance.choice([4, 8, 12])
    facts: dict[str, set[tuple[int, ...]]] = {
        "e": {(chance.randrange(nodes), chance.randrange(nodes)) for _ in range(2 * nodes)},
        "f": {(chance.randrange(nodes),) for _ in range(3)},
    }
    model = rules.model(facts)
    told = set(model.relations["path"].ranks)
    is_looked_at = chance.random() < 0.5
    for step in range(12):
        came: dict[str, set[tuple[int, ...]]] = {"e": set(), "f": set()}
        went: dict[str, set[tuple[int, ...]]] = {"e": set(), "f": set()}
        for _ in range(chance.choice([1, 1, 2, 5])):
            name = chance.choice("eeef")
            row = tuple(chance.randrange(nodes + step // 5) for _ in range(2 if name == "e" else 1))
            (went if row in facts[name] else came)[name].add(row)
        facts = {name: (facts[name] | came[name]) - went[name] for name in facts}
        change = model.update(came, went, Meter(QueryLimits())).get("path", RowChange({}, {}))
        assert not told & {*change.came}
        assert told >= {*change.went}
        told = (told | {*change.came}) - {*change.went}
        known = rules.evaluate(facts)
        assert told == set(known["path"].ranks)
        if is_looked_at or step == 11:
            for name in known:
                assert set(model.relations[name].ranks) == set(known[name].ranks)
            model.verify(Meter(QueryLimits()))


def test_limits_stop_the_upkeep_of_a_closure() -> None:
    edges = [(at, at + 1) for at in range(300) if at != 150]
    model = RuleSet(DECLARED + RIGHT).model({"e": edges})
    with pytest.raises(BudgetError, match="derived rows, at the rule of path in line 1"):
        model.update(
            {"e": [(150, 151)]}, {}, Meter(QueryLimits(rows=len(model.relations["path"]) + 99))
        )


def test_rows_are_made_when_they_are_looked_at() -> None:
    edges = [(at, at + 1) for at in range(50)]
    path = model_of(RIGHT, edges, []).relations["path"]
    assert path._columns is not None
    assert len(path) == 51 * 50 // 2
    assert path.first(2) == [(0, 1), (1, 2)]
    assert path._columns is not None
    assert path.ranks[0, 50] == 50
    assert path._columns is None
    assert path.first(2) == [(0, 1), (1, 2)]


def test_limits_stop_searches_and_leave_what_was_found() -> None:
    edges = [(a, b) for a in range(60) for b in range(60) if a != b]
    for limits, words in (
        (QueryLimits(rows=3_550), "more than 3,550 derived rows, at the rule of path in line 1"),
        (QueryLimits(inferences=10_000), "more than 10,000 inferences, at the rule of path"),
        (QueryLimits(memory_bytes=100_000), "more than 100,000 bytes of rows"),
    ):
        with pytest.raises(BudgetError, match=words):
            RuleSet(DECLARED + RIGHT).model({"e": edges}, limits)
    partial = RuleSet(DECLARED + RIGHT).model(
        {"e": edges}, QueryLimits(inferences=4_000), partial=True
    )
    assert partial.stopped is not None
    assert set(edges) <= set(partial.relations["path"].ranks)


def test_a_step_may_look_at_operators_and_texts() -> None:
    graph = fm.Graph.from_edges([("a", "b"), ("b", "c"), ("c", "d"), ("x", "y")])
    view = graph.rules(
        """near(p) :- @distances[seeds="a", within=2](p, _).
        path(x, y) :- axon(x, y, _), near(x). path(x, z) :- path(x, y), axon(y, z, _), near(y)."""
    )
    assert set(view["path"]) == {
        *(("a", "b"), ("a", "c"), ("a", "d")),
        *(("b", "c"), ("b", "d"), ("c", "d")),
    }
    graph.unlink("a", "b")
    assert view["path"] == []
