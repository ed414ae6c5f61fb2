"""The steps of a plan. Each takes rows of values and yields those rows, longer or fewer."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.reasoning.relations import slices
from focusmesh.engine.reasoning.rules.language import Call, Constant, Variable, failure
from focusmesh.engine.reasoning.rules.meaning import FUNCTORS, FunctorError, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from focusmesh.engine.reasoning.relations import ColumnIndex, Index, Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation.groups import GroupBook
    from focusmesh.engine.reasoning.rules.evaluation.plan import Plan
    from focusmesh.engine.reasoning.rules.language import Term

    Evaluator = Callable[[Row], Any]


PART = 65_536
"""Rows that a join yields at a time, about: a step holds no more, whatever it multiplies."""


NONE: dict[Any, None] = {}


class PlanStep(Protocol):
    """What a plan is made of."""

    def run(self, rows: list[Row], meter: Meter) -> Iterable[list[Row]]:
        """The rows that come of ``rows``, part after part."""


class Scan:
    """Joins with a relation: rows whose ``columns`` are what ``key`` says bring the values of ``new``."""

    def __init__(
        self,
        relation: Relation,
        columns: tuple[int, ...],
        key: Evaluator,
        new: Evaluator,
        equal: list[tuple[int, int]],
        *,
        narrowed: bool,
        bare: bool = False,
    ) -> None:
        """``equal`` are pairs of columns that must agree; ``narrowed`` says that columns are left out.

        ``bare``: nothing is new, so that one row that fits is as good as all.
        """
        self.narrowed = narrowed
        self.bare = bare and not equal
        self.relation = relation
        self.columns = columns
        self.key = key
        self.new = new
        self.equal = equal

    def run(self, rows: list[Row], meter: Meter) -> Iterator[list[Row]]:
        """The rows, once for each row of the relation that fits, or for each of its parts that differ."""
        if self.columns and len(self.columns) == len(self.relation.types):
            key, there = self.key, self.relation.members
            yield [row for row in rows if key(row) in there]
        elif self.bare:
            there, key = keys_of(self.relation, self.columns, meter), self.key
            yield [row for row in rows if key(row) in there]
        elif self.narrowed:
            yield from (list(dict.fromkeys(part)) for part in self._join(rows, meter))
        else:
            yield from self._join(rows, meter)

    def _join(self, rows: list[Row], meter: Meter) -> Iterator[list[Row]]:
        if not self.columns:
            parts = self._all(meter)
            step = max(1, PART // max(len(parts), 1))
            for some in slices(rows, step):
                for others in slices(parts, PART):
                    yield [row + part for row in some for part in others]
            return
        index, key = self.relation.index(self.columns, meter.look), self.key
        keys: Iterable[Any] = map(key, rows)
        if len(self.columns) == 1:
            keys = (value for (value,) in keys)
        found = [index.get(value, NONE) for value in keys]
        begin = total = 0
        for at, matches in enumerate(found):
            if total and total + len(matches) > PART:
                yield self._pairs(rows[begin:at], found[begin:at])
                begin, total = at, 0
            if len(matches) > PART:
                for some in slices(list(matches), PART):
                    yield self._pairs([rows[at]], [some])
                begin = at + 1
            else:
                total += len(matches)
        yield self._pairs(rows[begin:], found[begin:])

    def _all(self, meter: Meter) -> list[Row]:
        """What each row of the relation brings, equal parts once where columns are left out."""
        self.relation.make_rows(meter.look)
        rows = iter(self.relation.ranks)
        parts: list[Row] = []
        alike: dict[Row, None] = {}
        while some := list(islice(rows, PART)):
            meter.look()
            fitting = filter(self._fits, some) if self.equal else some
            if self.narrowed:
                alike.update(dict.fromkeys(map(self.new, fitting)))
            else:
                parts += map(self.new, fitting)
        return list(alike) if self.narrowed else parts

    def _pairs(self, rows: list[Row], found: Sequence[Collection[Row]]) -> list[Row]:
        """Each row with the values that each of its matches brings."""
        new = self.new
        if self.equal:
            fits = self._fits
            return [
                row + new(other)
                for row, matches in zip(rows, found, strict=True)
                for other in matches
                if fits(other)
            ]
        return [
            row + new(other) for row, matches in zip(rows, found, strict=True) for other in matches
        ]

    def _fits(self, found: Row) -> bool:
        return all(found[first] == found[second] for first, second in self.equal)


class Absence:
    """Keeps rows for which the relation has none."""

    def __init__(self, relation: Relation, columns: tuple[int, ...], key: Evaluator) -> None:
        self.relation = relation
        self.columns = columns
        self.key = key

    def run(self, rows: list[Row], meter: Meter) -> Iterator[list[Row]]:
        """The rows that nothing in the relation fits."""
        blocking = self.relation.blocking
        for relation in (self.relation, *([] if blocking is None else [blocking])):
            key, there = self.key, keys_of(relation, self.columns, meter)
            rows = [row for row in rows if key(row) not in there]
        yield rows


def keys_of(relation: Relation, columns: tuple[int, ...], meter: Meter) -> Any:
    """What tells whether values of columns are among the rows of a relation."""
    if len(columns) == len(relation.types):
        return relation.members
    if not columns:
        return {()} if len(relation) else ()
    index = relation.index(columns, meter.look)
    return _Singles(index) if len(columns) == 1 else index


class _Singles:
    """The keys of an index by one column, as tuples."""

    def __init__(self, index: Index | ColumnIndex) -> None:
        self.index = index

    def __contains__(self, key: Row) -> bool:
        return key[0] in self.index


class Filter:
    """Keeps rows that pass a test."""

    def __init__(self, test: Callable[[Row], bool], text: str = "", at: int = 0) -> None:
        self.test = test
        self.text = text
        self.at = at

    def run(self, rows: list[Row], meter: Meter) -> Iterator[list[Row]]:
        """The rows that pass."""
        try:
            yield list(filter(self.test, rows))
        except (FunctorError, TypeError) as error:
            raise failure(self.text, self.at, str(error)) from error


class Value:
    """Adds one value that follows from the others."""

    def __init__(self, value: Evaluator, text: str, at: int) -> None:
        self.value = value
        self.text = text
        self.at = at

    def run(self, rows: list[Row], meter: Meter) -> Iterator[list[Row]]:
        """The rows with the value after them."""
        try:
            yield [(*row, self.value(row)) for row in rows]
        except (FunctorError, TypeError) as error:
            raise failure(self.text, self.at, str(error)) from error


class Group:
    """Adds what an aggregate comes to, or compares with it where the value is known; without a value the row goes."""

    def __init__(
        self,
        kind: str,
        plan: Plan,
        target: Evaluator | None,
        key: Evaluator,
        tested: int | None,
        text: str,
        at: int,
        book: GroupBook | None = None,
    ) -> None:
        """``book`` has the totals of groups that changes have touched."""
        self.book = book
        self.kind = kind
        self.plan = plan
        self.target = target
        self.key = key
        self.tested = tested
        self.text = text
        self.at = at

    def run(self, rows: list[Row], meter: Meter) -> Iterator[list[Row]]:
        """The rows whose group has a value; each group is looked at once."""
        known: dict[Row, Any] = {}
        made: list[Row] = []
        tested = self.tested
        for row in rows:
            key = self.key(row)
            if key not in known:
                known[key] = self._look_up(key, meter)
            value = known[key]
            if value is None:
                continue
            if tested is None:
                made.append((*row, value))
            elif row[tested] == value:
                made.append(row)
        yield made

    def _look_up(self, key: Row, meter: Meter) -> Any:
        if self.book is None:
            return self.value(self.plan.rows([key], meter))
        return self._attempt(
            self.book.value, key, lambda: self._targets(self.plan.rows([key], meter)), self._total
        )

    def value(self, rows: list[Row]) -> Any:
        """What the rows of one group come to; None where there is no such value."""
        return self._attempt(lambda: self._total(self._targets(rows)))

    def _targets(self, rows: list[Row]) -> list[Any]:
        return rows if self.target is None else list(map(self.target, rows))

    def _total(self, values: list[Any]) -> Any:
        if self.kind == "count" or self.target is None:
            return len(values)
        return aggregate(self.kind, values)

    def _attempt(self, make: Callable[..., Any], *given: Any) -> Any:
        try:
            return make(*given)
        except (FunctorError, TypeError) as error:
            raise failure(self.text, self.at, str(error)) from error


def aggregate(kind: str, values: list[Any]) -> Any:
    """Sum, min, max or mean; sums of floats are exact and rounded once, those of numbers judged on the result."""
    if kind == "sum":
        exact = any(isinstance(value, float) for value in values)
        return math.fsum(values) if exact else whole(sum(values))
    if not values:
        return None
    if kind == "mean":
        return math.fsum(values) / len(values)
    return min(values) if kind == "min" else max(values)


def evaluator(term: Term, slots: Mapping[str, int]) -> Evaluator:
    """From a row to the value of a term whose variables have slots."""
    if isinstance(term, Constant):
        value = term.value
        return lambda row: value
    if isinstance(term, Variable):
        slot = slots[term.name]
        return lambda row: row[slot]
    assert isinstance(term, Call)
    function = FUNCTORS[term.functor][0]
    parts = [evaluator(part, slots) for part in term.arguments]
    if len(parts) == 2:
        first, second = parts
        return lambda row: function(first(row), second(row))
    return lambda row: function(*[part(row) for part in parts])
