"""Row sums without compiled kernels, by SciPy's loop and by NumPy's: right to the rounding that bounds count on."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.focus.operator.sums import UNIT
from focusmesh.engine.links.structure import plain_rows as rows
from focusmesh.engine.links.structure.plain_rows import PIECE, LoopRows, SegmentRows
from tests.engine.links.test_rows import KINDS, side

if TYPE_CHECKING:
    from tests.engine.links.test_rows import Side

IMPLEMENTATIONS = (LoopRows, SegmentRows)

lengths = st.lists(
    st.one_of(st.integers(0, 9), st.integers(PIECE - 2, PIECE + 2), st.integers(500, 9000)),
    min_size=1,
    max_size=30,
)


def worst_share(of: Side, found: np.ndarray, gathered: np.ndarray) -> float:
    """The largest error of a sum as a share of what rounding may take of it."""
    start, column, weight = of
    terms = gathered[column] * (1.0 if weight is None else weight.astype(np.float64))
    shares = [0.0]
    for row, (first, stop) in enumerate(pairwise(start)):
        part = terms[first:stop]
        length = len(part)
        if not length:
            assert found[row] == 0
            continue
        allowed = (1 + min(length, 70 + math.log2(1 + length))) * UNIT * math.fsum(np.abs(part))
        shares.append(abs(found[row] - math.fsum(part)) / allowed)
    return max(shares)


@pytest.mark.parametrize("made", IMPLEMENTATIONS)
@pytest.mark.parametrize("kind", KINDS)
@given(lengths=lengths, seed=st.integers(0, 999))
def test_sums_are_as_near_as_bounds_say(
    made: type[LoopRows | SegmentRows],
    kind: type[np.floating] | None,
    lengths: list[int],
    seed: int,
) -> None:
    of = side(lengths, kind, seed)
    gathered = np.random.default_rng(seed).standard_normal(len(lengths))
    found = made(*of).sums(gathered)
    assert worst_share(of, found, gathered) <= 1
    room = np.zeros(len(lengths))
    assert made(*of).sums(gathered, room) is room
    assert np.array_equal(room, found)
    assert np.array_equal(made(*of).sums(gathered, room), found)


def test_a_long_row_added_one_by_one_would_be_further_off(monkeypatch: pytest.MonkeyPatch) -> None:
    of = side([400_000, 3], np.float64, 1)
    gathered = np.array([0.1, 0.7])
    assert worst_share(of, LoopRows(*of).sums(gathered), gathered) <= 1
    monkeypatch.setattr(rows, "PIECE", 1 << 30)
    assert worst_share(of, LoopRows(*of).sums(gathered), gathered) > 1


def test_numpy_adds_where_the_loop_is_not_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    of = side([2, 0, 60], np.float32, 1)
    assert isinstance(rows.plain_rows(*of), LoopRows)
    monkeypatch.setattr(rows, "sparse_loop", lambda: None)
    assert isinstance(rows.plain_rows(*of), SegmentRows)
