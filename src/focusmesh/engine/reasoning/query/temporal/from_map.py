"""Dates and times made from their parts, on top of other values where the map names some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.temporal.calendar import (
    YEAR_MAX,
    calendar_day,
    clamped_day,
    day_number,
    month_length,
    temporal_fault,
    week_count,
    week_day,
    weeks_start,
    year_length,
)
from focusmesh.engine.reasoning.query.temporal.from_text import quarter_day
from focusmesh.engine.reasoning.query.temporal.instants import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
)
from focusmesh.engine.reasoning.query.temporal.zones import TimeZone, read_zone
from focusmesh.engine.reasoning.query.values import type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.query.values import QueryValue

DATE_KEYS = ("year", "month", "day", "week", "dayOfWeek", "quarter", "dayOfQuarter", "ordinalDay")
CLOCK_KEYS = ("hour", "minute", "second", "millisecond", "microsecond", "nanosecond")
_BASE_KEYS = {"date": ("date", "datetime"), "clock": ("time", "datetime")}

_WAYS = {
    "week": ("week", "dayOfWeek"),
    "quarter": ("quarter", "dayOfQuarter"),
    "ordinal": ("ordinalDay",),
    "month": ("month", "day"),
}
"""The four ways to name a day of a year, the larger unit first."""


def make_date(entries: Mapping[str, QueryValue]) -> Date:
    """A date of ``{year, month, day}``, ``{year, week, dayOfWeek}``, ``{year, quarter, dayOfQuarter}`` or ``{year,
    ordinalDay}``, on top of ``date`` where that is given; smaller units that are missing are the first.
    """
    check_keys(entries, (*DATE_KEYS, *_BASE_KEYS["date"]), "date")
    return Date(day_of(entries, _date_base(entries)))


def make_local_time(entries: Mapping[str, QueryValue]) -> LocalTime:
    """A time of ``{hour, minute, second, millisecond, microsecond, nanosecond}``, on top of ``time`` where given."""
    check_keys(entries, (*CLOCK_KEYS, *_BASE_KEYS["clock"]), "localtime")
    return LocalTime(nanos_of(entries, _clock_base(entries)[0]))


def make_time(entries: Mapping[str, QueryValue], default: TimeZone, now: int) -> Time:
    """As ``make_local_time``, with ``timezone``; that of a named zone is its offset at ``now``, in seconds since 1970.

    A ``time`` that has an offset is moved to the zone that is asked for.
    """
    check_keys(entries, (*CLOCK_KEYS, *_BASE_KEYS["clock"], "timezone"), "time")
    base, zone, offset = _clock_base(entries)
    nanos = nanos_of(entries, base)
    asked = zone_of(entries)
    if zone is None:
        return Time(nanos, (asked or default).offset_at(now))
    there = Time(nanos, offset)
    return there if asked is None else at_offset(there, asked.offset_at(now))


def make_local_date_time(entries: Mapping[str, QueryValue]) -> LocalDateTime:
    """A date and a time as the two others, on top of ``date``, ``time`` or ``datetime``."""
    keys = (*DATE_KEYS, *CLOCK_KEYS, *_BASE_KEYS["date"], *_BASE_KEYS["clock"])
    check_keys(entries, keys, "localdatetime")
    return LocalDateTime(
        day_of(entries, _date_base(entries)), nanos_of(entries, _clock_base(entries)[0])
    )


def make_date_time(entries: Mapping[str, QueryValue], default: TimeZone) -> DateTime:
    """As ``make_local_date_time``, with ``timezone``; a ``time`` in a zone is moved to the one that is asked for."""
    keys = (*DATE_KEYS, *CLOCK_KEYS, *_BASE_KEYS["date"], *_BASE_KEYS["clock"], "timezone")
    check_keys(entries, keys, "datetime")
    base, zone, offset = _clock_base(entries)
    days, nanos = day_of(entries, _date_base(entries)), nanos_of(entries, base)
    asked = zone_of(entries)
    if zone is None:
        return DateTime(days, nanos, asked or default)
    there = DateTime(days, nanos, zone, offset)
    return there if asked is None else there.at_zone(asked)


def at_offset(time: Time, offset: int) -> Time:
    """The same time of day at another offset."""
    nanos = time.nanos + (offset - time.offset) * 1_000_000_000
    return Time(nanos % 86_400_000_000_000, offset)


def check_keys(entries: Mapping[str, QueryValue], known: tuple[str, ...], function: str) -> None:
    """Raises EvaluationError for a key that ``function`` does not read."""
    for key in entries:
        if key not in known:
            raise temporal_fault(f"{function}() does not read {key!r}: it reads {', '.join(known)}")


def zone_of(entries: Mapping[str, QueryValue]) -> TimeZone | None:
    """The zone that the map names."""
    name = entries.get("timezone")
    if name is None:
        return None
    if not isinstance(name, str):
        raise temporal_fault(f"a timezone is a string, not {type_name(name)}")
    return read_zone(name)


def _date_base(entries: Mapping[str, QueryValue]) -> int | None:
    for key in _BASE_KEYS["date"]:
        value = entries.get(key)
        if isinstance(value, Date | LocalDateTime | DateTime):
            return value.days
        if value is not None:
            raise temporal_fault(f"{key!r} is to have a date, and {type_name(value)} has none")
    return None


def _clock_base(entries: Mapping[str, QueryValue]) -> tuple[int | None, TimeZone | None, int]:
    """Time of day, zone and offset of the value that the map builds on; None for what it has not."""
    for key in _BASE_KEYS["clock"]:
        value = entries.get(key)
        if isinstance(value, DateTime):
            return value.nanos, value.zone, value.offset
        if isinstance(value, Time):
            return value.nanos, TimeZone(value.offset), value.offset
        if isinstance(value, LocalTime | LocalDateTime):
            return value.nanos, None, 0
        if value is not None:
            raise temporal_fault(f"{key!r} is to have a time, and {type_name(value)} has none")
    return None, None, 0


def day_of(entries: Mapping[str, QueryValue], base: int | None) -> int:
    """The number of the day that the map names; what it leaves out is that of ``base``, or the first."""
    parts = {key: _whole(entries, key) for key in DATE_KEYS if key in entries}
    ways = [way for way, keys in _WAYS.items() if any(key in parts for key in keys)]
    if len(ways) > 1:
        raise temporal_fault(f"a day is named in one way, not by {' and by '.join(ways)}")
    way = ways[0] if ways else ""
    if base is None:
        _require_larger(parts, way)
    year = parts.get("year", 0)
    if abs(year) > YEAR_MAX:
        raise temporal_fault(f"the year {year} is not within ±{YEAR_MAX}")
    days = _DAYS[way or "month"](parts, base)
    if days is None:
        raise temporal_fault(f"there is no day {parts}")
    return days


def _require_larger(parts: Mapping[str, int], way: str) -> None:
    if "year" not in parts:
        raise temporal_fault("a date needs a year, or another date that it builds on")
    if way and _WAYS[way][0] not in parts:
        raise temporal_fault(f"{_WAYS[way][-1]!r} needs {_WAYS[way][0]!r} beside it")


def _month_day(parts: Mapping[str, int], base: int | None) -> int | None:
    old = calendar_day(base) if base is not None else None
    year = parts.get("year", old.year if old else 0)
    month = parts.get("month", old.month if old else 1)
    if not 1 <= month <= 12:
        return None
    if "day" not in parts:
        return clamped_day(year, month, old.day if old else 1)
    day = parts["day"]
    return day_number(year, month, day) if 1 <= day <= month_length(year, month) else None


def _week_day(parts: Mapping[str, int], base: int | None) -> int | None:
    old = week_day(base) if base is not None else None
    year = parts.get("year", old.year if old else 0)
    week = parts.get("week", old.week if old else 1)
    day = parts.get("dayOfWeek", old.day if old else 1)
    if not (1 <= week <= week_count(year) and 1 <= day <= 7):
        return None
    return weeks_start(year) + 7 * week + day - 8


def _quarter_day(parts: Mapping[str, int], base: int | None) -> int | None:
    old = calendar_day(base) if base is not None else None
    year = parts.get("year", old.year if old else 0)
    quarter = parts.get("quarter", (old.month + 2) // 3 if old else 1)
    if "dayOfQuarter" in parts or old is None:
        return quarter_day(year, quarter, parts.get("dayOfQuarter", 1))
    if not 1 <= quarter <= 4:
        return None
    return clamped_day(year, 3 * quarter - 2 + (old.month - 1) % 3, old.day)


def _ordinal_day(parts: Mapping[str, int], base: int | None) -> int | None:
    year = parts.get("year", calendar_day(base).year if base is not None else 0)
    day = parts["ordinalDay"]
    return day_number(year, 1, 1) + day - 1 if 1 <= day <= year_length(year) else None


_DAYS = {
    "week": _week_day,
    "quarter": _quarter_day,
    "ordinal": _ordinal_day,
    "month": _month_day,
}


def nanos_of(entries: Mapping[str, QueryValue], base: int | None) -> int:
    """The time of day that the map names, in nanoseconds; what it leaves out is that of ``base``, or zero."""
    parts = {key: _whole(entries, key) for key in CLOCK_KEYS if key in entries}
    if base is None:
        _require_coarser(parts)
    seconds, rest = divmod(base or 0, 1_000_000_000)
    hour = _within(parts.get("hour", seconds // 3_600), 23, "hour")
    minute = _within(parts.get("minute", seconds // 60 % 60), 59, "minute")
    second = _within(parts.get("second", seconds % 60), 59, "second")
    fine = sub_second(parts)
    clock = ((hour * 60 + minute) * 60 + second) * 1_000_000_000
    return clock + (rest if fine is None else fine)


def _require_coarser(parts: Mapping[str, int]) -> None:
    for coarse, fine in (("hour", "minute"), ("minute", "second")):
        if fine in parts and coarse not in parts:
            raise temporal_fault(f"{fine!r} needs {coarse!r} beside it")


def sub_second(parts: Mapping[str, int]) -> int | None:
    """The nanoseconds that milli-, micro- and nanoseconds are together; each is less than one of the larger given."""
    total, room = None, 1_000_000_000
    for key, nanos in (("millisecond", 1_000_000), ("microsecond", 1_000), ("nanosecond", 1)):
        if key in parts:
            value = _within(parts[key], room // nanos - 1, key)
            total, room = (total or 0) + value * nanos, nanos
    return total


def sub_second_of(entries: Mapping[str, QueryValue]) -> int | None:
    """As ``sub_second``, of the entries of a map."""
    return sub_second({key: _whole(entries, key) for key in CLOCK_KEYS[3:] if key in entries})


def _within(value: int, most: int, key: str) -> int:
    if 0 <= value <= most:
        return value
    raise temporal_fault(f"{key} is from 0 to {most}, not {value}")


def _whole(entries: Mapping[str, QueryValue], key: str) -> int:
    value = entries[key]
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise temporal_fault(f"{key} is an integer, not {type_name(value)}")
