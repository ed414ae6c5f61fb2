"""The parts of dates and times by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.temporal.calendar import (
    calendar_day,
    day_of_week,
    ordinal_day,
    quarter_start,
    week_day,
)
from focusmesh.engine.reasoning.query.temporal.zones import offset_text
from focusmesh.engine.reasoning.query.values import type_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.temporal.zones import TimeZone
    from focusmesh.engine.reasoning.query.values import QueryValue


def _quarter(days: int) -> int:
    return (calendar_day(days).month + 2) // 3


def _day_of_quarter(days: int) -> int:
    return days - quarter_start(calendar_day(days).year, _quarter(days)) + 1


_DATE_PARTS: dict[str, Callable[[int], int]] = {
    "year": lambda days: calendar_day(days).year,
    "quarter": _quarter,
    "month": lambda days: calendar_day(days).month,
    "week": lambda days: week_day(days).week,
    "weekYear": lambda days: week_day(days).year,
    "day": lambda days: calendar_day(days).day,
    "ordinalDay": lambda days: ordinal_day(calendar_day(days)),
    "weekDay": day_of_week,
    "dayOfWeek": day_of_week,
    "dayOfQuarter": _day_of_quarter,
}

_CLOCK_PARTS = {
    "hour": (3_600_000_000_000, 24),
    "minute": (60_000_000_000, 60),
    "second": (1_000_000_000, 60),
    "millisecond": (1_000_000, 1_000),
    "microsecond": (1_000, 1_000_000),
    "nanosecond": (1, 1_000_000_000),
}


def date_component(days: int, name: str, owner: str = "") -> QueryValue:
    """A part of a day; for what is none, null, or a EvaluationError that names the ``owner`` where that is given."""
    part = _DATE_PARTS.get(name)
    if part is not None:
        return part(days)
    if owner:
        raise type_fault(f"{owner} has no {name!r}: it has {', '.join(_DATE_PARTS)}")
    return None


def clock_component(nanos: int, name: str, owner: str) -> QueryValue:
    """A part of a time of day; raises EvaluationError, which names the ``owner``, for what is none."""
    unit = _CLOCK_PARTS.get(name)
    if unit is None:
        raise type_fault(f"{owner} has no {name!r}; times have {', '.join(_CLOCK_PARTS)}")
    return nanos // unit[0] % unit[1]


def zone_component(zone: TimeZone, offset: int, name: str) -> QueryValue:
    """A part of a zone; null for what is none."""
    if name == "timezone":
        return zone.name or offset_text(offset)
    if name == "offset":
        return offset_text(offset)
    if name == "offsetMinutes":
        return offset // 60
    return offset if name == "offsetSeconds" else None
