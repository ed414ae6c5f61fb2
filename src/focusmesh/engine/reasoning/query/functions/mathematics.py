"""Mathematical functions; what has no real answer is NaN."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values import int64, range_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.functions.context import FunctionContext
    from focusmesh.engine.reasoning.query.values import QueryValue

DIGITS_MAX = 340
"""Digits behind the point beyond which rounding changes no float."""


def _total(function: Callable[[float], float]) -> Callable[[float], float]:
    """``function``, with NaN where it has no answer and infinity where that is too large."""

    def answer(number: float) -> float:
        try:
            return function(number)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return answer


def _log(function: Callable[[float], float]) -> Callable[[float], float]:
    return _total(lambda number: -math.inf if number == 0 else function(number))


def _abs(number: float) -> float:
    return int64(abs(number)) if isinstance(number, int) else abs(number)


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    """A rounding that leaves NaN and the infinities as they are, as a float."""
    return lambda number: float(function(number)) if math.isfinite(number) else number


def _cot(number: float) -> float:
    tangent = math.tan(number) if math.isfinite(number) else math.nan
    return math.copysign(math.inf, number) if tangent == 0 else 1 / tangent


def _round(number: float, digits: int = 0) -> float:
    """To the nearest; of two, without ``digits`` the greater, with them the one farther from zero."""
    if digits < 0:
        raise range_fault(f"round() takes 0 or more digits, not {digits}")
    if not math.isfinite(number) or digits > DIGITS_MAX:
        return float(number)
    if digits == 0:
        below = math.floor(number)
        return float(below + (number - below >= 0.5))
    unit = Decimal(1).scaleb(-digits)
    exact = Decimal(repr(number))
    precise = max(-int(exact.as_tuple().exponent), 0)
    return float(number) if precise <= digits else float(exact.quantize(unit, ROUND_HALF_UP))


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


PURE: dict[str, Callable[..., QueryValue]] = {
    "abs": _abs,
    "acos": _total(math.acos),
    "asin": _total(math.asin),
    "atan": math.atan,
    "atan2": math.atan2,
    "ceil": _whole(math.ceil),
    "cos": _total(math.cos),
    "cot": _cot,
    "degrees": math.degrees,
    "e": lambda: math.e,
    "exp": _total(math.exp),
    "floor": _whole(math.floor),
    "haversin": _total(lambda number: (1 - math.cos(number)) / 2),
    "isNaN": math.isnan,
    "log": _log(math.log),
    "log10": _log(math.log10),
    "pi": lambda: math.pi,
    "radians": math.radians,
    "round": _round,
    "sign": _sign,
    "sin": _total(math.sin),
    "sqrt": _total(math.sqrt),
    "tan": _total(math.tan),
}


def _rand(context: FunctionContext) -> float:
    return context.random.random()


CONTEXTUAL: dict[str, Callable[..., QueryValue]] = {"rand": _rand}
