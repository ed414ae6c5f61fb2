"""Values of a column as a text file has them: all of one type, as far as all are written so."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.links.properties.values import PropertyValue

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
_TRUTHS = {"true": True, "false": False}


def typed_texts(texts: Sequence[str]) -> list[PropertyValue | None]:
    """The texts of a column as integers, else numbers, else truths, where all are; None for an empty one. O(bytes).

    What has a leading zero, such as a postal code, is no number, and neither is an integer beyond 64 bits: a float
    would have other digits.
    """
    said = [text for text in texts if text]
    for fits, read in _KINDS:
        if said and all(map(fits, said)):
            return [read(text) if text else None for text in texts]
    return [text or None for text in texts]


def _is_integer(text: str) -> bool:
    return bool(_INTEGER.fullmatch(text)) and _within_64_bits(text)


def _is_number(text: str) -> bool:
    is_written = _NUMBER.fullmatch(text) and not _LEADING_ZERO.match(text)
    if not is_written or (_WHOLE.fullmatch(text) and not _within_64_bits(text)):
        return False
    return math.isfinite(float(text))


def _within_64_bits(whole: str) -> bool:
    return len(whole) <= 20 and -(2**63) <= int(whole) < 2**63


_KINDS: tuple[tuple[Callable[[str], bool], Callable[[str], PropertyValue]], ...] = (
    (_is_integer, int),
    (_is_number, float),
    (lambda text: text.casefold() in _TRUTHS, lambda text: _TRUTHS[text.casefold()]),
)
