"""Repair from what is left, and proofs of bad encoding that a stranger checks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import InputError, ProofError
from focusmesh.kernel.availability import (
    SIGNALS,
    BadEncoding,
    ProvedShare,
    Repaired,
    Roots,
    Square,
    extend,
    repair,
    shares_of,
)
from focusmesh.protocol.codec import decode, encode
from tests.world.naive_square import line_roots

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import BoolArray, ByteArray

K = 4


@cache
def right() -> Square:
    return Square.of(shares_of({SIGNALS: np.random.default_rng(5).bytes(7_000)}))


def committed(shares: ByteArray) -> Roots:
    """Whatever the shares are, the roots that a producer could sign for them."""
    rows = [[share.tobytes() for share in row] for row in shares]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return Roots(tuple(line_roots(rows)), tuple(line_roots(columns)))


class Evil(Square):
    """A square that proves its shares though they are no extension of one another."""

    def __init__(self, shares: ByteArray) -> None:
        self.shares = shares


def taken(square: Square, known: BoolArray, seed: int) -> dict[tuple[int, int], ProvedShare]:
    random = np.random.default_rng(seed)
    return {
        (int(row), int(column)): square.prove(
            int(row), int(column), "row" if random.random() < 0.5 else "column"
        )
        for row, column in zip(*np.nonzero(known), strict=True)
    }


def repaired(square: Square, known: BoolArray, roots: Roots) -> Repaired:
    return repair(np.where(known[:, :, None], square.shares, 0xAA).astype(np.uint8), known, roots)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.6))
def test_a_repair_gives_back_the_square_or_says_what_is_known(seed: int, lost: float) -> None:
    known = np.random.default_rng(seed).random((2 * K, 2 * K)) >= lost
    found = repaired(right(), known, right().roots)
    assert found.bad is None
    assert (found.known >= known).all()
    assert np.array_equal(found.shares[found.known], right().shares[found.known])
    if found.square is None:
        assert max(found.known.sum(axis=0).min(), found.known.sum(axis=1).min()) < K
        assert (2 * K - found.known.sum(axis=1) > K).sum() > K
    else:
        assert found.square.roots == right().roots
        assert found.known.all()


def test_one_share_less_than_can_be_withheld_is_repaired_and_that_many_are_not() -> None:
    known = np.ones((2 * K, 2 * K), dtype=bool)
    known[: K + 1, : K + 1] = False
    assert repaired(right(), known, right().roots).square is None
    known[0, 0] = True
    assert repaired(right(), known, right().roots).square is not None


def changed(place: tuple[int, int, int], value: int = 1) -> ByteArray:
    shares = right().shares.copy()
    shares[place] ^= value
    return shares


EVIL = {
    "an own share": changed((1, 2, 400)),
    "a share added to a row": changed((2, K + 1, 7)),
    "a share added to a column": changed((K + 2, 1, 7)),
    "a share added to both": changed((K + 1, K + 3, 511)),
    "a namespace out of order": changed((0, 0, 0), 0xFE),
    "all that was added": np.where(
        np.arange(2 * K)[None, :, None] < K, right().shares, 0x5A
    ).astype(np.uint8),
}


@pytest.mark.parametrize("what", EVIL)
@pytest.mark.parametrize("lost", [0.0, 0.2, 0.35])
def test_bad_encoding_is_proved_to_strangers(what: str, lost: float) -> None:
    square = Evil(EVIL[what])
    roots = committed(square.shares)
    roots.verify(roots.data_root)
    known = np.random.default_rng(len(what)).random((2 * K, 2 * K)) >= lost
    try:
        given_shares = taken(square, known, 1)
    except InputError:
        assert what == "a namespace out of order"
        return
    found = repaired(square, known, roots)
    if found.bad is None:
        assert lost > 0
        return
    proof = BadEncoding.of(found, given_shares)
    BadEncoding.decode(proof.encode()).verify(roots)
    with pytest.raises(ProofError):
        proof.verify(right().roots)


def test_values_of_2k_minus_1_points_always_fit_and_are_still_no_line() -> None:
    """Recovery of one lost piece agrees with any values at all: the extension alone tells."""
    shares = EVIL["a share added to both"]
    known = np.ones((2 * K, 2 * K), dtype=bool)
    known[K + 1, 0] = False
    found = repaired(Evil(shares), known, committed(shares))
    assert found.bad is not None


def test_nothing_is_proved_against_a_right_block() -> None:
    square = right()
    shares = tuple(square.prove(2, column, "column") for column in range(K))
    with pytest.raises(ProofError, match="coded as it should be"):
        BadEncoding("row", 2, shares).verify(square.roots)
    evil = EVIL["an own share"]
    roots = committed(evil)
    found = repaired(Evil(evil), np.ones((2 * K, 2 * K), dtype=bool), roots)
    proof = BadEncoding.of(found, taken(Evil(evil), found.known, 2))
    proof.verify(roots)
    for twin in (
        msgspec.structs.replace(proof, shares=proof.shares[1:]),
        msgspec.structs.replace(proof, shares=(proof.shares[0], *proof.shares[:-1])),
        msgspec.structs.replace(proof, index=(proof.index + 1) % (2 * K)),
        msgspec.structs.replace(proof, index=2 * K),
        msgspec.structs.replace(proof, axis="diagonal"),
        msgspec.structs.replace(
            proof,
            shares=(msgspec.structs.replace(proof.shares[0], share=bytes(512)), *proof.shares[1:]),
        ),
    ):
        with pytest.raises(ProofError):
            twin.verify(roots)
    for data in (b"", b"\x83", proof.encode()[:-1], proof.encode() + b"\0"):
        with pytest.raises(ProofError):
            BadEncoding.decode(data)


def test_a_share_that_was_given_without_proof_proves_nothing() -> None:
    shares = EVIL["an own share"]
    found = repaired(Evil(shares), np.ones((2 * K, 2 * K), dtype=bool), committed(shares))
    with pytest.raises(InputError, match="without a proof"):
        BadEncoding.of(found, {})
    whole = repaired(right(), np.ones((2 * K, 2 * K), dtype=bool), right().roots)
    with pytest.raises(InputError, match="found no line"):
        BadEncoding.of(whole, {})


def apart(column: int, *, coded: bool) -> Evil:
    """The square with another share in row 2 of a column; ``coded``: with what that adds to the column, too."""
    shares = changed((2, column, 300))
    if coded:
        shares[K:, column] = extend(shares[None, :K, column])[0]
    return Evil(shares)


@pytest.mark.parametrize("column", [1, K + 2])
@pytest.mark.parametrize("coded", [False, True])
def test_rows_and_columns_that_are_right_apart_are_proved_bad_together(
    column: int, *, coded: bool
) -> None:
    """Rows commit to one square, a column to another: each may be coded rightly, and then only both show it."""
    square, evil = right(), apart(column, coded=coded)
    roots = Roots(square.roots.rows, committed(evil.shares).columns)
    shares = {
        (row, at): (evil if at == column else square).prove(
            row, at, "column" if at == column else "row"
        )
        for row in range(2 * K)
        for at in range(2 * K)
    }
    found = repaired(evil, np.ones((2 * K, 2 * K), dtype=bool), roots)
    assert found.bad is not None
    BadEncoding.of(found, shares).verify(roots)


def test_shares_that_are_just_enough_are_held_against_the_roots() -> None:
    known = np.zeros((2 * K, 2 * K), dtype=bool)
    known[:K, :K] = True
    for what in ("a share added to a row", "a share added to both", "all that was added"):
        evil = Evil(EVIL[what])
        roots = committed(evil.shares)
        found = repaired(evil, known, roots)
        assert found.bad is not None
        BadEncoding.of(found, taken(evil, known, 3)).verify(roots)


def test_proofs_have_one_spelling() -> None:
    """A field that was left out, or what is to come after it, was once read as its default."""
    share = right().prove(1, 2)
    told = decode(share.encode())
    assert isinstance(told, list)
    assert isinstance(told[4], list)
    assert ProvedShare.decode(encode(told)) == share
    assert told[4].pop() == b""
    with pytest.raises(ProofError, match="canonical encoding"):
        ProvedShare.decode(encode(told))
    with pytest.raises(ProofError, match="canonical encoding"):
        BadEncoding.decode(encode(["row", 1, [told]]))
