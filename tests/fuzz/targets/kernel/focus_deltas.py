"""Differences of the focus in a block: varints in pages, and the vector that follows from them.

Input: the number of entries (two bytes), a bit for each of 16 places that a new particle may stand at, and the bytes.
"""

from __future__ import annotations

import numpy as np

from focusmesh.errors import BlockError
from focusmesh.kernel.focus.delta import Delta, insert_particles, uniform
from tests.fuzz.target import Structure, Target

_HEAD_BYTES = 4
_ENTRIES_MAX = 2_000
_ONE = 2**63


def check(data: bytes) -> bool:
    if len(data) < _HEAD_BYTES:
        return False
    count = int.from_bytes(data[:2], "big") % _ENTRIES_MAX
    bits = int.from_bytes(data[2:_HEAD_BYTES], "big")
    places = np.flatnonzero([bits >> at & 1 for at in range(min(16, count))]).astype(np.uint32)
    content = data[_HEAD_BYTES:]
    try:
        delta = Delta.decode(content, count)
        assert delta.encode() == content
        assert len(delta.steps) == count
        base = insert_particles(uniform(count - len(places)), places, delta.start)
        assert sum(base.tolist()) == (_ONE if count else 0)
        moved = delta.apply_to(base)
    except BlockError:
        return False
    steps = [step << delta.shift for step in delta.steps.tolist()]
    exact = [value + step for value, step in zip(base.tolist(), steps, strict=True)]
    assert moved.tolist() == exact
    assert all(0 <= value <= _ONE for value in exact)
    return True


def _written(count: int, bits: int, delta: Delta) -> bytes:
    return count.to_bytes(2, "big") + bits.to_bytes(2, "big") + delta.encode()


def seeds() -> list[bytes]:
    steps = np.zeros(1_300, np.int64)
    steps[[3, 600, 1_299]] = 5, -7, 2**40
    around = np.array([-1, 2, 0, -(2**20), 300], np.int64)
    return [
        _written(0, 0, Delta(0, 0, np.zeros(0, np.int64))),
        _written(5, 0, Delta(0, 0, around)),
        _written(5, 0b10, Delta(40, 2**60, around)),
        _written(1_300, 0, Delta(10, 0, steps)),
        _written(1_300, 0x8001, Delta(2, 7, np.zeros(1_300, np.int64))),
    ]


def _read(data: bytes) -> list[object]:
    count = int.from_bytes(data[:2], "big") % _ENTRIES_MAX
    delta = Delta.decode(data[_HEAD_BYTES:], count)
    moved = np.flatnonzero(delta.steps).tolist()
    listed = [[at, int(delta.steps[at])] for at in moved]
    return [count, int.from_bytes(data[2:_HEAD_BYTES], "big"), delta.shift, delta.start, listed]


def _write(value: list[object]) -> bytes:
    count, bits, shift, start, listed = value
    assert isinstance(count, int)
    assert isinstance(bits, int)
    assert isinstance(shift, int)
    assert isinstance(start, int)
    assert isinstance(listed, list)
    steps = np.zeros(count, np.int64)
    for at, step in listed:
        steps[at] = step
    return _written(count, bits, Delta(shift, start, steps))


TARGET = Target(check, seeds, Structure(_read, _write))
