"""What keeps a closure up to date: its starts and steps as a stratum of their own, and its rows in arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.relations import Relation
from focusmesh.engine.reasoning.rules.evaluation.upkeep import ClosureUpkeep
from focusmesh.engine.reasoning.rules.language import Atom

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.reasoning.relations import Dictionary, Row
    from focusmesh.engine.reasoning.rules.evaluation.closure import ClosureRules
    from focusmesh.engine.reasoning.rules.evaluation.stratum import RowChange, Stratum


class ClosureKeeper:
    """``pairs`` is a stratum of two relations: the rows that follow from no other one, and the steps."""

    def __init__(self, stratum: Stratum, rules: ClosureRules, dictionary: Dictionary) -> None:
        """Relations are as they were when the stratum was evaluated. O(rows)."""
        self.stratum = stratum
        name, types = rules.name, stratum.relations[rules.name].types
        self.first, self.steps = f"{name}'s beginning", f"{name}'s steps"
        form = replace(
            stratum.form,
            rules=[
                *(
                    replace(rule, head=replace(rule.head, relation=self.first))
                    for rule in rules.first
                ),
                *(
                    replace(
                        step.rule,
                        head=Atom(self.steps, step.terms, step.rule.head.at),
                        body=step.body,
                    )
                    for step in rules.steps
                ),
            ],
        )
        moving = types[rules.moving]
        relations = {
            **stratum.relations,
            self.first: Relation(self.first, types),
            self.steps: Relation(self.steps, (moving, moving)),
        }
        self.pairs = type(stratum)(
            form, relations, [self.first, self.steps], stratum.meter.clock(), dictionary
        )
        self.pairs.evaluate()
        self.given = stratum.given[name]
        first, steps = (
            tuple(relations[each].column(at, dictionary) for at in (0, 1))
            for each in (self.first, self.steps)
        )
        given = dictionary.columns(types, self.given)
        starts = tuple(np.concatenate(each) for each in zip(first, given, strict=True))
        self.upkeep = ClosureUpkeep(
            stratum.relations[name],
            dictionary,
            rules.moving,
            (starts[0], starts[1]),
            (steps[0], steps[1]),
        )
        self.words = stratum.words(rules.steps[0].rule)

    def take(
        self, first: RowChange, steps: RowChange
    ) -> tuple[Mapping[Row, int], Mapping[Row, int]]:
        """What came into the closure and went out of it, for such changes of its beginning and its steps."""
        return self.upkeep.take(
            (self._others(first.went), steps.went),
            (self._others(first.came), steps.came),
            self.stratum.meter,
            self.words,
        )

    def _others(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if row not in self.given]
