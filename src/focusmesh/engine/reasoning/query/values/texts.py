"""Numbers as text, and text read as numbers."""

from __future__ import annotations

import re
from math import inf, isinf, isnan, trunc

from focusmesh.engine.reasoning.query.values.faults import EvaluationError
from focusmesh.engine.reasoning.query.values.value import INTEGER_MAX, INTEGER_MIN

_PLAIN_MIN = 1e-3
_PLAIN_MAX = 1e7
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.?)", re.DOTALL)
_ESCAPES = {
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "`": "`",
}


def float_text(value: float) -> str:
    """The shortest text that reads as ``value`` again, with ``E`` below 10⁻³ and from 10⁷ on: ``1.0E7``, ``0.1``."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_MIN <= abs(value) < _PLAIN_MAX:
        return repr(value)
    sign = "-" if value < 0 else ""
    digits, exponent = _digits(abs(value))
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _digits(value: float) -> tuple[str, int]:
    """The significant digits of a positive number, and the power of ten of the first."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    first = len(digits) - len(digits.lstrip("0"))
    return digits.strip("0") or "0", int(exponent or 0) + len(whole) - 1 - first


def read_number(text: str) -> float | None:
    """The float that ``text`` is, white space around it left out; None where it is no decimal number."""
    stripped = text.strip()
    if stripped in ("NaN", "Infinity", "-Infinity"):
        return float(stripped)
    return float(stripped) if _NUMBER.fullmatch(stripped) else None


def read_whole_number(text: str) -> int | None:
    """The integer that ``text`` is, decimals cut off; None where it is no decimal number or does not fit 64 bits."""
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        return None
    digits = stripped[1:] if stripped[0] in "+-" else stripped
    if digits.isdecimal():
        whole: int | None = _decimal(digits) * (-1 if stripped[0] == "-" else 1)
    else:
        whole = _truncation(float(stripped))
    return whole if whole is not None and INTEGER_MIN <= whole <= INTEGER_MAX else None


def _decimal(digits: str) -> int:
    """The integer of decimal digits; one beyond 64 bits stands for those with more digits than Python reads."""
    try:
        return int(digits.lstrip("0") or "0")
    except ValueError:
        return INTEGER_MAX + 2


def _truncation(value: float) -> int | None:
    return None if isinf(value) else trunc(value)


def read_integer_literal(text: str, *, negative: bool = False) -> int:
    """A literal such as ``12``, ``0x1F``, ``0o17``; raises EvaluationError where it does not fit 64 bits.

    ``negative`` says that a minus stands before it: then 9223372036854775808 fits.
    """
    lower = text.lower()
    base = 16 if lower.startswith("0x") else 8 if lower.startswith("0o") else 10
    value = _decimal(lower) if base == 10 else int(lower, base)
    value = -value if negative else value
    if INTEGER_MIN <= value <= INTEGER_MAX:
        return value
    raise EvaluationError(
        "SyntaxError", "IntegerOverflow", f"{text[:40]} does not fit 64 bits: write it as a float"
    )


def read_float_literal(text: str) -> float:
    """A literal such as ``1.5e3``; raises EvaluationError where it is larger than all floats."""
    value = float(text)
    if value < inf:
        return value
    raise EvaluationError(
        "SyntaxError", "FloatingPointOverflow", f"{text} is larger than the largest float, 1.8E308"
    )


def read_string_literal(text: str) -> str:
    """The string between the quotation marks of ``text``, escapes read; raises EvaluationError for a bad escape."""
    return _ESCAPE.sub(_character, text[1:-1])


def _character(found: re.Match[str]) -> str:
    word = found[1]
    if len(word) > 1:
        code = int(word[1:], 16)
        if code < 0x110000 and not 0xD800 <= code < 0xE000:
            return chr(code)
    elif word in _ESCAPES:
        return _ESCAPES[word]
    raise EvaluationError(
        "SyntaxError", "InvalidUnicodeLiteral", f"\\{word} is no escape: write \\\\ for a backslash"
    )
