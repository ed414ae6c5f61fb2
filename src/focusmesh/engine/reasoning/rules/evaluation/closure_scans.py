"""Beginning and steps of a closure that are rows of relations as they stand: a change of these is one of those."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.engine.reasoning.rules.language import Atom, Constant, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

    from focusmesh.engine.reasoning.relations import Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation.closure import ClosureRules
    from focusmesh.engine.reasoning.rules.evaluation.stratum import RowChange
    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning import NormalLiteral

Pair = tuple[Any, Any]


class PairChanges(NamedTuple):
    """Pairs that a closure rests on no more, and those that it rests on from now on; none is in both."""

    went: list[Pair]
    came: list[Pair]


class PairScan(NamedTuple):
    """Pairs that are two columns of a relation's rows, of those that have some values and pairs of equal columns."""

    relation: str
    columns: tuple[int, int]
    pair: Callable[[Row], Pair]
    fixed: tuple[tuple[int, Any], ...]
    equal: tuple[tuple[int, int], ...]
    is_whole: bool
    """Whether rows are pairs, as they are."""

    @property
    def key(self) -> Hashable:
        """What tells it from others."""
        return self.relation, self.columns, self.fixed, self.equal

    def fits(self, row: Row) -> bool:
        """Whether the row is one of them."""
        return all(row[at] == value for at, value in self.fixed) and all(
            row[first] == row[second] for first, second in self.equal
        )

    def rows(self, relation: Relation, pair: Pair) -> Collection[Row]:
        """The rows that have a pair."""
        if self.is_whole:
            return (pair,) if pair in relation.members else ()
        found: Collection[Row] = relation.index(self.columns).get(pair, ())
        return found


class ClosureScans:
    """What a closure begins with and its steps, where each rule looks at one relation for them, and at nothing else."""

    def __init__(
        self, first: list[PairScan], steps: list[PairScan], given: Collection[Row]
    ) -> None:
        """``given`` pairs are there whatever rules say."""
        self._first, self._steps, self._given = first, steps, given
        self._are_alike = {scan.key for scan in first} == {scan.key for scan in steps}

    @classmethod
    def of(cls, rules: ClosureRules, given: Collection[Row]) -> ClosureScans | None:
        """Those of a closure, None where some rule does more."""
        first = [pair_scan(rule.head.arguments, rule.body) for rule in rules.first]
        steps = [pair_scan(step.terms, step.body) for step in rules.steps]
        if None in first or None in steps:
            return None
        return cls([each for each in first if each], [each for each in steps if each], given)

    def changes(
        self, changes: Mapping[str, RowChange], relations: Mapping[str, Relation]
    ) -> tuple[PairChanges, PairChanges]:
        """What comes and goes at the beginning, and of the steps. ``relations`` are as they are after ``changes``."""
        first = steps = _changes(self._first, changes, relations)
        if not self._are_alike:
            steps = _changes(self._steps, changes, relations)
        if self._given:
            first = PairChanges(
                *([row for row in rows if row not in self._given] for rows in first)
            )
        return first, steps


def pair_scan(terms: Sequence[Term], body: Sequence[NormalLiteral]) -> PairScan | None:
    """The scan that the pairs of two terms are, None where they are something else."""
    if len(body) != 1 or not isinstance(body[0], Atom) or body[0].negated:
        return None
    atom, places, fixed, equal = body[0], dict[str, int](), [], []
    for at, term in enumerate(atom.arguments):
        if isinstance(term, Constant):
            fixed.append((at, term.value))
        elif not isinstance(term, Variable):
            return None
        elif term.name in places:
            equal.append((places[term.name], at))
        else:
            places[term.name] = at
    columns = [places.get(term.name) for term in terms if isinstance(term, Variable)]
    if len(columns) != 2 or columns[0] is None or columns[1] is None:
        return None
    first, second = columns[0], columns[1]
    is_whole = len(atom.arguments) == 2 and (first, second) == (0, 1)
    return PairScan(
        atom.relation,
        (first, second),
        itemgetter(first, second),
        tuple(fixed),
        tuple(equal),
        is_whole,
    )


def _changes(
    scans: Iterable[PairScan], changes: Mapping[str, RowChange], relations: Mapping[str, Relation]
) -> PairChanges:
    touched: dict[Pair, bool] = {}
    for scan in scans:
        change = changes.get(scan.relation)
        if change is not None:
            touched |= {scan.pair(row): True for row in change.went if scan.fits(row)}
            for row in change.came:
                if scan.fits(row):
                    touched.setdefault(scan.pair(row), False)
    went, came = list[Pair](), list[Pair]()
    for pair, had in touched.items():
        has = False
        for scan in scans:
            change = changes.get(scan.relation)
            new = () if change is None else change.came
            for row in scan.rows(relations[scan.relation], pair):
                if scan.fits(row):
                    has = True
                    had = had or row not in new
        if had is not has:
            (went if had else came).append(pair)
    return PairChanges(went, came)
