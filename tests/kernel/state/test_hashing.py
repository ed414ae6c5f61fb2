"""SHA-256 of many messages: one body over hashlib and over sixteen lanes."""

from __future__ import annotations

from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError
from focusmesh.kernel.state import hashing, sha256_many, sha256_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import ByteArray, OffsetArray

WAYS = [hashing.by_library, hashing.by_lanes]
NIST = {
    # FIPS 180-4 examples, and the empty message of the CAVP short messages
    b"": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": (
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
        b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
        b"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
    ): ("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
    b"a" * 1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
}


def flat(messages: Sequence[bytes]) -> tuple[ByteArray, OffsetArray]:
    start = np.array([0, *accumulate(map(len, messages))], dtype=np.int64)
    return np.frombuffer(b"".join(messages), dtype=np.uint8), start


def digests(messages: Sequence[bytes]) -> list[bytes]:
    return [sha256(message).digest() for message in messages]


@pytest.mark.parametrize("way", WAYS)
def test_published_answers(way: hashing.Way) -> None:
    assert [row.tobytes().hex() for row in way(*flat(list(NIST)))] == list(NIST.values())


@pytest.mark.parametrize("way", WAYS)
def test_every_length_to_300(way: hashing.Way) -> None:
    random = np.random.default_rng(5)
    messages = [random.bytes(length) for length in range(301)]
    assert [row.tobytes() for row in way(*flat(messages))] == digests(messages)


@pytest.mark.parametrize("way", WAYS)
@given(messages=st.lists(st.binary(max_size=200), max_size=40), skipped=st.binary(max_size=9))
def test_any_messages_anywhere_in_the_data(
    way: hashing.Way, messages: list[bytes], skipped: bytes
) -> None:
    data, start = flat([skipped, *messages, skipped])
    assert [row.tobytes() for row in way(data, start[1:-1])] == digests(messages)


def test_many_are_hashed_in_chunks_and_threads() -> None:
    rows = np.random.default_rng(7).integers(0, 256, (40_000, 65), dtype=np.uint8)
    assert [row.tobytes() for row in sha256_rows(rows)] == digests([r.tobytes() for r in rows])


@pytest.mark.parametrize("way", [hashing.pairs_by_library, hashing.pairs_by_lanes])
def test_pairs_in_place(way: hashing.PairsWay) -> None:
    """Among them pairs with an empty side, and results that take the place of what they were made of."""
    hashes = np.random.default_rng(2).integers(0, 256, (150, 32), dtype=np.uint8)
    left, right = np.arange(50), np.arange(50, 100)
    right[::7], left[3::7] = -1, -1
    target = np.where(left < 0, right, left)
    rows = [bytes(32) if i < 0 else hashes[i].tobytes() for i in (*left, *right)]
    expected = digests([b"\x01" + a + b for a, b in zip(rows[:50], rows[50:], strict=True)])
    untouched = hashes[100:].copy()
    way(1, hashes, left, right, target)
    assert [row.tobytes() for row in hashes[target]] == expected
    assert (hashes[100:] == untouched).all()


def test_no_messages() -> None:
    assert sha256_many(np.empty(0, np.uint8), np.zeros(1, np.int64)).shape == (0, 32)


@pytest.mark.parametrize("start", [[], [0, 4], [2, 1], [-1, 2]])
def test_offsets_that_do_not_fit_are_refused(start: list[int]) -> None:
    with pytest.raises(InputError, match="offsets"):
        sha256_many(np.zeros(3, np.uint8), np.array(start, dtype=np.int64))
