"""MurmurHash3 against what its author and others have published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.focus.shards.murmur import murmur3_64, murmur3_128

# The signed halves that the package mmh3 shows in its documentation, and what its release 5.3.1 gave for others.
PUBLISHED = {
    b"foo": (-2129773440516405919, 9128664383759220103),
    bytes(32): (3562976398955928784, 1206996704943156540),
    bytes(range(32)): (-4148501202978516977, 2019031476393414993),
    b"": (0, 0),
}


def hashed(key: bytes, seed: int = 0) -> bytes:
    rows = np.frombuffer(key, dtype=np.uint8).reshape(1, -1)
    return murmur3_128(rows, seed).astype("<u8").tobytes()


def test_the_verification_value_of_smhasher() -> None:
    """Keys 0 … i of every length below 256, seeded 256 − i, then their hashes: 0x6384BA69 for x64, 128 bits."""
    every = b"".join(hashed(bytes(range(length)), 256 - length) for length in range(256))
    assert hashed(every)[:4] == (0x6384BA69).to_bytes(4, "little")


@pytest.mark.parametrize("key", PUBLISHED)
def test_published_hashes(key: bytes) -> None:
    assert np.frombuffer(hashed(key), dtype="<i8").tolist() == list(PUBLISHED[key])


@given(st.integers(0, 70).flatmap(lambda n: st.lists(st.binary(min_size=n, max_size=n))))
def test_many_keys_are_hashed_as_each_alone(keys: list[bytes]) -> None:
    length = len(keys[0]) if keys else 0
    rows = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), length)
    assert murmur3_128(rows).astype("<u8").tobytes() == b"".join(map(hashed, keys))
    assert murmur3_64(rows).tolist() == murmur3_128(rows)[:, 0].tolist()
