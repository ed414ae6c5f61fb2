"""The steps of a plan. Each takes rows of values and yields those rows, longer or fewer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.reasoning.relations import slices
from focusmesh.engine.reasoning.rules.language import Call, Constant, Variable, failure
from focusmesh.engine.reasoning.rules.meaning import FUNCTORS, FunctorError, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from focusmesh.engine.reasoning.relations import Index, Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation.plan import Plan
    from focusmesh.engine.reasoning.rules.language import Term

    Evaluator = Callable[[Row], Any]


PART = 65_536
"""Rows that a join yields at a time, about: a step holds no more, whatever it multiplies."""


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
    ) -> None:
        """``equal`` are pairs of columns that must agree; ``narrowed`` says that columns are left out."""
        self.narrowed = narrowed
        self.relation = relation
        self.columns = columns
        self.key = key
        self.new = new
        self.equal = equal

    def run(self, rows: list[Row], meter: Meter) -> Iterator[list[Row]]:
        """The rows, once for each row of the relation that fits, or for each of its parts that differ."""
        if self.columns and len(self.columns) == len(self.relation.types):
            key, ranks = self.key, self.relation.ranks
            yield [row for row in rows if key(row) in ranks]
        elif self.narrowed:
            yield from (list(dict.fromkeys(part)) for part in self._join(rows))
        else:
            yield from self._join(rows)

    def _join(self, rows: list[Row]) -> Iterator[list[Row]]:
        matches = self._matches()
        made: list[Row] = []
        for row in rows:
            found = matches(row)
            if len(found) > PART:
                yield from ([row + part for part in some] for some in slices(found, PART))
            else:
                made += [row + part for part in found]
            if len(made) > PART:
                yield made
                made = []
        yield made

    def _matches(self) -> Callable[[Row], list[Row]]:
        """What fits a row, as the values that it brings."""
        new, key = self.new, self.key
        if not self.columns:
            parts = [new(found) for found in self.relation.ranks if self._fits(found)]
            if self.narrowed:
                parts = list(dict.fromkeys(parts))
            return lambda row: parts
        index, none = self.relation.index(self.columns), dict[Any, None]()
        single = len(self.columns) == 1
        if self.equal:
            fits = self._fits
            return lambda row: [
                new(found)
                for found in index.get(key(row)[0] if single else key(row), none)
                if fits(found)
            ]
        if single:
            return lambda row: [*map(new, index.get(key(row)[0], none))]
        return lambda row: [*map(new, index.get(key(row), none))]

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
            key, there = self.key, self.keys_of(relation)
            rows = [row for row in rows if key(row) not in there]
        yield rows

    def keys_of(self, relation: Relation) -> Any:
        """What has a key among the rows of a relation."""
        if len(self.columns) == len(relation.types):
            return relation.ranks
        if not self.columns:
            return {()} if len(relation) else ()
        index = relation.index(self.columns)
        return _Singles(index) if len(self.columns) == 1 else index


class _Singles:
    """The keys of an index by one column, as tuples."""

    def __init__(self, index: Index) -> None:
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
    ) -> None:
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
                known[key] = self.value(self.plan.rows([key], meter))
            value = known[key]
            if value is None:
                continue
            if tested is None:
                made.append((*row, value))
            elif row[tested] == value:
                made.append(row)
        yield made

    def value(self, rows: list[Row]) -> Any:
        """What the rows of one group come to; None where there is no such value."""
        if self.kind == "count" or self.target is None:
            return len(rows)
        try:
            return aggregate(self.kind, [self.target(row) for row in rows])
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
