"""Amounts and times as people write them. A value that cannot be used comes back as the reason, a str."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_SHOWN_TYPE = re.compile(r"arro3\.core\.DataType<(.*)>\s*", re.DOTALL)
_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def weight_of(text: str) -> float | str:
    """The amount that ``text`` says, correctly rounded; finite and ≥ 0, or the reason why it is not."""
    token = text.strip()
    if not token:
        return "the weight is empty"
    if _DECIMAL.fullmatch(token) or _NOT_FINITE.fullmatch(token):
        return usable_weight(float(token), token)
    return f"the weight {shorten(token)} is not a number"


def usable_weight(value: float, shown: object) -> float | str:
    """``value`` if it can be a weight (−0 becomes 0), else the reason; ``shown`` is how it was written."""
    if math.isnan(value):
        return "the weight is NaN"
    if math.isinf(value):
        return f"the weight {shorten(shown)} is infinite"
    if value < 0:
        return f"the weight {shorten(shown)} is negative"
    return value + 0.0


def time_of(text: str) -> int | str:
    """An integer as it is, or an ISO 8601 date and time (UTC unless it says otherwise) in microseconds since 1970."""
    token = text.strip()
    if not token:
        return "the time is empty"
    if _INTEGER.fullmatch(token):
        value = int(token)
        fits = _INT64_MIN <= value <= _INT64_MAX
        return value if fits else f"the time {shorten(token)} does not fit 64 bits"
    try:
        moment = datetime.fromisoformat(token)
    except ValueError:
        return f"the time {shorten(token)} is neither an integer nor an ISO 8601 time"
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - _EPOCH) // timedelta(microseconds=1)


def shorten(value: object, most: int = 40) -> str:
    """``repr`` of a value, cut so that a message stays on one line."""
    shown = repr(value)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def type_name(arrow_type: Any) -> str:
    """What a type is called, out of how the library shows it: arro3.core.DataType<Float64> and an end of line."""
    found = _SHOWN_TYPE.fullmatch(str(arrow_type))
    return found[1] if found else str(arrow_type).strip()
