"""Growing relations in compiled code: sets of keys, each in a piece of a chunk of memory, and chains of rows."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.reasoning.rules.evaluation.machine.layout import (
    BITS,
    CHUNK,
    COUNT,
    FREE,
    HAS_IDS,
    LIMIT,
    ROOM,
    ROW_KEYS,
    SETS,
    USED,
    WIDEST,
    WIDTH,
)
from focusmesh.engine.support.compiled import intrinsic, ir, kernel, part, types

Array: TypeAlias = npt.NDArray[Any]
_SPREAD = -7046029254386353131


def _address(builder: Any, arguments: Any) -> Any:
    base = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
    return builder.gep(base, [arguments[1]])


def _load(typing_context: Any, address: Any, index: Any) -> Any:
    """The int64 at an index of an array whose address is given."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_address(builder, arguments))

    return types.int64(types.int64, types.int64), generate


def _store(typing_context: Any, address: Any, index: Any, value: Any) -> Any:
    """Puts an int64 at an index of an array whose address is given."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _address(builder, arguments))
        return arguments[2]

    return types.int64(types.int64, types.int64, types.int64), generate


load: Any = intrinsic(_load)
store: Any = intrinsic(_store)


@part
def find(begin: int, mask: int, key: int) -> int:
    """Where a key is in a set, or the free place where it would be."""
    at = key * _SPREAD >> 32 & mask
    while True:
        there = load(begin, at)
        if there == key or there == -1:
            return at
        at = at + 1 & mask


@part
def set_of(relation: int, key: int) -> int:
    """Where it is told of the set that a key belongs to, that of its first column: its length, address and size."""
    return int(3 * (key >> load(relation, BITS) * (load(relation, WIDTH) - 1)))


@kernel
def widen(relation: int, number: int) -> bool:
    """Gives a set of a relation twice the room; False where the chunk has none left.

    Rooms that are left are used again.
    """
    sets, has_ids = load(relation, SETS), load(relation, HAS_IDS)
    old, begin = load(sets, number), load(sets, number + 1)
    length, kind = max(4, 2 * old), 0
    while 4 << kind < length:
        kind += 1
    fresh = load(relation, FREE + kind)
    if fresh:
        store(relation, FREE + kind, load(fresh, 0))
    elif load(relation, USED) + (length << has_ids) > load(relation, ROOM):
        return False
    else:
        fresh = load(relation, CHUNK) + 8 * load(relation, USED)
        store(relation, USED, load(relation, USED) + (length << has_ids))
    store(relation, WIDEST, max(load(relation, WIDEST), length))
    for at in range(length):
        store(fresh, at, -1)
    for at in range(old):
        key = load(begin, at)
        if key != -1:
            place = find(fresh, length - 1, key)
            store(fresh, place, key)
            if has_ids:
                store(fresh, length + place, load(begin, old + at))
    if old:
        store(begin, 0, load(relation, FREE + kind - 1))
        store(relation, FREE + kind - 1, begin)
    store(sets, number, length)
    store(sets, number + 1, fresh)
    return True


@part
def put(relation: int, key: int) -> bool:
    """Takes in a key if it is new; False where there is no room for it."""
    sets, number = load(relation, SETS), set_of(relation, key)
    length, held = load(sets, number), load(sets, number + 2)
    if 3 * held >= 2 * length:
        if not widen(relation, number):
            return False
        length = load(sets, number)
    begin = load(sets, number + 1)
    place = find(begin, length - 1, key)
    if load(begin, place) == -1:
        count = load(relation, COUNT)
        store(begin, place, key)
        store(sets, number + 2, held + 1)
        store(load(relation, ROW_KEYS), count, key)
        if load(relation, HAS_IDS):
            store(begin, length + place, count)
        store(relation, COUNT, count + 1)
    return True


@kernel
def take(relation: int, keys: Array, begin: int) -> int:
    """Takes in keys from one on, as long as there is room; how many are done."""
    for at in range(begin, len(keys)):
        if load(relation, COUNT) >= load(relation, LIMIT) or not put(relation, keys[at]):
            return at
    return len(keys)


@kernel
def chain(
    keys: Array, rows: tuple[int, int], shift: int, bits: int, heads: Array, nexts: Array
) -> None:
    """Adds rows to the chains of one column: ``heads`` has a value's last row, ``nexts`` the one before."""
    for row in range(rows[0], rows[1]):
        value = keys[row] >> shift & (1 << bits) - 1
        nexts[row] = heads[value]
        heads[value] = row
