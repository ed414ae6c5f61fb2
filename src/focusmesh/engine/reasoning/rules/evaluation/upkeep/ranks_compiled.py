"""A table of pairs in compiled code: each pair's rank, and whether a closure begins with it."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel, part

Array: TypeAlias = npt.NDArray[Any]

EMPTY = -1
_SPREAD = -7046029254386353131


@part
def slot_of(keys: Array, key: int) -> int:
    """Where a key is, or the free place where it would be."""
    mask = len(keys) - 1
    at = key * _SPREAD >> 31 & mask
    while keys[at] != key and keys[at] != EMPTY:
        at = at + 1 & mask
    return at


@part
def rank_of(table: tuple[Array, Array, Array], key: int) -> int:
    """The rank of a pair, −1 where it is not there."""
    at = slot_of(table[0], key)
    return table[1][at] if table[0][at] == key else EMPTY


@part
def put(table: tuple[Array, Array, Array], key: int, rank: int) -> None:
    """Takes in a pair that is not there."""
    at = slot_of(table[0], key)
    table[0][at], table[1][at], table[2][at] = key, rank, 0


@part
def remove(table: tuple[Array, Array, Array], key: int) -> None:
    """Lets go of a pair that is there: those behind it move up."""
    keys, ranks, begun = table
    mask = len(keys) - 1
    hole = slot_of(keys, key)
    at = hole + 1 & mask
    while keys[at] != EMPTY:
        home = keys[at] * _SPREAD >> 31 & mask
        if (at - home & mask) >= (at - hole & mask):
            keys[hole], ranks[hole], begun[hole] = keys[at], ranks[at], begun[at]
            hole = at
        at = at + 1 & mask
    keys[hole] = EMPTY


@kernel
def fill(table: tuple[Array, Array, Array], keys: Array, ranks: Array, begun: Array) -> None:
    """Takes in pairs that are not there, with what is told of each."""
    for row in range(len(keys)):
        at = slot_of(table[0], keys[row])
        table[0][at], table[1][at], table[2][at] = keys[row], ranks[row], begun[row]


@kernel
def mark(table: tuple[Array, Array, Array], keys: Array, begun: int) -> None:
    """Says of pairs that are there whether the closure begins with them."""
    for key in keys:
        at = slot_of(table[0], key)
        if table[0][at] == key:
            table[2][at] = begun
