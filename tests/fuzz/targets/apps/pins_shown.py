"""What keepers of pins show: shares are where the challenge says, in the pinned square, or refused.

Input: a byte with the row, one with the column, then the bytes that ``prove_pin/1`` carries.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from focusmesh.apps.pins import show_all
from focusmesh.apps.pins.possession import read_shown
from focusmesh.errors import InputError, ProofError
from focusmesh.kernel.availability import FOCUS, SIGNALS, Square, shares_of
from focusmesh.protocol.codec import decode, encode
from tests.fuzz.target import Structure, Target


@cache
def _square() -> Square:
    """4 × 4 shares."""
    return Square.of(shares_of({SIGNALS: bytes(range(256)) * 6, FOCUS: b"moved" * 300}))


def check(data: bytes) -> bool:
    square = _square()
    size = 2 * square.width
    if len(data) < 2:
        return False
    row, column = data[0] % size, data[1] % size
    try:
        shown = read_shown(data[2:])
        builtin = [msgspec.to_builtins(each, builtin_types=(bytes,)) for each in shown]
        assert encode(builtin) == data[2:]
        for each in shown:
            each.verify(square.roots.data_root, square.width, row, column)
            assert each.share == square.shares[row, column].tobytes()
    except (InputError, ProofError):
        return False
    if shown:
        assert data[2:] == show_all(square, [(row, column)] * len(shown))
    return bool(shown)


def seeds() -> list[bytes]:
    square = _square()
    places = [(0, 0), (3, 2), (7, 1), (2, 6), (7, 7)]
    once = [bytes(place) + show_all(square, [place]) for place in places]
    return [*once, bytes(places[1]) + show_all(square, [places[1]] * 3)]


def _read(data: bytes) -> list[Any]:
    return [data[0], data[1], decode(data[2:])]


def _write(value: Any) -> bytes:
    row, column, shown = value
    return bytes([row % 256, column % 256]) + encode(shown)


TARGET = Target(check, seeds, Structure(_read, _write))
