"""Durations between two dates or times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.temporal.calendar import (
    calendar_day,
    months_later,
    temporal_fault,
)
from focusmesh.engine.reasoning.query.temporal.duration import Duration
from focusmesh.engine.reasoning.query.temporal.instants import (
    DAY_NANOS,
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
)
from focusmesh.engine.reasoning.query.temporal.zones import TimeZone
from focusmesh.engine.reasoning.query.values import type_name

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values import QueryValue

_Moment = LocalDateTime | DateTime


def duration_between(start: QueryValue, end: QueryValue) -> Duration:
    """Months, then days, then the rest, each counted from where the larger unit ended; the rest alone without dates."""
    first, second, has_dates = _align(start, end)
    months = _months(first, second) if has_dates else 0
    middle = _move(first, months, 0)
    days = _days(middle, second) if has_dates else 0
    return Duration(months, days, _nanos(_move(middle, 0, days), second))


def months_between(start: QueryValue, end: QueryValue) -> Duration:
    """Whole months; none where one of the two has no date."""
    first, second, has_dates = _align(start, end)
    return Duration(_months(first, second) if has_dates else 0)


def days_between(start: QueryValue, end: QueryValue) -> Duration:
    """Whole days; none where one of the two has no date."""
    first, second, has_dates = _align(start, end)
    return Duration(0, _days(first, second) if has_dates else 0)


def seconds_between(start: QueryValue, end: QueryValue) -> Duration:
    """Seconds as they pass, also where clocks are put back or forward between."""
    first, second, _ = _align(start, end)
    return Duration(0, 0, _nanos(first, second))


def _align(start: QueryValue, end: QueryValue) -> tuple[_Moment, _Moment, bool]:
    """Both with a date, both with or both without one zone; and whether both had a date.

    What has no date is on the other's, what has no time is midnight, and what has no zone is in the other's.
    """
    zone, other_zone = _zone(start), _zone(end)
    day, other_day = _day(start), _day(end)
    first_day = next((each for each in (day, other_day) if each is not None), 0)
    second_day = other_day if other_day is not None else first_day
    first = _moment(start, first_day, zone or other_zone)
    second = _moment(end, second_day, other_zone or zone)
    if isinstance(first, DateTime) and isinstance(second, DateTime):
        second = second.at_zone(first.zone)
    return first, second, day is not None and other_day is not None


def _zone(value: QueryValue) -> TimeZone | None:
    if isinstance(value, DateTime):
        return value.zone
    return TimeZone(value.offset) if isinstance(value, Time) else None


def _day(value: QueryValue) -> int | None:
    return value.days if isinstance(value, Date | LocalDateTime | DateTime) else None


def _moment(value: QueryValue, day: int, zone: TimeZone | None) -> _Moment:
    if isinstance(value, DateTime):
        return value
    if not isinstance(value, Date | LocalTime | Time | LocalDateTime):
        raise temporal_fault(f"{type_name(value)} is no date and no time")
    nanos = 0 if isinstance(value, Date) else value.nanos
    return LocalDateTime(day, nanos) if zone is None else DateTime(day, nanos, zone)


def _months(start: _Moment, end: _Moment) -> int:
    """Whole months by the calendar, cut towards zero."""
    first, second = calendar_day(start.days), calendar_day(end.days)
    months = (second.year - first.year) * 12 + second.month - first.month
    rest = (second.day - first.day, end.nanos - start.nanos)
    if months > 0 and rest < (0, 0):
        return months - 1
    return months + 1 if months < 0 and rest > (0, 0) else months


def _days(start: _Moment, end: _Moment) -> int:
    """Whole days by the calendar, cut towards zero."""
    days, rest = end.days - start.days, end.nanos - start.nanos
    if days > 0 and rest < 0:
        return days - 1
    return days + 1 if days < 0 and rest > 0 else days


def _move(start: _Moment, months: int, days: int) -> _Moment:
    moved = months_later(start.days, months) + days
    if isinstance(start, DateTime):
        return DateTime(moved, start.nanos, start.zone, start.offset)
    return LocalDateTime(moved, start.nanos)


def _nanos(start: _Moment, end: _Moment) -> int:
    if isinstance(start, DateTime) and isinstance(end, DateTime):
        return end.epoch_nanos - start.epoch_nanos
    return (end.days - start.days) * DAY_NANOS + end.nanos - start.nanos
