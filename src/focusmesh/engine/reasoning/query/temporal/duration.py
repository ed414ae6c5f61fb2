"""Durations: months, days and seconds, which do not turn into one another."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite, trunc
from typing import TYPE_CHECKING, ClassVar

from focusmesh.engine.reasoning.query.temporal.calendar import temporal_fault
from focusmesh.engine.reasoning.query.temporal.zones import DAY_SECONDS
from focusmesh.engine.reasoning.query.values import (
    INTEGER_MAX,
    TemporalValue,
    ValueType,
    int64,
    type_fault,
    type_name,
)

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values import QueryValue

SECOND_NANOS = 1_000_000_000
MONTH_SECONDS = 2_629_746
"""A twelfth of the 365.2425 days that a year has in the long run: what a part of a month is worth."""


class Duration(TemporalValue):
    """So many months, days and nanoseconds, each of any sign; equal where all three are."""

    __slots__ = ("days", "months", "nanos")

    kind: ClassVar[ValueType] = ValueType.DURATION

    def __init__(self, months: int = 0, days: int = 0, nanos: int = 0) -> None:
        if max(abs(months), abs(days), abs(nanos) // SECOND_NANOS) > INTEGER_MAX:
            raise temporal_fault("a duration has at most 2⁶³ − 1 months, days and seconds")
        self.months = months
        self.days = days
        self.nanos = nanos

    @property
    def seconds(self) -> int:
        """Whole seconds, rounded down; the rest is positive."""
        return self.nanos // SECOND_NANOS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return f"Duration({str(self)!r})"

    def _parts(self) -> tuple[int, int, int]:
        return self.months, self.days, self.nanos

    def order_key(self) -> tuple[int, int, int, int]:
        """By length with months of average length, then by months and days."""
        seconds = self.months * MONTH_SECONDS + self.days * DAY_SECONDS
        return seconds * SECOND_NANOS + self.nanos, *self._parts()

    def component(self, name: str) -> QueryValue:
        """Whole units, such as ``days``, or what is left of a larger one, such as ``minutesOfHour``."""
        unit = _COMPONENTS.get(name)
        if unit is None:
            raise type_fault(f"a duration has no {name!r}: it has {', '.join(_COMPONENTS)}")
        field, divisor, modulus = unit
        value = int(getattr(self, field))
        if field == "nanos":
            return value // divisor % modulus if modulus else int64(value // divisor)
        whole = _quotient(value, divisor)
        return _rest(whole, modulus) if modulus else whole

    def plus(self, other: QueryValue, sign: int) -> QueryValue:
        """The sum with a duration, part by part; or a temporal value that much later."""
        if isinstance(other, Duration):
            months, days, nanos = other._parts()
            return Duration(
                self.months + sign * months, self.days + sign * days, self.nanos + sign * nanos
            )
        if isinstance(other, TemporalValue) and sign > 0:
            return other.plus(self, 1)
        raise type_fault(f"a duration and {type_name(other)} cannot be added")

    def times(self, factor: float) -> QueryValue:
        """Part by part; what is left of a month goes to the days, what is left of a day to the seconds."""
        return self._scale(_fraction(factor))

    def over(self, divisor: float) -> QueryValue:
        """As ``times``, by the inverse."""
        exact = _fraction(divisor)
        if not exact:
            raise temporal_fault("a duration is divided by 0")
        return self._scale(1 / exact)

    def _scale(self, factor: Fraction) -> Duration:
        return duration_of(self.months * factor, self.days * factor, self.nanos * factor)

    def negative(self) -> Duration:
        """All parts with the other sign."""
        return Duration(-self.months, -self.days, -self.nanos)

    def __str__(self) -> str:
        words = "".join(
            f"{amount}{unit}"
            for amount, unit in (
                (_quotient(self.months, 12), "Y"),
                (_rest(self.months, 12), "M"),
                (self.days, "D"),
            )
            if amount
        )
        clock = self._clock_text()
        return f"P{words}{clock}" if words or clock else "PT0S"

    def _clock_text(self) -> str:
        if not self.nanos:
            return ""
        sign = "-" if self.nanos < 0 else ""
        seconds, nanos = divmod(abs(self.nanos), SECOND_NANOS)
        hours, minutes = seconds // 3_600, seconds // 60 % 60
        text = f"{sign}{hours}H" if hours else ""
        text += f"{sign}{minutes}M" if minutes else ""
        if seconds % 60 or nanos:
            fraction = f".{nanos:09}".rstrip("0") if nanos else ""
            text += f"{sign}{seconds % 60}{fraction}S"
        return f"T{text}"


_COMPONENTS = {
    "years": ("months", 12, 0),
    "quarters": ("months", 3, 0),
    "months": ("months", 1, 0),
    "weeks": ("days", 7, 0),
    "days": ("days", 1, 0),
    "hours": ("seconds", 3_600, 0),
    "minutes": ("seconds", 60, 0),
    "seconds": ("seconds", 1, 0),
    "milliseconds": ("nanos", 1_000_000, 0),
    "microseconds": ("nanos", 1_000, 0),
    "nanoseconds": ("nanos", 1, 0),
    "quartersOfYear": ("months", 3, 4),
    "monthsOfQuarter": ("months", 1, 3),
    "monthsOfYear": ("months", 1, 12),
    "daysOfWeek": ("days", 1, 7),
    "minutesOfHour": ("seconds", 60, 60),
    "secondsOfMinute": ("seconds", 1, 60),
    "millisecondsOfSecond": ("nanos", 1_000_000, 1_000),
    "microsecondsOfSecond": ("nanos", 1_000, 1_000_000),
    "nanosecondsOfSecond": ("nanos", 1, SECOND_NANOS),
}
"""Of each component: the part that it is read off, the unit in it, and how many make the next larger, for rests."""


def duration_of(months: Fraction | int, days: Fraction | int, nanos: Fraction | int) -> Duration:
    """Whole months, days and nanoseconds; parts of a month and of a day are turned into what is smaller."""
    whole_months = trunc(months)
    days += (months - whole_months) * Fraction(MONTH_SECONDS, DAY_SECONDS)
    whole_days = trunc(days)
    nanos += (days - whole_days) * DAY_SECONDS * SECOND_NANOS
    return Duration(whole_months, whole_days, trunc(nanos))


def _fraction(number: float) -> Fraction:
    """A float as the decimal number that it is written as."""
    if isinstance(number, int):
        return Fraction(number)
    if not isfinite(number):
        raise temporal_fault(f"a duration cannot be multiplied or divided by {number}")
    return Fraction(repr(number))


def _quotient(value: int, divisor: int) -> int:
    """Cut towards zero."""
    return value // divisor if value >= 0 else -(-value // divisor)


def _rest(value: int, divisor: int) -> int:
    return value - divisor * _quotient(value, divisor)
