"""Random programs and scripts of edits: upkeep, goals and proofs agree with an evaluation from nothing."""

from __future__ import annotations

from itertools import count, islice
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph
from focusmesh.engine.reasoning import Meter, QueryLimits, RuleSet
from focusmesh.engine.reasoning.rules.proofs import find_proof
from focusmesh.errors import BudgetError, RuleError
from tests.conftest import SOAK
from tests.engine.reasoning.random_programs import ARITIES, DERIVED, GIVEN, draw_program
from tests.engine.reasoning.test_goals import fits

if TYPE_CHECKING:
    from collections.abc import Iterator


PROGRAMS = 1_000 if SOAK else 24
LIMITS = QueryLimits(inferences=200_000)
EMPTY = Graph.from_edges([], [])

Facts = dict[str, set[tuple[int, ...]]]


def programs() -> Iterator[tuple[int, RuleSet]]:
    """Those that are not refused, each with its seed."""
    for seed in count(1):
        try:
            yield seed, RuleSet(draw_program(Random(seed)))
        except RuleError:
            continue


def drawn_changes(chance: Random, facts: Facts, nodes: int) -> tuple[Facts, Facts]:
    came: Facts = {name: set() for name in GIVEN}
    went: Facts = {name: set() for name in GIVEN}
    for _ in range(chance.choice([1, 1, 2, 4])):
        name = chance.choice(GIVEN)
        row = tuple(chance.randrange(nodes) for _ in range(ARITIES[name]))
        (went if row in facts[name] else came)[name].add(row)
    return came, went


def test_upkeep_goals_and_proofs_agree_with_an_evaluation_from_nothing() -> None:
    checked = 0
    for seed, rules in islice(programs(), PROGRAMS):
        try:
            follow(rules, Random(seed))
        except BudgetError:
            continue
        except AssertionError as error:
            pytest.fail(f"seed {seed}: {error}\n{rules.text}")
        checked += 1
    assert checked > 0.9 * PROGRAMS


def follow(rules: RuleSet, chance: Random) -> None:
    nodes = chance.choice([4, 6])
    facts: Facts = {name: set() for name in GIVEN}
    model = rules.model(facts, LIMITS)
    for _ in range(8):
        came, went = drawn_changes(chance, facts, nodes)
        facts = {name: (facts[name] | came[name]) - went[name] for name in GIVEN}
        model.update(came, went, Meter(LIMITS))
        fresh = rules.evaluate(facts, LIMITS)
        for name, relation in fresh.items():
            assert set(model.relations[name].ranks) == set(relation.ranks), name
        model.verify(Meter(LIMITS))
    for name in DERIVED:
        rows = list(model.relations[name].ranks)
        terms: list[Any] = [chance.choice(["x", "y", 0, 1, 2, 3]) for _ in range(ARITIES[name])]
        goal = f"{name}({', '.join(map(str, terms))})"
        expected = sorted(row for row in rows if fits(terms, row))
        assert sorted(rules.answer(goal, facts, LIMITS)) == expected, goal
        for row in rows[:4]:
            for minimal in (False, True):
                proof = find_proof(
                    rules, model.relations, name, row, Meter(LIMITS), minimal=minimal
                )
                proof.verify(EMPTY, facts, LIMITS)
