"""Proofs of blocks: bytes of a stranger are refused, or say of a block what is true as of the commit."""

from __future__ import annotations

from functools import cache

from focusmesh.apps.grid import BlockProof, History, MemoryArrayStore
from focusmesh.errors import ProofError
from focusmesh.protocol.codec import decode, encode
from tests.fuzz.target import Structure, Target

SHAPE = (48, 48, 48)


@cache
def _history() -> History:
    """A full tile, one of a few blocks, and one far away."""
    history = History.create(MemoryArrayStore(), "a", SHAPE, 0)
    array = history.array()
    array.activate_box((0, 0, 0), (16, 16, 16))
    for number in range(0, 200, 3):
        array.set(16 + number % 16, number // 16, 3, number / 8)
    array.set(47, 47, 47, 1.0)
    history.commit(array, "set", 0)
    return history


def check(data: bytes) -> bool:
    try:
        proof = BlockProof.decode(data)
    except ProofError:
        return False
    assert proof.encode() == data
    try:
        block = proof.verify(_history().tip.id)
    except ProofError:
        return True
    assert block == _truth().get(proof.coordinates)
    return True


@cache
def _truth() -> dict[tuple[int, ...], object]:
    return dict(_history().array().blocks().items())


def seeds() -> list[bytes]:
    places = [
        (0, 0, 0),
        (15, 15, 15),
        (16, 0, 3),
        (17, 0, 3),
        (31, 15, 15),
        (40, 0, 0),
        (47, 47, 47),
    ]
    return [_history().prove(*place).encode() for place in places]


TARGET = Target(check, seeds, Structure(decode, encode))
