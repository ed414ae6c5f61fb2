"""Dates, times and both, with nanoseconds, with and without a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.engine.reasoning.query.temporal.calendar import (
    YEAR_MAX,
    calendar_day,
    day_number,
    months_later,
    temporal_fault,
)
from focusmesh.engine.reasoning.query.temporal.components import (
    clock_component,
    date_component,
    zone_component,
)
from focusmesh.engine.reasoning.query.temporal.duration import SECOND_NANOS, Duration
from focusmesh.engine.reasoning.query.temporal.zones import DAY_SECONDS, TimeZone, offset_text
from focusmesh.engine.reasoning.query.values import (
    TemporalValue,
    ValueType,
    type_fault,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.reasoning.query.values import QueryValue

DAY_NANOS = DAY_SECONDS * SECOND_NANOS
_DAY_MIN = day_number(-YEAR_MAX, 1, 1)
_DAY_MAX = day_number(YEAR_MAX, 12, 31)


class InstantValue(TemporalValue):
    """What dates and times share: a duration later is the same kind of value."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.order_key() == other.order_key()

    def __hash__(self) -> int:
        return hash(self.order_key())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def plus(self, other: QueryValue, sign: int) -> QueryValue:
        """The value a duration later or earlier; nothing else is added to it or taken from it."""
        if isinstance(other, Duration):
            return self.later(other if sign > 0 else other.negative())
        operator = "+" if sign > 0 else "-"
        raise type_fault(
            f"{operator} does not take {type_name(self)} and {type_name(other)}: add durations, and take "
            "differences with duration.between()"
        )

    def later(self, duration: Duration) -> InstantValue:
        """The value ``duration`` later."""
        raise NotImplementedError


