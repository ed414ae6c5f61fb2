"""Ids of digests: dense, lasting, the same for everyone who reads the store."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import numpy as np
import pytest

from focusmesh.errors import DamagedFileError
from focusmesh.kernel.state import NOT_FOUND, MemoryStore, Particles
from focusmesh.kernel.state.particles import matrix


def drawn(count: int, seed: int = 0, head: bytes = b"") -> list[bytes]:
    random = Random(seed)
    return [head + random.randbytes(32 - len(head)) for _ in range(count)]


def interned(store: MemoryStore, particles: Particles, digests: list[bytes]) -> list[int]:
    with store.write() as writer:
        return [int(particle) for particle in particles.intern(writer, matrix(digests))]


@pytest.mark.parametrize("head", [b"", b"the same first bytes"])
@pytest.mark.parametrize("batch", [1, 64, 65, 3_000])
def test_ids_are_given_in_order_and_kept(head: bytes, batch: int) -> None:
    digests = drawn(3_000 if batch > 1 and not head else 200, head=head)
    store, particles = MemoryStore(), Particles()
    for first in range(0, len(digests), batch):
        part = digests[first : first + batch]
        wanted = list(range(first, first + len(part)))
        assert interned(store, particles, [*part, *part[::-1]]) == wanted + wanted[::-1]
    for known in (particles, Particles()):
        with store.read() as reader:
            assert known.find(reader, matrix(digests)).tolist() == list(range(len(digests)))
            assert known.find(reader, matrix(drawn(99, 1, head))).tolist() == [NOT_FOUND] * 99
            assert known.find_one(reader, digests[7]) == 7
            assert known.find_one(reader, bytes(32)) is None
            assert np.array_equal(known.digests(reader), matrix(digests))
            assert known.count(reader) == len(digests)


def test_kinds_are_counted_apart() -> None:
    store = MemoryStore()
    digests = drawn(9)
    assert interned(store, Particles("particle"), digests) == list(range(9))
    assert interned(store, Particles("neuron"), digests[::-1]) == list(range(9))
    with store.read() as reader:
        assert Particles("relation").count(reader) == 0
        assert Particles("neuron").digests(reader)[0].tobytes() == digests[8]


@pytest.mark.parametrize("many", [5, 500])
def test_what_a_failed_transaction_added_is_forgotten(many: int) -> None:
    store, particles = MemoryStore(), Particles()
    first, lost, later = drawn(100), drawn(many, 1), drawn(100, 2)
    interned(store, particles, first)
    with suppress(ZeroDivisionError), store.write() as writer:
        particles.intern(writer, matrix(lost))
        raise ZeroDivisionError
    with store.read() as reader:
        assert np.array_equal(particles.digests(reader), matrix(first))
        assert set(particles.find(reader, matrix(lost + drawn(99, 3))).tolist()) == {NOT_FOUND}
    assert interned(store, particles, later) == list(range(100, 200))
    with store.read() as reader:
        assert particles.find(reader, matrix(lost + later))[many:].tolist() == list(range(100, 200))
        assert set(particles.find(reader, matrix(lost)).tolist()) == {NOT_FOUND}
        assert np.array_equal(Particles().digests(reader), matrix(first + later))


def test_a_reader_sees_its_own_moment() -> None:
    store, particles = MemoryStore(), Particles()
    interned(store, particles, drawn(70))
    with store.read() as earlier:
        interned(store, particles, drawn(70, 1))
        assert len(particles.digests(earlier)) == 70
        assert len(particles.prefixes(earlier)) == 70


def test_a_store_that_lost_digests_is_noticed() -> None:
    store = MemoryStore()
    interned(store, Particles(), drawn(100))
    with store.write() as writer:
        writer.delete_many("particles", [key for key, _ in writer.scan("particles", reverse=True)])
    with store.read() as reader, pytest.raises(DamagedFileError, match="100 ids"):
        Particles().digests(reader)
