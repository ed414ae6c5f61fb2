"""Functors: arithmetic in 64 bits, where overflow is an error, and functions of symbols."""

from __future__ import annotations

import math
import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
PATTERN_CHARACTERS_MAX = 1_000
SYMBOL_CHARACTERS_MAX = 4_096
"""Of a symbol that rules make: one that is joined to itself is twice as long with each row, and limits count rows."""


class FunctorError(ArithmeticError):
    """A functor that has no value for its arguments."""


def whole(value: Any) -> Any:
    """``value``, unless it is a number beyond 64 bits."""
    if isinstance(value, int) and not INT_MIN <= value <= INT_MAX:
        raise FunctorError(f"{value} does not fit in 64 bits")
    return value


def divide(left: Any, right: Any) -> Any:
    """The quotient; that of numbers is rounded toward zero."""
    if right == 0:
        raise FunctorError("division by zero")
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    return whole(abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1))


def remainder(left: int, right: int) -> int:
    """What ``divide`` leaves; it has the sign of ``left``."""
    if right == 0:
        raise FunctorError("division by zero")
    return abs(left) % abs(right) * (1 if left >= 0 else -1)


def power(left: Any, right: Any) -> Any:
    """``left`` to the power of ``right``."""
    if isinstance(left, float) or isinstance(right, float):
        try:
            return math.pow(left, right)
        except (OverflowError, ValueError) as error:
            raise FunctorError(f"{left} ^ {right} has no value") from error
    if right < 0:
        return divide(1, power(left, -right)) if left else divide(1, 0)
    if abs(left) > 1 and right > 64:
        raise FunctorError(f"{left} ^ {right} does not fit in 64 bits")
    return whole(left**right)


def add(left: Any, right: Any) -> Any:
    """The sum; that of symbols is one after the other."""
    return join(left, right) if isinstance(left, str) else whole(left + right)


def join(*parts: str) -> str:
    """Symbols one after the other."""
    if sum(map(len, parts)) > SYMBOL_CHARACTERS_MAX:
        raise FunctorError(f"rules make symbols of at most {SYMBOL_CHARACTERS_MAX:,} characters")
    return "".join(parts)


def to_number(value: Any) -> int:
    """A symbol read as a number, a float without what follows the point."""
    try:
        return int(whole(int(value)))
    except (ValueError, OverflowError) as error:
        raise FunctorError(f"to_number({value!r}): this is no number") from error


def to_float(value: Any) -> float:
    """A symbol or a number as a float."""
    try:
        return float(value)
    except ValueError as error:
        raise FunctorError(f"to_float({value!r}): this is no float") from error


def to_string(value: Any) -> str:
    """A value as it is printed."""
    return f"{value:f}" if isinstance(value, float) else str(value)


def shift(left: int, right: int) -> int:
    """``left`` with its bits moved up, in 64 bits."""
    return as_signed(left << (right & 63))


def as_signed(value: int) -> int:
    """The lowest 64 bits as a signed number."""
    value &= 2**64 - 1
    return value - 2**64 if value > INT_MAX else value


def substring(text: str, start: int, length: int) -> str:
    """``length`` characters of ``text`` from ``start``."""
    if start < 0 or length < 0:
        raise FunctorError(f"substr({text!r}, {start}, {length}): both are 0 or more")
    return text[start : start + length]


FUNCTORS: dict[str, tuple[Callable[..., Any], int, str]] = {
    "+": (add, 2, "same"),
    "*": (lambda left, right: whole(left * right), 2, "same"),
    "/": (divide, 2, "same"),
    "%": (remainder, 2, "number"),
    "^": (power, 2, "same"),
    "band": (lambda left, right: left & right, 2, "number"),
    "bor": (lambda left, right: left | right, 2, "number"),
    "bxor": (lambda left, right: left ^ right, 2, "number"),
    "bshl": (shift, 2, "number"),
    "bshr": (lambda left, right: left >> (right & 63), 2, "number"),
    "bnot": (lambda value: ~value, 1, "number"),
    "land": (lambda left, right: int(bool(left) and bool(right)), 2, "number"),
    "lor": (lambda left, right: int(bool(left) or bool(right)), 2, "number"),
    "lnot": (lambda value: int(not value), 1, "number"),
    "strlen": (len, 1, "number"),
    "substr": (substring, 3, "symbol"),
    "to_number": (to_number, 1, "number"),
    "to_float": (to_float, 1, "float"),
    "to_string": (to_string, 1, "symbol"),
    "cat": (join, -2, "symbol"),
    "min": (min, -2, "same"),
    "max": (max, -2, "same"),
}
"""Function, number of arguments (negative: at least so many), and the type of the value."""


def subtract(left: Any, *right: Any) -> Any:
    """The difference, or the negative."""
    return whole(left - right[0] if right else -left)


FUNCTORS["-"] = (subtract, -1, "same")


_CLASSES = {
    "digit": "0-9", "alpha": "a-zA-Z", "alnum": "a-zA-Z0-9", "lower": "a-z", "upper": "A-Z",
    "space": r"\s", "xdigit": "0-9a-fA-F",
}  # fmt: skip
"""What names of classes in brackets stand for."""

_NO_COUNT = re.compile(r"(?<!\\)\{(?!\d+(,\d*)?\})")


def matches(pattern: str, text: str, *, wanted: bool = True) -> bool:
    """Whether all of ``text`` matches ``pattern``, as ``wanted``; with a pattern that is none neither is so."""
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        raise FunctorError(f"a pattern has at most {PATTERN_CHARACTERS_MAX:,} characters")
    try:
        found = None if _NO_COUNT.search(pattern) else _pattern(pattern)
    except re.error:
        found = None
    return found is not None and (found.fullmatch(text) is not None) == wanted


@lru_cache(256)
def _pattern(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        for name, characters in _CLASSES.items():
            pattern = pattern.replace(f"[:{name}:]", characters)
        return re.compile(pattern)


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "match": matches,
    "not match": lambda pattern, text: matches(pattern, text, wanted=False),
    "contains": lambda part, text: part in text,
    "not contains": lambda part, text: part not in text,
}
