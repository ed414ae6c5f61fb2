"""Closures: one relation of two columns whose rules go on from its rows by one step at a time.

``path(x, z) :- path(x, y), edge(y, z).`` keeps x while y moves on, so that all rows are those of breadth-first
searches: from each x the values that were met, and how many steps away. Pairs are numbers, and many searches go on at
one time. The steps are the ranks: a row follows from one that is a step nearer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.relations import Dictionary
from focusmesh.engine.reasoning.rules.language import Atom, Variable
from focusmesh.engine.reasoning.rules.meaning import bindings, literal_variables
from focusmesh.engine.support.selection import row_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from focusmesh.engine.reasoning.relations import Meter, Row
    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning import NormalLiteral, NormalRule
    from focusmesh.engine.support.arrays import IntArray, OffsetArray

_PAIRS = 1 << 23
"""Pairs that searches of one part may meet: 32 MiB."""
_SLICE = 1 << 20
"""Steps that are taken between two looks at limits."""


@dataclass(frozen=True, slots=True)
class StepRule:
    """A rule that goes on: ``terms`` are where it stands and where it goes, ``body`` what it looks at for that.

    Without a body it is ``r(x, z) :- r(x, y), r(y, z).``, which goes on by the rows that no such rule gave.
    """

    rule: NormalRule
    terms: tuple[Term, ...]
    body: tuple[NormalLiteral, ...]


@dataclass(frozen=True, slots=True)
class ClosureRules:
    """The rules of a closure. ``moving`` is the column that moves on, 1 or 0; the other one stays."""

    name: str
    moving: int
    steps: tuple[StepRule, ...]
    first: tuple[NormalRule, ...]

    @classmethod
    def of(cls, names: Sequence[str], rules: Iterable[NormalRule]) -> ClosureRules | None:
        """The closure that rules are, None where they are something else."""
        if len(names) != 1:
            return None
        (name,) = names
        first: list[NormalRule] = []
        steps: list[NormalRule] = []
        for rule in rules:
            uses = [a for a in rule.body if isinstance(a, Atom) and a.relation == name]
            (steps if uses else first).append(rule)
        for moving in (1, 0) if steps else ():
            found = [_step(rule, moving) for rule in steps]
            if None not in found:
                return cls(name, moving, tuple(each for each in found if each), tuple(first))
        return None


def _step(rule: NormalRule, moving: int) -> StepRule | None:
    """The step that a rule takes in one column, None where it does something else."""
    name, head = rule.head.relation, rule.head.arguments
    uses = [a for a in rule.body if isinstance(a, Atom) and a.relation == name]
    variables = [term.name for term in head if isinstance(term, Variable)]
    if len(set(variables)) != 2 or any(len(use.arguments) != 2 or use.negated for use in uses):
        return None
    stays, goes = head[1 - moving], head[moving]
    own = [use for use in uses if _name(use.arguments[1 - moving]) == _name(stays)]
    if len(own) != 1 or not isinstance(own[0].arguments[moving], Variable):
        return None
    stands = own[0].arguments[moving]
    body = tuple(part for part in rule.body if part is not own[0])
    if _name(stands) in variables:
        return None
    if len(uses) > 1:
        ends = (stands, goes) if moving else (goes, stands)
        other = next(use for use in uses if use is not own[0])
        return StepRule(rule, (), ()) if len(body) == 1 and _same(other.arguments, ends) else None
    used = {each for part in body for each in literal_variables(part)}
    if _name(stays) in used or not {_name(stands), _name(goes)} <= bindings(body, set()):
        return None
    return StepRule(rule, (stands, goes), body)


def _same(terms: Sequence[Term], others: Sequence[Term]) -> bool:
    return [_name(term) for term in terms] == [_name(term) for term in others]


def _name(term: Term) -> str:
    return term.name if isinstance(term, Variable) else ""


class Closure:
    """The searches of a closure, from the rows that it begins with. Values have numbers, in the order they are met."""

    def __init__(self, moving: int, given: Iterable[Row], first: Iterable[Row]) -> None:
        """Column ``moving`` moves on. ``given`` rows have rank 0, those of rules that do not go on rank 1."""
        self.moving = moving
        self.numbers = Dictionary()
        held, more = self.pairs(given), self.pairs(first)
        self.starts = np.concatenate((held, more))
        self.ranks = np.repeat([0, 1], [len(held), len(more)]).astype(np.int32)
        self.steps: list[OffsetArray] = []
        self.ended = False
        """Whether a search went through."""

    def add_steps(self, rows: Iterable[Row]) -> None:
        """Steps from the first value of each row to the second."""
        self.steps.append(self.step_pairs(rows))

    def add_own_steps(self) -> None:
        """The rows that the searches begin with are steps too."""
        self.steps.append(self.starts)

    def pairs(self, rows: Iterable[Row]) -> OffsetArray:
        """Rows of the relation as numbers, int64 (k, 2): what stays, what moves."""
        pairs = self.step_pairs(rows)
        return pairs if self.moving else pairs[:, ::-1]

    def step_pairs(self, rows: Iterable[Row]) -> OffsetArray:
        """Rows of two values as numbers, int64 (k, 2)."""
        flat = [value for row in rows for value in row]
        return self.numbers.places("", flat).reshape(-1, 2)

    def search(self, meter: Meter, words: str) -> Iterator[tuple[OffsetArray, IntArray]]:
        """Rows with their ranks, part after part: int64 (k, 2) as the relation has them, int32 (k,).

        O(steps from all rows), and 4 bytes for each of up to 2²³ pairs. Raises BudgetError at a limit.
        """
        count = len(self.numbers)
        if not len(self.starts):
            self.ended = True
            return
        begin, target = _rows_of(self.steps, count)
        order = np.argsort(self.starts[:, 0], kind="stable")
        stays, places = np.unique(self.starts[order, 0], return_index=True)
        ends = np.append(places[1:], len(order))
        width = max(1, _PAIRS // max(count, 1))
        stamps = np.zeros(min(width, len(stays)) * count, dtype=np.int32)
        for at in range(0, len(stays), width):
            some = order[places[at] : ends[min(at + width, len(stays)) - 1]]
            local = np.searchsorted(stays[at : at + width], self.starts[some, 0])
            keys = local * count + self.starts[some, 1]
            for found, ranks in self._layers(
                (keys, self.ranks[some]), (begin, target), stamps, (meter, words)
            ):
                moved = found % count
                stayed = stays[at + found // count]
                columns = (stayed, moved) if self.moving else (moved, stayed)
                yield np.stack(columns, axis=1), ranks
        self.ended = True

    def _layers(
        self,
        starts: tuple[OffsetArray, IntArray],
        steps: tuple[OffsetArray, OffsetArray],
        stamps: IntArray,
        told: tuple[Meter, str],
    ) -> Iterator[tuple[OffsetArray, IntArray]]:
        """Keys that searches meet, layer by layer, with their ranks; ``stamps`` are all 0 before and after."""
        (meter, words), count = told, len(self.numbers)
        touched: list[OffsetArray] = []
        try:
            # Of a row that is given and derived as well the given one counts: it stands first.
            layer, places = np.unique(starts[0], return_index=True)
            ranks = starts[1][places]
            stamps[layer] = 1
            touched.append(layer)
            rank = int(ranks.max())
            yield layer, ranks
            while len(layer):
                rank += 1
                met: list[OffsetArray] = []
                for some in _slices(layer, steps[0], count):
                    places, counts = row_places(steps[0], some % count)
                    keys = np.repeat(some - some % count, counts) + steps[1][places]
                    meter.infer(len(keys), words)
                    met.append(_fresh(keys, stamps))
                    touched.append(met[-1])
                    meter.hold(len(met[-1]), 2, words)
                layer = np.concatenate(met)
                yield layer, np.full(len(layer), rank, dtype=np.int32)
        finally:
            for keys in touched:
                stamps[keys] = 0


def _fresh(keys: OffsetArray, stamps: IntArray) -> OffsetArray:
    """The keys that have no stamp, each once; they get one."""
    new = keys[stamps[keys] == 0]
    numbers = np.arange(1, len(new) + 1, dtype=np.int32)
    stamps[new] = numbers
    fresh: OffsetArray = new[stamps[new] == numbers]
    return fresh


def _slices(layer: OffsetArray, begin: OffsetArray, count: int) -> Iterator[OffsetArray]:
    """Parts of a layer from which at most some number of steps leads, or one key each."""
    at = layer % count
    ends = np.cumsum(begin[at + 1] - begin[at])
    start = 0
    while start < len(layer):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _SLICE, side="right")))
        yield layer[start:stop]
        start = stop


def _rows_of(steps: Sequence[OffsetArray], count: int) -> tuple[OffsetArray, OffsetArray]:
    """Where the steps from each value begin, and where they lead; equal ones once."""
    pairs = np.concatenate([*steps, np.zeros((0, 2), dtype=np.int64)])
    keys = np.unique(pairs[:, 0] * count + pairs[:, 1])
    begin = np.searchsorted(keys, np.arange(count + 1) * count)
    return begin, keys % count
