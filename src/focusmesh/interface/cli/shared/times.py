"""Times as they are typed: an integer in the unit of the links' times, or an ISO date."""

from __future__ import annotations

from datetime import date

from focusmesh.errors import ParameterError

_DAY_US = 24 * 60 * 60 * 1_000_000


def first_time(option: str, typed: str) -> int:
    """A time as links have it: an integer as typed, an ISO 8601 date or time in microseconds since 1970.

    A date alone is its first microsecond. Raises ParameterError for anything else, with the name of the ``option``.
    """
    from focusmesh.engine.links import time_of

    value = time_of(typed)
    if isinstance(value, str):
        raise ParameterError(
            f"{option}: {value}; give an integer in the unit of the links' times, or a date or time "
            "such as 2024-05-31 or 2024-05-31T12:00 (UTC unless it says otherwise), which is "
            "microseconds since 1970"
        )
    return value


def last_time(option: str, typed: str) -> int:
    """The same, where a date alone is its last microsecond."""
    value = first_time(option, typed)
    return value + _DAY_US - 1 if _is_date(typed.strip()) else value


def _is_date(token: str) -> bool:
    # Digits alone are an integer, though Python would read eight of them as a date.
    if not token[:4].isdecimal() or "-" not in token:
        return False
    try:
        date.fromisoformat(token)
    except ValueError:
        return False
    return True
