"""Arithmetic of numbers, texts, lists and temporal values; integers have 64 bits and overflow is a fault."""

from __future__ import annotations

from math import fmod, inf, isnan, nan
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values.faults import (
    EvaluationError,
    overflow_fault,
    type_fault,
)
from focusmesh.engine.reasoning.query.values.texts import float_text
from focusmesh.engine.reasoning.query.values.value import (
    INTEGER_MAX,
    INTEGER_MIN,
    TemporalValue,
    is_number,
    type_name,
)

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values.value import QueryValue


def int64(value: int) -> int:
    """``value``, where it is an integer of 64 bits; raises EvaluationError else."""
    if INTEGER_MIN <= value <= INTEGER_MAX:
        return value
    raise overflow_fault(f"{value} does not fit 64 bits: use floats, with a decimal point")


def add(left: QueryValue, right: QueryValue) -> QueryValue:
    """``left + right``: numbers add up, texts and lists are put behind one another, durations are added."""
    if isinstance(left, list) or isinstance(right, list):
        return _join(left, right)
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return _number(left + right)
    if isinstance(left, str) and (isinstance(right, str) or is_number(right)):
        return left + _word(right)
    if isinstance(right, str) and is_number(left):
        return _word(left) + right
    if isinstance(left, TemporalValue):
        return left.plus(right, 1)
    if isinstance(right, TemporalValue):
        return right.plus(left, 1)
    raise _misfit("+", left, right)


def _join(left: QueryValue, right: QueryValue) -> QueryValue:
    """Two lists, or a list and an element at its end or beginning; a null beside a list is no element."""
    if left is None or right is None:
        return None
    first: list[QueryValue] = left if isinstance(left, list) else [left]
    second: list[QueryValue] = right if isinstance(right, list) else [right]
    return first + second


def _word(value: QueryValue) -> str:
    return float_text(value) if isinstance(value, float) else str(value)


def subtract(left: QueryValue, right: QueryValue) -> QueryValue:
    """``left - right``."""
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return _number(left - right)
    if isinstance(left, TemporalValue):
        return left.plus(right, -1)
    raise _misfit("-", left, right)


def multiply(left: QueryValue, right: QueryValue) -> QueryValue:
    """``left * right``; a duration may be one of them."""
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return _number(left * right)
    if isinstance(right, TemporalValue):
        left, right = right, left
    if isinstance(left, TemporalValue) and is_number(right):
        return left.times(right)
    raise _misfit("*", left, right)


def divide(left: QueryValue, right: QueryValue) -> QueryValue:
    """``left / right``: between integers the quotient is cut towards zero, and 0 as divisor is a fault."""
    if left is None or right is None:
        return None
    if isinstance(left, TemporalValue) and is_number(right):
        return left.over(right)
    if not (is_number(left) and is_number(right)):
        raise _misfit("/", left, right)
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // _divisor(right)
        return int64(quotient if (left < 0) == (right < 0) else -quotient)
    return _float_quotient(left, right)


def _divisor(value: int) -> int:
    if value == 0:
        raise EvaluationError("ArithmeticError", "DivisionByZero", "an integer is divided by 0")
    return abs(value)


def _float_quotient(left: float, right: float) -> float:
    """As IEEE 754 says, also for a zero below."""
    if right != 0:
        return left / right
    if left == 0 or isnan(left):
        return nan
    return inf if (left > 0) == (str(float(right))[0] != "-") else -inf


def modulo(left: QueryValue, right: QueryValue) -> QueryValue:
    """``left % right``, with the sign of ``left``."""
    if left is None or right is None:
        return None
    if not (is_number(left) and is_number(right)):
        raise _misfit("%", left, right)
    if isinstance(left, int) and isinstance(right, int):
        rest = abs(left) % _divisor(right)
        return rest if left >= 0 else -rest
    dividend, divisor = left, right
    return nan if divisor == 0 or abs(dividend) == inf else fmod(dividend, divisor)


def power(left: QueryValue, right: QueryValue) -> QueryValue:
    """``left ^ right``, always a float; NaN for roots of negative numbers."""
    if left is None or right is None:
        return None
    if not (is_number(left) and is_number(right)):
        raise _misfit("^", left, right)
    base, exponent = float(left), float(right)
    try:
        raised = base**exponent
    except ZeroDivisionError:
        return inf
    except OverflowError:
        return -inf if base < 0 and exponent % 2 == 1 else inf
    return nan if isinstance(raised, complex) else raised


def negate(value: QueryValue) -> QueryValue:
    """``-value``."""
    if value is None:
        return None
    if is_number(value):
        return _number(-value)
    if isinstance(value, TemporalValue):
        return value.times(-1)
    raise type_fault(f"- takes numbers and durations, not {type_name(value)}")


def positive(value: QueryValue) -> QueryValue:
    """``+value``: the number itself."""
    if value is None or is_number(value) or isinstance(value, TemporalValue):
        return value
    raise type_fault(f"+ takes numbers and durations, not {type_name(value)}")


def _number(value: float) -> int | float:
    return int64(value) if isinstance(value, int) else value


def _misfit(operator: str, left: QueryValue, right: QueryValue) -> EvaluationError:
    return type_fault(f"{operator} does not take {type_name(left)} and {type_name(right)}")
