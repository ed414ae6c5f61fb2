"""Squares: a real Celestia block's data root, an independent working-out, shares that prove where they lie."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import BlockError, InputError, ProofError
from focusmesh.kernel.availability import (
    FOCUS,
    PARTS_BYTES_MAX,
    SIGNALS,
    Roots,
    Square,
    parts_of,
    share_id,
    shares_of,
)
from tests.kernel.availability.celestia import square_of
from tests.world.naive_square import data_root

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray
    from tests.conftest import Vectors


def square(seed: int, byte_count: int) -> Square:
    random = np.random.default_rng(seed)
    return Square.of(shares_of({SIGNALS: random.bytes(byte_count), FOCUS: random.bytes(50)}))


def test_the_data_hash_of_a_real_block_comes_out(vectors: Vectors) -> None:
    path = vectors("celestia-block/mainnet_block_10126899.json")
    block = json.loads(path.read_text())
    transactions = [base64.b64decode(each) for each in block["txs"]]
    shares = square_of(transactions, block["square_size"])
    assert Square.of(shares).roots.data_root.hex() == block["data_hash"].lower()
    changed = shares.copy()
    changed[-1, -1, -1] ^= 1
    assert Square.of(changed).roots.data_root.hex() != block["data_hash"].lower()


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=1, max_size=4000), st.binary(max_size=600))
def test_the_root_is_that_of_a_second_working_out(signals: bytes, focus: bytes) -> None:
    shares = shares_of({SIGNALS: signals, FOCUS: focus})
    body = len(signals).to_bytes(4, "big") + signals + focus
    assert Square.of(shares).roots.data_root == data_root(body)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([SIGNALS, FOCUS]), st.binary(max_size=3000)))
def test_parts_come_back_from_their_shares(parts: dict[bytes, bytes]) -> None:
    shares = shares_of(parts)
    assert parts_of(shares) == {name: part for name, part in parts.items() if part}
    random = np.random.default_rng(len(parts))
    changed = shares.copy()
    changed[tuple(random.integers(0, size) for size in shares.shape)] ^= 1
    assert parts_or_refusal(changed) != parts_of(shares)


def parts_or_refusal(shares: ByteArray) -> dict[bytes, bytes] | str:
    try:
        return parts_of(shares)
    except BlockError as error:
        return error.code


def test_the_largest_square_is_full_and_no_more() -> None:
    assert shares_of({SIGNALS: bytes(PARTS_BYTES_MAX)}).shape == (128, 128, 512)
    with pytest.raises(BlockError, match=r"larger than GF\(2\^8\)") as caught:
        shares_of({SIGNALS: bytes(PARTS_BYTES_MAX + 16 * 482)})
    assert caught.value.code == "too-large"


@pytest.mark.parametrize("byte_count", [1, 3_000])
def test_each_share_proves_where_it_lies_and_nowhere_else(byte_count: int) -> None:
    whole = square(3, byte_count)
    roots = whole.roots
    roots.verify(roots.data_root)
    size = len(whole.shares)
    for place in range(size * size):
        for axis in ("row", "column"):
            share = whole.prove(*divmod(place, size), axis)
            share.verify(roots)
            twins = [
                msgspec.structs.replace(share, share=bytes(512)),
                msgspec.structs.replace(share, share=share.share[:-1]),
                msgspec.structs.replace(share, row=(share.row + 1) % size),
                msgspec.structs.replace(share, column=(share.column + 1) % size),
                msgspec.structs.replace(share, axis="row" if axis == "column" else "column"),
                msgspec.structs.replace(share, axis="?"),
                msgspec.structs.replace(share, row=-1),
            ]
            for twin in twins[:: 1 if place < 4 else 3]:
                if twin.share != share.share or not _same(
                    whole, twin.row, twin.column, share.row, share.column
                ):
                    with pytest.raises(ProofError):
                        twin.verify(roots)


def _same(whole: Square, row: int, column: int, at_row: int, at_column: int) -> bool:
    """Squares of one share have the same one everywhere."""
    return (
        row >= 0
        and len(whole.shares) == 2
        and bool((whole.shares[row, column] == whole.shares[at_row, at_column]).all())
    )


def test_roots_of_another_block_are_refused() -> None:
    roots, other = square(1, 900).roots, square(2, 900).roots
    with pytest.raises(ProofError, match="another data root"):
        roots.verify(other.data_root)
    for bad in (
        Roots(roots.rows[:-1], roots.columns),
        Roots((), ()),
        Roots((*roots.rows[:-1], b"x"), roots.columns),
        Roots(roots.rows * 3, roots.columns * 3),
    ):
        with pytest.raises(ProofError):
            bad.verify(bad.data_root if bad.rows else bytes(32))


def test_a_share_is_asked_for_by_network_block_and_place() -> None:
    names = {
        share_id(network, root, row, column)
        for network in (bytes(32), b"\1" * 32)
        for root in (bytes(32), b"\2" * 32)
        for row in (0, 1)
        for column in (0, 1)
    }
    assert len(names) == 16


def test_shapes_that_are_no_square_are_refused() -> None:
    for shape in ((3, 3, 512), (2, 4, 512), (2, 2, 511), (256, 256, 512)):
        with pytest.raises(InputError, match="along a side"):
            Square.of(np.zeros(shape, dtype=np.uint8))
    with pytest.raises(InputError, match="shares 0 … 3 a side"):
        square(1, 1).prove(4, 0)
