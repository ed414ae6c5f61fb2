"""The Gregorian calendar without end in either direction, days counted from 1970-01-01."""

from __future__ import annotations

from typing import NamedTuple

from focusmesh.engine.reasoning.query.values import EvaluationError

YEAR_MAX = 999_999_999
"""Years are in −YEAR_MAX … YEAR_MAX."""

_DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_CYCLE_DAYS = 146_097
"""Days of 400 years, after which the calendar repeats itself."""
_EPOCH_SHIFT = 719_468
"""Days from 0000-03-01 to 1970-01-01."""


class CalendarDay(NamedTuple):
    """A day by year, month (1 … 12) and day of the month (from 1)."""

    year: int
    month: int
    day: int


class WeekDay(NamedTuple):
    """A day by ISO 8601: the year that its week belongs to, the week (from 1), the day (Monday is 1)."""

    year: int
    week: int
    day: int


def temporal_fault(reason: str) -> EvaluationError:
    """A date, time or duration that cannot be made."""
    return EvaluationError("ArgumentError", "InvalidArgumentValue", reason)


def is_leap(year: int) -> bool:
    """Whether the year has a 29th of February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """Days of a month."""
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def year_length(year: int) -> int:
    """Days of a year."""
    return 366 if is_leap(year) else 365


def day_number(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a day that exists."""
    shifted = year - (month <= 2)
    cycle, of_cycle = divmod(shifted, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    of_era = of_cycle * 365 + of_cycle // 4 - of_cycle // 100 + of_year
    return cycle * _CYCLE_DAYS + of_era - _EPOCH_SHIFT


def calendar_day(number: int) -> CalendarDay:
    """The day that is ``number`` days after 1970-01-01."""
    cycle, of_era = divmod(number + _EPOCH_SHIFT, _CYCLE_DAYS)
    of_cycle = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * of_cycle + of_cycle // 4 - of_cycle // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = of_cycle + cycle * 400 + (month <= 2)
    return CalendarDay(year, month, of_year - (153 * shifted + 2) // 5 + 1)


def ordinal_day(day: CalendarDay) -> int:
    """The day of its year, from 1."""
    return _DAYS_BEFORE[day.month - 1] + day.day + (day.month > 2 and is_leap(day.year))


def quarter_start(year: int, quarter: int) -> int:
    """The number of the first day of a quarter (1 … 4)."""
    return day_number(year, 3 * quarter - 2, 1)


def day_of_week(number: int) -> int:
    """Monday is 1, Sunday 7; 1970-01-01 was a Thursday."""
    return (number + 3) % 7 + 1


def week_day(number: int) -> WeekDay:
    """A day by its week: the week belongs to the year that its Thursday is in."""
    weekday = day_of_week(number)
    year = calendar_day(number - weekday + 4).year
    return WeekDay(year, (number - weeks_start(year)) // 7 + 1, weekday)


def weeks_start(year: int) -> int:
    """The number of the Monday of week 1 of a year."""
    fourth = day_number(year, 1, 4)
    return fourth - day_of_week(fourth) + 1


def week_count(year: int) -> int:
    """52 or 53."""
    return (weeks_start(year + 1) - weeks_start(year)) // 7


def months_later(number: int, months: int) -> int:
    """The same day of the month so many months later, or the month's last day where it has none."""
    year, month, day = calendar_day(number)
    years, of_year = divmod(month - 1 + months, 12)
    return clamped_day(year + years, of_year + 1, day)


def clamped_day(year: int, month: int, day: int) -> int:
    """The number of a day, or of the month's last where that is shorter; raises EvaluationError beyond all years."""
    if abs(year) > YEAR_MAX:
        raise temporal_fault(f"the year {year} is not within ±{YEAR_MAX}")
    return day_number(year, month, min(day, month_length(year, month)))
