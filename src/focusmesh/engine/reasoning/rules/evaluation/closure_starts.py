"""What the searches of a closure begin with, as pairs of places: rows that follow from no other one, and steps."""

from __future__ import annotations

from dataclasses import replace
from itertools import filterfalse
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.relations import ArrayRows
from focusmesh.engine.reasoning.rules.evaluation.machine import JoinEvaluation, UnfitError
from focusmesh.engine.reasoning.rules.language import Atom
from focusmesh.engine.reasoning.rules.meaning import atoms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.engine.reasoning.relations import Dictionary, Row
    from focusmesh.engine.reasoning.rules.evaluation.closure import ClosureRules
    from focusmesh.engine.reasoning.rules.evaluation.searches import Pairs
    from focusmesh.engine.reasoning.rules.evaluation.stratum import Stratum
    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning import NormalLiteral, NormalRule

PAIRS = "="
"""The relation that a rule's pairs go to; no relation has such a name."""


class ClosureStarts:
    """Reads the pairs of a stratum's closure, by the join machine where it takes the rules and it pays."""

    def __init__(self, stratum: Stratum, rules: ClosureRules, dictionary: Dictionary) -> None:
        self.stratum = stratum
        self.rules = rules
        self.dictionary = dictionary
        types = stratum.relations[rules.name].types
        self.types = types if types[0] == types[1] or not self._is_own() else ("any", "any")
        known = stratum.given[rules.name]
        self.given = self._pair(known, self.types)
        first = [(rule, rule.head.arguments, rule.body) for rule in rules.first]
        self.first = self._without(self._pairs(first, self.types, held=True))

    def _is_own(self) -> bool:
        return any(not step.body for step in self.rules.steps)

    def starts(self) -> Pairs:
        """The pairs that the searches begin with."""
        first, second = zip(self.given, self.first, strict=True)
        return np.concatenate(first), np.concatenate(second)

    def rows(self) -> ArrayRows:
        """The rows that the searches begin with."""
        columns = self.starts()
        ranks = np.repeat([0, 1], [len(self.given[0]), len(self.first[0])])
        return ArrayRows(self.dictionary, columns, ranks)

    def steps(self) -> Pairs:
        """Where steps stand, and where they go."""
        moving = self.types[self.rules.moving]
        found = self._pairs(
            [(each.rule, each.terms, each.body) for each in self.rules.steps if each.body],
            (moving, moving),
        )
        if not self._is_own():
            return found
        columns = self.rows().columns
        own = columns if self.rules.moving else columns[::-1]
        return np.concatenate((found[0], own[0])), np.concatenate((found[1], own[1]))

    def _pairs(
        self,
        asked: Sequence[tuple[NormalRule, Sequence[Term], Sequence[NormalLiteral]]],
        types: tuple[str, ...],
        *,
        held: bool = False,
    ) -> Pairs:
        """The pairs of two terms that bodies yield, each once; ``held``: they count as rows."""
        stratum = self.stratum
        rules = [
            replace(rule, head=Atom(PAIRS, tuple(terms), rule.head.at), body=tuple(body))
            for rule, terms, body in asked
        ]
        words = {rule.number: stratum.words(rule) for rule, _, _ in asked}
        known = {name: relation.types for name, relation in stratum.relations.items()}
        others = {n: r for n, r in stratum.relations.items() if n != self.rules.name}
        needed = {atom.relation for rule in rules for atom in atoms(rule.body)}
        if stratum.pays(needed):
            try:
                joined = JoinEvaluation(
                    rules, {PAIRS: []}, others, {**known, PAIRS: types}, self.dictionary
                )
                so_far = stratum.meter.holdings()
                joined.run(
                    stratum.meter, lambda rule: words[rule.number], kept=None if held else ()
                )
                if not held:
                    stratum.meter.return_to(so_far)
            except UnfitError:
                pass
            else:
                found = joined.result()[PAIRS]
                return found.column(0), found.column(1)
        made: dict[Row, None] = {}
        for rule, terms, body in asked:
            before = len(made)
            made.update(dict.fromkeys(stratum.rows_of(rule, terms, body)))
            stratum.meter.hold(len(made) - before if held else 0, 2, words[rule.number])
        return self._pair(made, types)

    def _pair(self, rows: Iterable[Row], types: tuple[str, ...]) -> Pairs:
        first, second = self.dictionary.columns(types, rows)
        return first, second

    def _without(self, pairs: Pairs) -> Pairs:
        """The pairs that are not given."""
        held = {*zip(*(each.tolist() for each in self.given), strict=True)}
        if not held:
            return pairs
        left = [
            *filterfalse(held.__contains__, zip(*(each.tolist() for each in pairs), strict=True))
        ]
        kept = np.array(left, dtype=np.int64).reshape(-1, 2)
        return kept[:, 0], kept[:, 1]
