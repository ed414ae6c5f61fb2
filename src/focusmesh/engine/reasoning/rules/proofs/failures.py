"""Why a row is not there: how far each rule comes, and what stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.rules.evaluation import Planner
from focusmesh.engine.reasoning.rules.meaning import literal_text, rule_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.relations import Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.meaning import NormalRule
    from focusmesh.engine.reasoning.rules.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """One rule that does not yield a row: what of it holds together, for one choice of values, and what then fails."""

    rule: str
    holds: tuple[str, ...]
    fails: str

    def __str__(self) -> str:
        lines = [self.rule, *(f"  holds: {words}" for words in self.holds)]
        return "\n".join([*lines, f"  fails: {self.fails}"])


def failures(
    rules: RuleSet, relations: Mapping[str, Relation], relation: str, row: Row, meter: Meter
) -> list[RuleFailure]:
    """For each rule of the relation, the longest part of its body that holds, in the order in which it is joined."""
    return [
        _failure(rules, relations, rule, row, meter)
        for rule in rules.form.rules
        if rule.head.relation == relation
    ]


def _failure(
    rules: RuleSet, relations: Mapping[str, Relation], rule: NormalRule, row: Row, meter: Meter
) -> RuleFailure:
    planner = Planner(
        rule.body, relations, rules.text, "the search for what is missing", sets=False
    )
    plan = planner.plan_from(rule.head.arguments, rule.head.arguments)
    rows = [row + plan.constants]
    held: list[int] = []
    for at, step in enumerate(plan.steps):
        found = [each for part in step.run(rows[:MANY], meter) for each in part]
        meter.infer(len(found), plan.words)
        if not found:
            break
        rows = found
        if at in planner.literals:
            held.append(at)
    values = _values(plan.slots, rows[0])
    holds = tuple(literal_text(planner.literals[at], values) for at in held)
    failed = planner.literals.get(at)
    fails = "the row does not fit the head" if failed is None else literal_text(failed, values)
    return RuleFailure(rule_text(rules.text, rule), holds, fails)


MANY = 10_000
"""Rows that are followed: a search for what is missing need not see all."""


def _values(slots: Mapping[str, int], row: Row) -> dict[str, Any]:
    return {name: row[at] for name, at in slots.items() if at < len(row)}
