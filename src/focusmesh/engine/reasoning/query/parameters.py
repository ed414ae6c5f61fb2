"""Python's values as values of queries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import label
from focusmesh.engine.reasoning.query.temporal import (
    Duration,
    TimeZone,
    read_date,
    read_date_time,
    read_local_date_time,
)
from focusmesh.engine.reasoning.query.values import INTEGER_MAX, INTEGER_MIN, TemporalValue
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values import QueryValue

DEPTH_MAX = 100
"""How deep lists and maps may lie in one another."""


def query_value(value: Any, depth: int = 0) -> QueryValue:
    """``value`` as queries have it: dates and times as temporal values, tuples and sets as lists, digests as CIDs.

    Raises InputError for what has no like there.
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if depth > DEPTH_MAX:
        raise InputError(f"a parameter is nested deeper than {DEPTH_MAX}")
    if isinstance(plain, int) and not INTEGER_MIN <= plain <= INTEGER_MAX:
        raise InputError("an integer beyond 64 bits is no parameter: make it a text or a float")
    if plain is None or isinstance(plain, bool | int | float | str | TemporalValue):
        return plain
    if isinstance(plain, bytes):
        return label(plain)
    if isinstance(plain, datetime):
        text = plain.isoformat()
        return (
            read_local_date_time(text) if plain.tzinfo is None else read_date_time(text, TimeZone())
        )
    if isinstance(plain, date):
        return read_date(plain.isoformat())
    if isinstance(plain, timedelta):
        nanos = (plain.seconds * 1_000_000 + plain.microseconds) * 1_000
        return Duration(0, plain.days, nanos)
    if isinstance(plain, Mapping):
        return {str(key): query_value(each, depth + 1) for key, each in plain.items()}
    if isinstance(plain, list | tuple | set | frozenset | np.ndarray):
        return [query_value(each, depth + 1) for each in plain]
    raise InputError(
        f"a {type(plain).__name__} is no parameter: numbers, texts, lists and dicts are"
    )
