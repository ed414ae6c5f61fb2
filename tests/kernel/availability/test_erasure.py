"""Reed–Solomon: Lagrange's formula gives the same pieces, and any k of 2k give back all, by NumPy and compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import InputError
from focusmesh.kernel.availability import erasure, extend, recover
from tests.world.naive_square import extended

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray

EVERY_WAY = pytest.mark.parametrize("compiled_from", [0, 1 << 40], ids=["compiled", "numpy"])


def random_pieces(seed: int, lines: int, k: int, length: int = 16) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (lines, k, length), dtype=np.uint8)


@EVERY_WAY
@pytest.mark.parametrize("k", [1, 2, 4, 8, 16])
def test_what_is_added_are_values_of_the_same_polynomials(
    k: int, compiled_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "_COMPILED_FROM_BYTES", compiled_from)
    pieces = random_pieces(k, 2, k)
    for line, added in zip(pieces, extend(pieces), strict=True):
        assert [each.tobytes() for each in added] == extended([each.tobytes() for each in line])


@EVERY_WAY
@settings(max_examples=25, deadline=None)
@given(depth=st.integers(0, 7), seed=st.integers(0, 2**32 - 1), spare=st.floats(0, 1))
def test_any_half_of_a_line_gives_back_all_of_it(
    compiled_from: int, depth: int, seed: int, spare: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasure, "_COMPILED_FROM_BYTES", compiled_from)
        k = 1 << depth
        pieces = random_pieces(seed, 2, k)
        whole = np.concatenate([pieces, extend(pieces)], axis=1)
        random = np.random.default_rng(seed)
        known = np.ones((2, 2 * k), dtype=bool)
        for line in known:
            line[random.permutation(2 * k)[: int(spare * k)]] = False
        given_pieces = np.where(known[:, :, None], whole, random.integers(0, 256, dtype=np.uint8))
        assert np.array_equal(recover(given_pieces.astype(np.uint8), known), whole)


def test_what_no_field_of_256_has_is_refused() -> None:
    with pytest.raises(InputError, match=r"GF\(2\^8\) has 256 points"):
        extend(random_pieces(1, 1, 256))
    with pytest.raises(InputError, match="not 3"):
        extend(random_pieces(1, 1, 3))
    with pytest.raises(InputError, match="multiple of 8 bytes"):
        extend(random_pieces(1, 1, 4, 12))


def test_fewer_than_half_is_too_few() -> None:
    known = np.zeros((1, 8), dtype=bool)
    known[0, :3] = True
    with pytest.raises(InputError, match="line 0 has 3 of 8 pieces, 4 are needed"):
        recover(random_pieces(1, 1, 8), known)
