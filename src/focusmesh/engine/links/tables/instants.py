"""Times that are asked for: integers as links have them, or dates, which are read in the unit that the links have.

Links keep integers and no unit. A date that an import reads is microseconds since 1970, a memory and a ledger tell
milliseconds, a log has seconds: how large the times are says which.
"""

from __future__ import annotations

import operator as operators
import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from focusmesh.engine.links.edits import NO_TIME
from focusmesh.engine.links.tables.values import shorten, time_of
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import OffsetArray

_SECOND_US = 1_000_000
_DAY_US = 24 * 60 * 60 * _SECOND_US
_UNITS = ((10**8, 1), (10**11, 10**3), (10**14, 10**6), (10**17, 10**9))
"""From which size on times are seconds, milliseconds, microseconds, nanoseconds, and how many make a second. Each
reaches from 1973 to 5138, but for the last."""
_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*")


TimeLike: TypeAlias = int | str | date
"""What ``read_time`` takes."""


class Instant(NamedTuple):
    """A moment or a day: its first and its last microsecond since 1970."""

    first: int
    last: int


def read_time(name: str, given: Any) -> int | Instant | None:
    """A time that is asked for as ``name``: an integer in the unit of the links, or a date or time of ISO 8601.

    Dates are UTC unless they say otherwise, a date alone is the whole day. Python's dates and NumPy's are taken, and
    integers as text. Raises ParameterError for what is none of these, and for an integer beyond 64 bits.
    """
    if given is None:
        return None
    if isinstance(given, date | np.datetime64):
        given = str(given)
    if not isinstance(given, str):
        return _whole(name, given)
    found = time_of(given)
    if isinstance(found, str):
        raise _refusal(name, given)
    if _INTEGER.fullmatch(given):
        return found
    return Instant(found, found + _DAY_US - 1 if _is_day(given.strip()) else found)


def first_at(name: str, wanted: int | Instant, times: OffsetArray) -> int:
    """The least time of links that is not before ``wanted``; raises ParameterError where they are not moments. O(m)."""
    if not isinstance(wanted, Instant):
        return wanted
    return -(-wanted.first * _ticks(name, times) // _SECOND_US)


def last_at(name: str, wanted: int | Instant, times: OffsetArray) -> int:
    """The largest time of links that is not after ``wanted``; of a day, its end. Raises as ``first_at``. O(m)."""
    if not isinstance(wanted, Instant):
        return wanted
    return ((wanted.last + 1) * _ticks(name, times) - 1) // _SECOND_US


def ticks_of(times: OffsetArray | None) -> int | None:
    """How many units of these times make a second; None where there are none, or they are too small to be moments.

    It is read off the one that is farthest from 0. O(m).
    """
    if times is None or not (told := times[times != NO_TIME]).size:
        return None
    size = max(abs(int(told.min())), abs(int(told.max())))
    return next((ticks for least, ticks in reversed(_UNITS) if size >= least), None)


def _ticks(name: str, times: OffsetArray) -> int:
    ticks = ticks_of(times)
    if ticks is None:
        raise ParameterError(
            f"{name} is a date, and no link's time is a moment: all are below 10⁸, where seconds since 1970 begin; "
            "give an integer in the unit of the links' times",
            parameter=name,
        )
    return ticks


def _whole(name: str, given: Any) -> int:
    try:
        whole = None if isinstance(given, bool) else operators.index(given)
    except TypeError:
        whole = None
    if whole is None or not -(2**63) <= whole < 2**63:
        raise _refusal(name, given)
    return whole


def _refusal(name: str, given: Any) -> ParameterError:
    return ParameterError(
        f"{name} = {shorten(given)} must be an integer in the unit of the links' times, or a date or time such as "
        "2024-05-31 or 2024-05-31T12:00 (UTC unless it says otherwise)",
        parameter=name,
    )


def _is_day(token: str) -> bool:
    # Digits alone are an integer, though Python would read eight of them as a date.
    try:
        date.fromisoformat(token)
    except ValueError:
        return False
    return True
