"""How many items bytes announce, by their heads alone: known before a single object is made of them.

Objects of a byte each are what a stranger's bytes could cost most by: an empty map takes 72 bytes. Every way to read
dag-cbor walks the heads as they are walked here, so that none makes more objects than are counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from focusmesh.errors import ItemCountError
from focusmesh.protocol.codec.values import BYTES, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

ITEMS_MAX = 1 << 15
"""Array elements, map keys and map values, where a caller sets no bound of its own: more than a frame has digests.

They take some 100 bytes each at the most, as maps of one pair do.
"""

_STRINGS = (BYTES, TEXT)
_RUN_ITEMS = 64
_FIRST_LENGTHS = range(24, 28)
"""Values of a head's low five bits after which 1, 2, 4 or 8 bytes of number or length follow."""


def count_items(data: bytes, items_max: int) -> int:
    """Items that begin in ``data``, counted no further than somewhat above ``items_max``; keys count too.

    Nothing is said of whether they are dag-cbor. Some 30 ns an item, 100 for long strings; no memory.
    """
    widths, at, end, count = _WIDTHS, 0, len(data), 0
    while at < end and count <= items_max:
        run = _RUN.match(data, at)
        if run is not None:
            count += _RUN_ITEMS
            at = run.end()
            continue
        for _ in range(_RUN_ITEMS):
            if at >= end:
                break
            at += widths[data[at]] or _string_width(data, at)
            count += 1
    return count


def check_items(data: bytes, items_max: int) -> int:
    """How many there are. Raises ItemCountError for more than ``items_max``."""
    count = count_items(data, items_max)
    if count > items_max:
        raise ItemCountError(f"{len(data)} bytes with more than {items_max} items")
    return count


def _string_width(data: bytes, at: int) -> int:
    """Bytes of a string whose length stands after its first byte."""
    start = at + 1
    stop = start + (1 << ((data[at] & 31) - 24))
    return stop - at + int.from_bytes(data[start:stop], "big")


def _width(first: int) -> int:
    """Bytes of an item that begins with this one, containers without what is in them; 0 where a length follows."""
    major, short = first >> 5, first & 31
    if short in _FIRST_LENGTHS:
        return 0 if major in _STRINGS else 1 + (1 << (short - 24))
    # What no reader takes is passed by: it says so where it comes to it.
    return 1 + short if major in _STRINGS and short < 24 else 1


_WIDTHS = bytes(map(_width, range(256)))


def _strings(top: int, lengths: Iterable[int]) -> bytes:
    """A pattern of strings that have their length in the first byte."""
    return b"|".join(rb"\x%02x.{%d}" % (top + length, length) for length in lengths)


_RUN = re.compile(
    # What is frequent comes first: small numbers, constants and heads of containers, digests, names, numbers.
    rb"(?:[\x00-\x17\x20-\x37\x40\x60\x80-\x97\xa0-\xb7\xf4-\xf6]|\x58\x20.{32}"
    rb"|%b|[\x18\x38\x98\xb8].|[\x19\x39\x99\xb9].{2}|[\x1a\x3a\x9a\xba].{4}"
    rb"|[\x1b\x3b\x9b\xbb\xfb].{8}|\x58\x40.{64}|%b){%d}+"
    % (_strings(TEXT << 5, range(1, 24)), _strings(BYTES << 5, range(1, 24)), _RUN_ITEMS),
    re.DOTALL,
)
"""So many items in a row, none with a length of its own but those that are frequent. Each has one way to be read."""
