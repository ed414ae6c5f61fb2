"""Why a row is not there: how far each rule comes, and what stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.relations import slices
from focusmesh.engine.reasoning.rules.evaluation import Planner
from focusmesh.engine.reasoning.rules.meaning import literal_text, rule_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.relations import Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation import Plan
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
    at, reached = _farthest(plan, row + plan.constants, meter)
    values = _values(plan.slots, reached)
    holds = [
        literal_text(planner.literals[step], values)
        for step in range(at)
        if step in planner.literals
    ]
    failed = planner.literals.get(at)
    fails = "the row does not fit the head" if failed is None else literal_text(failed, values)
    return RuleFailure(rule_text(rules.text, rule), tuple(holds), fails)


def _farthest(plan: Plan, start: Row, meter: Meter) -> tuple[int, Row]:
    """The first step that nothing gets past, and a row that came to it; part after part, so that little is held."""
    best = 0, start

    def follow(at: int, rows: list[Row]) -> None:
        nonlocal best
        if at > best[0]:
            best = at, rows[0]
        if at == len(plan.steps):
            return
        for part in slices(rows):
            for found in plan.steps[at].run(part, meter):
                meter.infer(len(found), plan.words)
                if found:
                    follow(at + 1, found)

    follow(0, [start])
    return best


def _values(slots: Mapping[str, int], row: Row) -> dict[str, Any]:
    return {name: row[at] for name, at in slots.items() if at < len(row)}