class Date(InstantValue):
    """A day, by its number from 1970-01-01."""

    __slots__ = ("days",)

    kind: ClassVar[ValueType] = ValueType.DATE

    def __init__(self, days: int) -> None:
        self.days = checked_day(days)

    def order_key(self) -> tuple[Hashable, ...]:
        return (self.days,)

    def component(self, name: str) -> QueryValue:
        return date_component(self.days, name, type_name(self))

    def later(self, duration: Duration) -> Date:
        """Months first, to the month's last day at most; then days, also those that the seconds fill."""
        sign = 1 if duration.nanos >= 0 else -1
        filled = sign * (abs(duration.nanos) // DAY_NANOS)
        return Date(months_later(self.days, duration.months) + duration.days + filled)

    def __str__(self) -> str:
        return date_text(self.days)


class LocalTime(InstantValue):
    """A time of day, in nanoseconds from midnight."""

    __slots__ = ("nanos",)

    kind: ClassVar[ValueType] = ValueType.LOCAL_TIME

    def __init__(self, nanos: int) -> None:
        self.nanos = nanos

    def order_key(self) -> tuple[Hashable, ...]:
        return (self.nanos,)

    def component(self, name: str) -> QueryValue:
        return clock_component(self.nanos, name, type_name(self))

    def later(self, duration: Duration) -> LocalTime:
        """Around the clock; months and days leave it as it is."""
        return LocalTime((self.nanos + duration.nanos) % DAY_NANOS)

    def __str__(self) -> str:
        return clock_text(self.nanos)


class Time(InstantValue):
    """A time of day at an offset in seconds."""

    __slots__ = ("nanos", "offset")

    kind: ClassVar[ValueType] = ValueType.TIME

    def __init__(self, nanos: int, offset: int = 0) -> None:
        self.nanos = nanos
        self.offset = offset

    def order_key(self) -> tuple[Hashable, ...]:
        return self.nanos - self.offset * SECOND_NANOS, self.offset

    def component(self, name: str) -> QueryValue:
        told = zone_component(TimeZone(self.offset), self.offset, name)
        return clock_component(self.nanos, name, type_name(self)) if told is None else told

    def later(self, duration: Duration) -> Time:
        """Around the clock; months and days leave it as it is."""
        return Time((self.nanos + duration.nanos) % DAY_NANOS, self.offset)

    def __str__(self) -> str:
        return clock_text(self.nanos) + offset_text(self.offset)


class LocalDateTime(InstantValue):
    """A day and a time of day, of no zone."""

    __slots__ = ("days", "nanos")

    kind: ClassVar[ValueType] = ValueType.LOCAL_DATE_TIME

    def __init__(self, days: int, nanos: int) -> None:
        self.days = checked_day(days)
        self.nanos = nanos

    def order_key(self) -> tuple[Hashable, ...]:
        return self.days, self.nanos

    def component(self, name: str) -> QueryValue:
        told = date_component(self.days, name)
        return clock_component(self.nanos, name, type_name(self)) if told is None else told

    def later(self, duration: Duration) -> LocalDateTime:
        """Months first, to the month's last day at most; then days, then seconds."""
        days = months_later(self.days, duration.months) + duration.days
        more, nanos = divmod(self.nanos + duration.nanos, DAY_NANOS)
        return LocalDateTime(days + more, nanos)

    def __str__(self) -> str:
        return f"{date_text(self.days)}T{clock_text(self.nanos)}"


class DateTime(InstantValue):
    """A moment in a zone: local day and time of day, the zone, and the offset that it has then."""

    __slots__ = ("days", "nanos", "offset", "zone")

    kind: ClassVar[ValueType] = ValueType.DATE_TIME

    def __init__(self, days: int, nanos: int, zone: TimeZone, preferred: int | None = None) -> None:
        """Local time in ``zone``; where clocks are put back, ``preferred`` may be the offset of the later moment."""
        local = checked_day(days) * DAY_SECONDS + nanos // SECOND_NANOS
        offset = zone.offset_of(local, preferred)
        self.zone = zone
        self.offset = zone.offset_at(local - offset)
        day, second = divmod(local - offset + self.offset, DAY_SECONDS)
        self.days = day
        self.nanos = second * SECOND_NANOS + nanos % SECOND_NANOS

    @property
    def epoch_nanos(self) -> int:
        """Nanoseconds since 1970-01-01T00:00Z."""
        return self.days * DAY_NANOS + self.nanos - self.offset * SECOND_NANOS

    def order_key(self) -> tuple[Hashable, ...]:
        return self.epoch_nanos, self.offset, self.zone.name

    def component(self, name: str) -> QueryValue:
        if name == "epochSeconds":
            return self.epoch_nanos // SECOND_NANOS
        if name == "epochMillis":
            return self.epoch_nanos // 1_000_000
        told = zone_component(self.zone, self.offset, name)
        told = date_component(self.days, name) if told is None else told
        return clock_component(self.nanos, name, type_name(self)) if told is None else told

    def later(self, duration: Duration) -> DateTime:
        """Months and days by the clock on the wall, then seconds as they pass."""
        days = months_later(self.days, duration.months) + duration.days
        moved = DateTime(days, self.nanos, self.zone, self.offset)
        return moment(moved.epoch_nanos + duration.nanos, self.zone) if duration.nanos else moved

    def at_zone(self, zone: TimeZone) -> DateTime:
        """The same moment in another zone."""
        return moment(self.epoch_nanos, zone)

    def __str__(self) -> str:
        name = f"[{self.zone.name}]" if self.zone.name else ""
        local = f"{date_text(self.days)}T{clock_text(self.nanos)}"
        return f"{local}{offset_text(self.offset)}{name}"


def moment(epoch_nanos: int, zone: TimeZone) -> DateTime:
    """A moment as ``zone`` writes it."""
    offset = zone.offset_at(epoch_nanos // SECOND_NANOS)
    days, nanos = divmod(epoch_nanos + offset * SECOND_NANOS, DAY_NANOS)
    return DateTime(days, nanos, zone, offset)


def checked_day(days: int) -> int:
    """``days``, where that is in a year that dates may have; raises EvaluationError else."""
    if _DAY_MIN <= days <= _DAY_MAX:
        return days
    raise temporal_fault(f"dates are within the years ±{YEAR_MAX}")


def date_text(days: int) -> str:
    """``2015-07-21``; years beyond four digits have a sign."""
    year, month, day = calendar_day(days)
    sign = "-" if year < 0 else "+" if year > 9_999 else ""
    return f"{sign}{abs(year):04}-{month:02}-{day:02}"


def clock_text(nanos: int) -> str:
    """``12:31``, ``12:31:14``, and 3, 6 or 9 digits of a part of a second: ``12:31:14.645``."""
    seconds, rest = divmod(nanos, SECOND_NANOS)
    text = f"{seconds // 3_600:02}:{seconds // 60 % 60:02}"
    if seconds % 60 or rest:
        text += f":{seconds % 60:02}"
    if rest:
        digits = f"{rest:09}"
        text += "." + (digits.removesuffix("000").removesuffix("000"))
    return text
