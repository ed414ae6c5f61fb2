"""Durations made from their parts."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.temporal.calendar import temporal_fault
from focusmesh.engine.reasoning.query.temporal.duration import (
    SECOND_NANOS,
    Duration,
    duration_of,
)
from focusmesh.engine.reasoning.query.values import type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.query.values import QueryValue

_UNITS = {
    "years": ("months", 12),
    "quarters": ("months", 3),
    "months": ("months", 1),
    "weeks": ("days", 7),
    "days": ("days", 1),
    "hours": ("nanos", 3_600 * SECOND_NANOS),
    "minutes": ("nanos", 60 * SECOND_NANOS),
    "seconds": ("nanos", SECOND_NANOS),
    "milliseconds": ("nanos", 1_000_000),
    "microseconds": ("nanos", 1_000),
    "nanoseconds": ("nanos", 1),
}


def make_duration(entries: Mapping[str, QueryValue]) -> Duration:
    """A duration of ``{years, quarters, months, weeks, days, hours, minutes, seconds, …}``, with signs and decimals."""
    sums = {"months": Fraction(0), "days": Fraction(0), "nanos": Fraction(0)}
    for key, value in entries.items():
        if key not in _UNITS:
            raise temporal_fault(f"duration() does not read {key!r}: it reads {', '.join(_UNITS)}")
        part, factor = _UNITS[key]
        sums[part] += _amount(key, value) * factor
    return duration_of(sums["months"], sums["days"], sums["nanos"])


def _amount(key: str, value: QueryValue) -> Fraction:
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, float) and isfinite(value):
        return Fraction(repr(value))
    raise temporal_fault(f"{key} is a finite number, not {type_name(value)}")
