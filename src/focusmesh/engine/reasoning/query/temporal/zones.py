"""Time zones: an offset from UTC, or a name whose offset changes with the year."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from focusmesh.engine.reasoning.query.temporal.calendar import (
    calendar_day,
    day_number,
    temporal_fault,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_SECONDS = 86_400
OFFSET_MAX = 18 * 3_600
"""Offsets are within ±18 hours."""

_OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?")
_YEAR_MIN, _YEAR_MAX = 2, 9_998
"""Beyond these years, Python's dates end: a year of the same calendar stands for one of them."""


class TimeZone(msgspec.Struct, frozen=True):
    """A zone of fixed ``offset`` in seconds, east positive; or, where ``name`` is given, one with rules."""

    offset: int = 0
    name: str = ""

    def offset_at(self, seconds: int) -> int:
        """The offset at a moment, in seconds since 1970-01-01T00:00Z."""
        if not self.name:
            return self.offset
        moment = _datetime(seconds).replace(tzinfo=UTC)
        return _seconds(moment.astimezone(_rules(self.name)))

    def offset_of(self, local: int, preferred: int | None = None) -> int:
        """The offset at a local time, in seconds since 1970-01-01T00:00 there.

        Where clocks are put back, the earlier moment is meant unless the later has the ``preferred`` offset.
        Where they are put forward, the offset before holds: the time that is not there is read on beyond the gap.
        """
        if not self.name:
            return self.offset
        first, second = self.offsets_of(local)
        return second if preferred == second else first

    def offsets_of(self, local: int) -> tuple[int, int]:
        """The offsets that a local time may have, equal unless clocks were put back or forward then."""
        moment = _datetime(local).replace(tzinfo=_rules(self.name))
        return _seconds(moment), _seconds(moment.replace(fold=1))


def read_zone(text: str) -> TimeZone:
    """``Z``, ``+01:00``, ``-0130``, ``+02`` or a name such as ``Europe/Stockholm``; EvaluationError for others."""
    if text in ("Z", "z"):
        return TimeZone()
    found = _OFFSET.fullmatch(text)
    if not found:
        _rules(text)
        return TimeZone(name=text)
    hours, minutes, seconds = (int(each or 0) for each in found.groups()[1:])
    offset = hours * 3_600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or offset > OFFSET_MAX:
        raise temporal_fault(f"the offset {text} is not within ±18:00")
    return TimeZone(-offset if found[1] == "-" else offset)


def offset_text(offset: int) -> str:
    """``Z``, ``+01:00``, or with seconds where there are some: ``+00:53:28``."""
    if not offset:
        return "Z"
    words = [f"{each:02}" for each in _sexagesimal(abs(offset))]
    if words[2] == "00":
        words.pop()
    return ("-" if offset < 0 else "+") + ":".join(words)


def _sexagesimal(seconds: int) -> Iterator[int]:
    yield seconds // 3_600
    yield seconds // 60 % 60
    yield seconds % 60


@lru_cache(maxsize=64)
def _rules(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise temporal_fault(
            f"no time zone is called {name!r}: write an offset such as +01:00, or a name such as Europe/Stockholm"
        ) from error


def _datetime(seconds: int) -> datetime:
    """A moment within Python's years that is at the same place of the calendar's cycle of 400 years."""
    days, rest = divmod(seconds, DAY_SECONDS)
    year, month, day = calendar_day(days)
    if not _YEAR_MIN <= year <= _YEAR_MAX:
        near = 400 + year % 400 if year < _YEAR_MIN else 9_200 + year % 400
        days = day_number(near, month, day)
    return datetime(1970, 1, 1) + timedelta(days, rest)


def _seconds(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else offset.days * DAY_SECONDS + offset.seconds
