"""The least model: stratum after stratum, semi-naive, each row with the round in which it was found as its rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.relations import Relation
from focusmesh.engine.reasoning.rules.evaluation.plan import Plan, Planner
from focusmesh.engine.reasoning.rules.language import Atom, position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.reasoning.relations import Meter, Row
    from focusmesh.engine.reasoning.rules.meaning import NormalForm, NormalRule


def evaluate(
    form: NormalForm,
    strata: list[list[str]],
    types: Mapping[str, tuple[str, ...]],
    facts: Mapping[str, Iterable[Row]],
    meter: Meter,
) -> dict[str, Relation]:
    """All relations of a program, with ``facts`` for those that are given; raises BudgetError at a limit."""
    relations = {name: Relation(name, columns) for name, columns in types.items()}
    for name, rows in facts.items():
        relations[name].put(rows, 0)
    for stratum in strata:
        _Stratum(form, relations, set(stratum), meter).evaluate()
    return relations


class _Stratum:
    def __init__(
        self, form: NormalForm, relations: dict[str, Relation], names: set[str], meter: Meter
    ) -> None:
        self.form = form
        self.relations = relations
        self.names = names
        self.meter = meter
        self.rules = [rule for rule in form.rules if rule.head.relation in names]

    def evaluate(self) -> None:
        """Rounds, until one finds nothing new."""
        made = [(rule, plan, plan.run([()], self.meter)) for rule, plan in self._plans(None)]
        later = self._plans(self.names)
        rank = 0
        while made:
            rank += 1
            new = self._take(made, rank)
            made = [
                (rule, plan, plan.run(new[plan.start], self.meter))
                for rule, plan in later
                if new.get(plan.start)
            ]

    def _plans(self, recursive: set[str] | None) -> list[tuple[NormalRule, Plan]]:
        """A plan a rule; or one for each atom of a ``recursive`` relation, which begins with its new rows."""
        if recursive is None:
            return [(rule, self._plan(rule, None)) for rule in self.rules]
        return [
            (rule, self._plan(rule, atom))
            for rule in self.rules
            for atom in rule.body
            if isinstance(atom, Atom) and not atom.negated and atom.relation in recursive
        ]

    def _plan(self, rule: NormalRule, atom: Atom | None) -> Plan:
        text = self.form.program.text
        line, _ = position(text, rule.at)
        words = f"the rule of {rule.head.relation} in line {line}"
        planner = Planner(rule.body, self.relations, text, words)
        return planner.plan(atom, rule.head.arguments)

    def _take(
        self, made: list[tuple[NormalRule, Plan, list[Row]]], rank: int
    ) -> dict[str, list[Row]]:
        """Takes in what rules yielded; the rows that are new, by relation."""
        new: dict[str, list[Row]] = {}
        for rule, plan, rows in made:
            relation = self.relations[rule.head.relation]
            fresh = relation.put(map(plan.head, rows), rank)
            self.meter.hold(len(fresh), len(relation.types), plan.words)
            new.setdefault(relation.name, []).extend(fresh)
        return new
