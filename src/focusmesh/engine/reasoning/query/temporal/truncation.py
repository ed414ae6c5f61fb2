"""Dates and times cut down to a unit, from a millennium to a microsecond."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.temporal.calendar import (
    calendar_day,
    day_number,
    day_of_week,
    quarter_start,
    temporal_fault,
    week_day,
    weeks_start,
)
from focusmesh.engine.reasoning.query.temporal.from_map import (
    CLOCK_KEYS,
    DATE_KEYS,
    check_keys,
    day_of,
    nanos_of,
    sub_second_of,
    zone_of,
)
from focusmesh.engine.reasoning.query.temporal.instants import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
)
from focusmesh.engine.reasoning.query.values import type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.engine.reasoning.query.temporal.zones import TimeZone
    from focusmesh.engine.reasoning.query.values import EvaluationError, QueryValue

_YEARS = {"millennium": 1_000, "century": 100, "decade": 10, "year": 1}
_DATE_UNITS: dict[str, Callable[[int], int]] = {
    "weekYear": lambda days: weeks_start(week_day(days).year),
    "quarter": lambda days: quarter_start(
        calendar_day(days).year, (calendar_day(days).month + 2) // 3
    ),
    "month": lambda days: days - calendar_day(days).day + 1,
    "week": lambda days: days - day_of_week(days) + 1,
    "day": lambda days: days,
}
_CLOCK_UNITS = {
    "day": 86_400_000_000_000,
    "hour": 3_600_000_000_000,
    "minute": 60_000_000_000,
    "second": 1_000_000_000,
    "millisecond": 1_000_000,
    "microsecond": 1_000,
}
UNITS = (*_YEARS, *_DATE_UNITS, *(each for each in _CLOCK_UNITS if each != "day"))
"""All units, the largest first."""


def truncate_date(unit: str, value: QueryValue, entries: Mapping[str, QueryValue]) -> Date:
    """The first day of the unit that ``value`` is in, with the parts in ``entries`` instead of its own."""
    check_keys(entries, DATE_KEYS, "date.truncate")
    if unit in _CLOCK_UNITS and unit != "day":
        raise _misfit(unit, "a date")
    return Date(day_of(entries, _truncate_days(unit, _days(value))))


def truncate_local_time(
    unit: str, value: QueryValue, entries: Mapping[str, QueryValue]
) -> LocalTime:
    """The time of day at which the unit begins."""
    check_keys(entries, CLOCK_KEYS, "localtime.truncate")
    return LocalTime(_truncate_clock(unit, value, entries))


def truncate_time(
    unit: str, value: QueryValue, entries: Mapping[str, QueryValue], default: TimeZone, now: int
) -> Time:
    """As ``truncate_local_time``, at the offset of ``value`` unless ``timezone`` asks for another."""
    check_keys(entries, (*CLOCK_KEYS, "timezone"), "time.truncate")
    zone = zone_of(entries)
    if zone is None and isinstance(value, Time | DateTime):
        return Time(_truncate_clock(unit, value, entries), value.offset)
    return Time(_truncate_clock(unit, value, entries), (zone or default).offset_at(now))


def truncate_local_date_time(
    unit: str, value: QueryValue, entries: Mapping[str, QueryValue]
) -> LocalDateTime:
    """The moment at which the unit begins."""
    check_keys(entries, (*DATE_KEYS, *CLOCK_KEYS), "localdatetime.truncate")
    return LocalDateTime(*_truncate_both(unit, value, entries))


def truncate_date_time(
    unit: str, value: QueryValue, entries: Mapping[str, QueryValue], default: TimeZone
) -> DateTime:
    """The moment at which the unit begins, in the zone of ``value`` unless ``timezone`` asks for another."""
    check_keys(entries, (*DATE_KEYS, *CLOCK_KEYS, "timezone"), "datetime.truncate")
    own = value.zone if isinstance(value, DateTime) else default
    preferred = value.offset if isinstance(value, DateTime) else None
    days, nanos = _truncate_both(unit, value, entries)
    return DateTime(days, nanos, zone_of(entries) or own, preferred)


def _truncate_both(
    unit: str, value: QueryValue, entries: Mapping[str, QueryValue]
) -> tuple[int, int]:
    if unit in _CLOCK_UNITS and unit != "day":
        return day_of(entries, _days(value)), _truncate_clock(unit, value, entries)
    return day_of(entries, _truncate_days(unit, _days(value))), nanos_of(entries, 0)


def _truncate_days(unit: str, days: int) -> int:
    if unit in _YEARS:
        year = calendar_day(days).year
        return day_number(year - year % _YEARS[unit], 1, 1)
    if unit in _DATE_UNITS:
        return _DATE_UNITS[unit](days)
    raise temporal_fault(f"{unit!r} is no unit: there are {', '.join(UNITS)}")


def _truncate_clock(unit: str, value: QueryValue, entries: Mapping[str, QueryValue]) -> int:
    """Parts below a second that are given are added to what the unit leaves of the second."""
    if unit not in _CLOCK_UNITS:
        raise _misfit(unit, "a time")
    if not isinstance(value, LocalTime | Time | LocalDateTime | DateTime):
        raise temporal_fault(f"{type_name(value)} has no time that could be truncated to {unit!r}")
    step = _CLOCK_UNITS[unit]
    left = value.nanos - value.nanos % step
    fine = sub_second_of(entries)
    if fine is None or step >= 1_000_000_000:
        return nanos_of(entries, left)
    if fine >= step:
        raise temporal_fault(f"less than one {unit} can be given besides, not {fine} nanoseconds")
    coarse = {key: each for key, each in entries.items() if key not in CLOCK_KEYS[3:]}
    return nanos_of(coarse, left) + fine


def _days(value: QueryValue) -> int:
    if isinstance(value, Date | LocalDateTime | DateTime):
        return value.days
    raise temporal_fault(f"{type_name(value)} has no date that could be truncated")


def _misfit(unit: str, what: str) -> EvaluationError:
    return temporal_fault(f"{what} cannot be truncated to {unit!r}: there are {', '.join(UNITS)}")
