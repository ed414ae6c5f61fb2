"""Aggregates: each group of rows has an accumulator of its own, which takes values one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import ceil, floor, fsum, inf, isfinite, isnan, nan, sqrt
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.temporal import Duration
from focusmesh.engine.reasoning.query.values import (
    argument_fault,
    group_key,
    int64,
    is_number,
    order_key,
    range_fault,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from focusmesh.engine.reasoning.query.values import QueryValue


UNIT = 1_074
"""The smallest float is 2 to the power of minus this; each other one is a whole multiple of it."""


class Accumulator(ABC):
    """What an aggregate knows of the rows of one group so far; nulls count for nothing."""

    def take(self, value: QueryValue, *further: QueryValue) -> None:
        """One more row: the argument of the aggregate, and of percentiles which one is asked for."""
        if value is not None:
            self.add(value)

    @abstractmethod
    def add(self, value: QueryValue) -> None:
        """One more value, which is not null."""

    @abstractmethod
    def result(self) -> QueryValue:
        """The aggregate of what has been taken."""


class DistinctAccumulator(Accumulator):
    """Hands on each value once, as DISTINCT tells them apart."""

    def __init__(self, inner: Accumulator) -> None:
        self._inner = inner
        self._seen: set[Hashable] = set()

    def take(self, value: QueryValue, *further: QueryValue) -> None:
        key = group_key(value)
        if key not in self._seen:
            self._seen.add(key)
            self._inner.take(value, *further)

    def add(self, value: QueryValue) -> None:
        self.take(value)

    def result(self) -> QueryValue:
        return self._inner.result()


class _Count(Accumulator):
    def __init__(self) -> None:
        self._count = 0

    def add(self, value: QueryValue) -> None:
        self._count += 1

    def result(self) -> QueryValue:
        return self._count


class _Collect(Accumulator):
    def __init__(self) -> None:
        self._values: list[QueryValue] = []

    def add(self, value: QueryValue) -> None:
        self._values.append(value)

    def result(self) -> QueryValue:
        return self._values


class _Extreme(Accumulator):
    """The first or the last value in the order of all values."""

    def __init__(self, greatest: bool) -> None:
        self._greatest = greatest
        self._key: tuple[object, ...] | None = None
        self._value: QueryValue = None

    def add(self, value: QueryValue) -> None:
        key = order_key(value)
        if self._key is None or (key > self._key if self._greatest else key < self._key):
            self._key, self._value = key, value

    def result(self) -> QueryValue:
        return self._value


class _Sum(Accumulator):
    """Integers and floats are added exactly and rounded once at the end, durations part by part."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._count = 0
        self._whole = 0
        self._floats = 0
        self._units = 0
        """The sum of all finite floats, in units of the smallest."""
        self._rest = 0.0
        """The sum of all that are not finite."""
        self._duration: Duration | None = None

    def add(self, value: QueryValue) -> None:
        self._count += 1
        if isinstance(value, Duration):
            total = self._duration or Duration()
            self._duration = Duration(
                total.months + value.months, total.days + value.days, total.nanos + value.nanos
            )
        elif isinstance(value, float):
            self._floats += 1
            self._add_float(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            self._whole += value
        else:
            raise _misfit(self._function, value)
        if self._duration is not None and (self._floats or self._whole):
            raise argument_fault(f"{self._function}() takes numbers or durations, not both")

    def _add_float(self, value: float) -> None:
        if isfinite(value):
            numerator, denominator = value.as_integer_ratio()
            self._units += numerator << (UNIT - denominator.bit_length() + 1)
        else:
            self._rest += value

    def _share(self, count: int) -> float:
        """The sum by ``count``, rounded once."""
        if not isfinite(self._rest):
            return self._rest
        total = self._units + (self._whole << UNIT)
        try:
            return total / (count << UNIT)
        except OverflowError:
            return inf if total > 0 else -inf

    def result(self) -> QueryValue:
        if self._duration is not None:
            return self._duration
        return self._share(1) if self._floats else int64(self._whole)


class _Mean(_Sum):
    """The sum by the number of values; null where there is none."""

    def result(self) -> QueryValue:
        if not self._count:
            return None
        if self._duration is not None:
            return self._duration.over(self._count)
        return self._share(self._count)


class _Numbers(Accumulator):
    """All numbers of the group."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._numbers = list[float]()

    def add(self, value: QueryValue) -> None:
        if not is_number(value):
            raise _misfit(self._function, value)
        self._numbers.append(value)


class _Deviation(_Numbers):
    """The standard deviation, of a sample or of all there are; 0 where there are too few."""

    def __init__(self, function: str, less: int) -> None:
        super().__init__(function)
        self._less = less

    def result(self) -> QueryValue:
        count = len(self._numbers)
        if count <= self._less:
            return 0.0
        if not all(map(isfinite, self._numbers)):
            return nan
        try:
            mean = fsum(self._numbers) / count
            squares = fsum((each - mean) ** 2 for each in self._numbers)
        except OverflowError:
            return inf
        return sqrt(squares / (count - self._less))


class _Percentile(_Numbers):
    """The number below which a share of the group lies: one of them, or between two."""

    def __init__(self, function: str, between: bool) -> None:
        super().__init__(function)
        self._between = between
        self._share: float | None = None

    def take(self, value: QueryValue, *further: QueryValue) -> None:
        if self._share is None:
            self._share = self._checked_share(further[0])
        super().take(value)

    def _checked_share(self, share: QueryValue) -> float:
        if not is_number(share):
            raise _misfit(self._function, share)
        if not 0 <= share <= 1:
            raise range_fault(f"{self._function}() takes a share from 0.0 to 1.0, not {share}")
        return float(share)

    def result(self) -> QueryValue:
        if not self._numbers or self._share is None:
            return None
        ordered = sorted(self._numbers, key=lambda each: (isnan(each), each))
        if not self._between:
            return ordered[max(ceil(self._share * len(ordered)) - 1, 0)]
        place = self._share * (len(ordered) - 1)
        below, above = ordered[floor(place)], ordered[ceil(place)]
        return float(below) if below == above else below + (above - below) * (place - floor(place))


def _misfit(function: str, value: QueryValue) -> Exception:
    return argument_fault(f"{function}() takes numbers, not {type_name(value)}")


ACCUMULATORS: dict[str, Callable[[], Accumulator]] = {
    "avg": lambda: _Mean("avg"),
    "collect": _Collect,
    "count": _Count,
    "max": lambda: _Extreme(greatest=True),
    "min": lambda: _Extreme(greatest=False),
    "percentileCont": lambda: _Percentile("percentileCont", between=True),
    "percentileDisc": lambda: _Percentile("percentileDisc", between=False),
    "stDev": lambda: _Deviation("stDev", 1),
    "stDevP": lambda: _Deviation("stDevP", 0),
    "sum": lambda: _Sum("sum"),
}


def accumulator(name: str, *, distinct: bool = False) -> Accumulator:
    """A new accumulator of the aggregate ``name``, spelt as its signature does; ``count(*)`` takes any value a row."""
    made = ACCUMULATORS[name]()
    return DistinctAccumulator(made) if distinct else made
