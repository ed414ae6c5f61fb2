"""Functions of strings; places are counted in characters from 0."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values import argument_fault, range_fault, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.values import QueryValue

TEXT_MAX = 2**24
"""Characters of the longest string that ``replace`` makes."""


def _count(number: int, function: str) -> int:
    if number < 0:
        raise range_fault(f"{function}() takes 0 or more characters, not {number}")
    return number


def _prefix(text: str, length: int) -> str:
    return text[: _count(length, "left")]


def _suffix(text: str, length: int) -> str:
    return text[max(len(text) - _count(length, "right"), 0) :]


def _substring(text: str, start: int, length: int | None = None) -> str:
    rest = text[_count(start, "substring") :]
    return rest if length is None else rest[: _count(length, "substring")]


def _replace(text: str, search: str, substitute: str) -> str:
    growth = text.count(search) * (len(substitute) - len(search))
    if len(text) + growth > TEXT_MAX:
        raise range_fault(f"replace() would make a string of more than {TEXT_MAX} characters")
    return text.replace(search, substitute)


def _split(text: str, delimiters: str | list[QueryValue]) -> list[QueryValue]:
    """At each delimiter; at each character where one is empty."""
    words = [delimiters] if isinstance(delimiters, str) else list[str]()
    if isinstance(delimiters, list):
        for each in delimiters:
            if not isinstance(each, str):
                raise argument_fault(f"split() takes strings as delimiters, not {type_name(each)}")
            words.append(each)
    if not words:
        return [text]
    if "" in words:
        return [*text]
    if len(words) == 1:
        return [*text.split(words[0])]
    longest_first = sorted(words, key=len, reverse=True)
    return [*re.split("|".join(map(re.escape, longest_first)), text)]


PURE: dict[str, Callable[..., QueryValue]] = {
    "char_length": len,
    "left": _prefix,
    "lTrim": str.lstrip,
    "replace": _replace,
    "right": _suffix,
    "rTrim": str.rstrip,
    "split": _split,
    "substring": _substring,
    "toLower": str.lower,
    "toUpper": str.upper,
    "trim": str.strip,
}
