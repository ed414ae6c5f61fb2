"""Dates, times and durations read from text, as ISO 8601 writes them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.temporal.calendar import (
    YEAR_MAX,
    day_number,
    month_length,
    quarter_start,
    temporal_fault,
    week_count,
    weeks_start,
    year_length,
)
from focusmesh.engine.reasoning.query.temporal.duration import (
    SECOND_NANOS,
    Duration,
    duration_of,
)
from focusmesh.engine.reasoning.query.temporal.instants import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
)
from focusmesh.engine.reasoning.query.temporal.zones import TimeZone, read_zone

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values import EvaluationError

TEXT_MAX = 100
"""Characters of the longest text that is read as a date, a time or a duration."""

_YEAR = r"(?P<year>[+-]\d{1,9}(?=-|$)|\d{4})"
_DATE = re.compile(
    rf"{_YEAR}(?:-?W(?P<week>\d\d)(?:-?(?P<weekday>\d))?"
    r"|-?Q(?P<quarter>\d)(?:-?(?P<quarterday>\d\d))?"
    r"|-(?P<ordinal>\d{3})|(?P<ordinal2>\d{3})"
    r"|-(?P<month>\d\d)(?:-(?P<day>\d\d))?|(?P<month2>\d\d)(?P<day2>\d\d)?)?"
)
_CLOCK = re.compile(
    r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
)
_ZONE = re.compile(r"(?P<offset>Z|z|[+-][\d:]+)?(?:\[(?P<name>[^\]]+)\])?")
_AMOUNT = r"([+-]?\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    rf"([+-]?)P(?:{_AMOUNT}Y)?(?:{_AMOUNT}M)?(?:{_AMOUNT}W)?(?:{_AMOUNT}D)?"
    rf"(?:T(?:{_AMOUNT}H)?(?:{_AMOUNT}M)?(?:{_AMOUNT}S)?)?"
)
_DURATION_BY_DATE = re.compile(
    r"P(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)(?:[.,](\d{1,9}))?)?"
)


def read_date(text: str) -> Date:
    """``2015-07-21``, ``20150721``, ``2015-07``, ``2015-W30-2``, ``2015-202``, ``2015-Q3-21``, ``2015``, with signs."""
    return Date(_days(text, text))


def read_local_time(text: str) -> LocalTime:
    """``21:40:32.142``, ``214032.142``, ``21:40``, ``21``."""
    return LocalTime(_nanos(text, text))


def read_time(text: str, default: TimeZone) -> Time:
    """As a local time, and an offset such as ``Z``, ``+01:00``, ``-0130``; that of ``default`` where there is none."""
    clock, zone, _ = _split_zone(text, text)
    found = default if zone is None else zone
    if found.name:
        raise temporal_fault(f"{text!r}: a time has an offset, no named zone; make a datetime")
    return Time(_nanos(clock, text), found.offset)


def read_local_date_time(text: str) -> LocalDateTime:
    """A date, ``T``, a time; the time may be left out."""
    date, _, clock = text.partition("T")
    return LocalDateTime(_days(date, text), _nanos(clock, text) if clock else 0)


def read_date_time(text: str, default: TimeZone) -> DateTime:
    """A date, ``T``, a time, an offset and a name in brackets; what is left out is midnight and ``default``."""
    date, _, rest = text.partition("T")
    if not rest and "[" in date:
        date, bracket, name = date.partition("[")
        rest = f"00:00{bracket}{name}"
    clock, zone, offset = _split_zone(rest, text)
    days, nanos = _days(date, text), _nanos(clock, text) if clock else 0
    read = DateTime(days, nanos, default if zone is None else zone, offset)
    if offset is not None and read.offset != offset:
        raise temporal_fault(f"{text!r}: the zone has another offset then, {read}")
    return read


def read_duration(text: str) -> Duration:
    """``P12Y5M14DT16H12M70S``, each number with sign and decimals; or ``P2012-02-02T14:37:21.545``."""
    if len(text) > TEXT_MAX:
        raise _unread(text, "a duration")
    by_date = _DURATION_BY_DATE.fullmatch(text)
    if by_date:
        years, months, days, hours, minutes, seconds = (
            int(each or 0) for each in by_date.groups()[:6]
        )
        clock = (hours * 60 + minutes) * 60 + seconds
        return Duration(
            years * 12 + months, days, clock * SECOND_NANOS + _fraction_nanos(by_date[7])
        )
    found = _DURATION.fullmatch(text)
    if not found or text[-1] in "PT":
        raise _unread(text, "a duration")
    sign = -1 if found[1] == "-" else 1
    parts = [sign * Fraction((each or "0").replace(",", ".")) for each in found.groups()[1:]]
    seconds_in_all = (parts[4] * 60 + parts[5]) * 60 + parts[6]
    return duration_of(
        parts[0] * 12 + parts[1], parts[2] * 7 + parts[3], seconds_in_all * SECOND_NANOS
    )


def _unread(text: str, what: str) -> EvaluationError:
    return temporal_fault(f"{text[:TEXT_MAX]!r} is not {what} as ISO 8601 writes it")


def _days(part: str, text: str) -> int:
    found = _DATE.fullmatch(part) if len(text) <= TEXT_MAX else None
    if not found:
        raise _unread(text, "a date")
    year = int(found["year"])
    if abs(year) > YEAR_MAX:
        raise _unread(text, "a date")
    days = _day_in_year(year, {key: int(each) for key, each in found.groupdict().items() if each})
    if days is None:
        raise temporal_fault(f"{text!r}: there is no such day")
    return days


def _day_in_year(year: int, parts: dict[str, int]) -> int | None:
    """The number of a day that is written in one of four ways; None where there is none such."""
    if "week" in parts:
        week, day = parts["week"], parts.get("weekday", 1)
        is_day = 1 <= week <= week_count(year) and 1 <= day <= 7
        return weeks_start(year) + 7 * week + day - 8 if is_day else None
    if "quarter" in parts:
        quarter, day = parts["quarter"], parts.get("quarterday", 1)
        return quarter_day(year, quarter, day)
    ordinal = parts.get("ordinal", parts.get("ordinal2"))
    if ordinal is not None:
        return day_number(year, 1, 1) + ordinal - 1 if 1 <= ordinal <= year_length(year) else None
    month = parts.get("month", parts.get("month2", 1))
    day = parts.get("day", parts.get("day2", 1))
    is_day = 1 <= month <= 12 and 1 <= day <= month_length(year, month)
    return day_number(year, month, day) if is_day else None


def quarter_day(year: int, quarter: int, day: int) -> int | None:
    """The number of a day of a quarter, from 1; None where the quarter has none such."""
    if not 1 <= quarter <= 4:
        return None
    start = quarter_start(year, quarter)
    end = quarter_start(year, quarter + 1) if quarter < 4 else quarter_start(year + 1, 1)
    return start + day - 1 if 1 <= day <= end - start else None


def _nanos(part: str, text: str) -> int:
    found = _CLOCK.fullmatch(part) if len(text) <= TEXT_MAX else None
    if not found:
        raise _unread(text, "a time")
    hour, minute, second = (int(found[each] or 0) for each in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise temporal_fault(f"{text!r}: there is no such time")
    return ((hour * 60 + minute) * 60 + second) * SECOND_NANOS + _fraction_nanos(found["fraction"])


def _fraction_nanos(digits: str | None) -> int:
    return int((digits or "0").ljust(9, "0"))


def _split_zone(part: str, text: str) -> tuple[str, TimeZone | None, int | None]:
    """The time, the zone where one is written, and the offset that is written before a name."""
    at = re.search(r"[Zz+\-\[]", part)
    if at is None:
        return part, None, None
    found = _ZONE.fullmatch(part[at.start() :])
    if not found:
        raise _unread(text, "a time with a zone")
    fixed = read_zone(found["offset"]) if found["offset"] else None
    if not found["name"]:
        return part[: at.start()], fixed, None
    return part[: at.start()], read_zone(found["name"]), fixed.offset if fixed else None
