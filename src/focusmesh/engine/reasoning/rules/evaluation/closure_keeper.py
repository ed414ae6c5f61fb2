"""What keeps a closure up to date: its beginning and its steps, and its rows in arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.relations import Relation
from focusmesh.engine.reasoning.rules.evaluation.closure_scans import ClosureScans, PairChanges
from focusmesh.engine.reasoning.rules.evaluation.closure_starts import ClosureStarts
from focusmesh.engine.reasoning.rules.evaluation.upkeep import ClosureUpkeep
from focusmesh.engine.reasoning.rules.language import Atom

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.relations import Dictionary, Row
    from focusmesh.engine.reasoning.rules.evaluation.closure import ClosureRules
    from focusmesh.engine.reasoning.rules.evaluation.searches import Pairs
    from focusmesh.engine.reasoning.rules.evaluation.stratum import RowChange, Stratum


class ClosureKeeper:
    """``scans`` follow the beginning and the steps where rules only look rows up; else the stratum ``pairs`` does."""

    def __init__(self, stratum: Stratum, rules: ClosureRules, dictionary: Dictionary) -> None:
        """Relations are as they were when the stratum was evaluated. O(rows)."""
        self.stratum = stratum
        self.given = stratum.given[rules.name]
        self.pairs: Stratum | None = None
        self.scans = ClosureScans.of(rules, self.given)
        if self.scans is None:
            self.pairs = _pairs_stratum(stratum, rules, dictionary)
            starts, steps = self._evaluate(self.pairs, dictionary)
        else:
            held = stratum.meter.holdings()
            begun = ClosureStarts(stratum, rules, dictionary)
            starts, steps = begun.starts(), begun.steps()
            stratum.meter.return_to(held)  # they are held already
        relation = stratum.relations[rules.name]
        self.upkeep = ClosureUpkeep(relation, dictionary, rules.moving, starts, steps)
        self.words = stratum.words(rules.steps[0].rule)

    def _evaluate(self, pairs: Stratum, dictionary: Dictionary) -> tuple[Pairs, Pairs]:
        """The beginning, with what is given, and the steps, as places."""
        pairs.evaluate()
        first, steps = (pairs.relations[name] for name in pairs.names)
        given = dictionary.columns(first.types, self.given)
        starts = [np.append(first.column(at, dictionary), given[at]) for at in (0, 1)]
        return (starts[0], starts[1]), (steps.column(0, dictionary), steps.column(1, dictionary))

    def others(self, change: RowChange) -> PairChanges:
        """The rows of a change that are not given."""
        went, came = ([row for row in rows if row not in self.given] for rows in change[::-1])
        return PairChanges(went, came)

    def take(
        self, first: PairChanges, steps: PairChanges
    ) -> tuple[Mapping[Row, int], Mapping[Row, int]]:
        """What came into the closure and went out of it, for such changes of its beginning and its steps."""
        return self.upkeep.take(
            (first.went, steps.went), (first.came, steps.came), self.stratum.meter, self.words
        )


def _pairs_stratum(stratum: Stratum, rules: ClosureRules, dictionary: Dictionary) -> Stratum:
    """A stratum of two relations: the rows that follow from no other one, and the steps."""
    name, types = rules.name, stratum.relations[rules.name].types
    first, steps = f"{name}'s beginning", f"{name}'s steps"
    form = replace(
        stratum.form,
        rules=[
            *(replace(rule, head=replace(rule.head, relation=first)) for rule in rules.first),
            *(
                replace(step.rule, head=Atom(steps, step.terms, step.rule.head.at), body=step.body)
                for step in rules.steps
            ),
        ],
    )
    moving = types[rules.moving]
    relations = {
        **stratum.relations,
        first: Relation(first, types),
        steps: Relation(steps, (moving, moving)),
    }
    return type(stratum)(form, relations, [first, steps], stratum.meter.clock(), dictionary)
