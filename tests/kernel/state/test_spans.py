"""Pieces of bytes copied about: one body over slices and over the compiled loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.kernel.state import spans

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("way", [spans.by_slices, spans.by_kernel])
@given(pieces=st.lists(st.binary(max_size=20), max_size=30), data=st.data())
def test_pieces_land_where_they_belong(
    way: Callable[..., None], pieces: list[bytes], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(pieces))))
    laid = spans.Pieces.of(pieces).take(np.array(order, dtype=np.int64))
    ends = spans.starts_of(laid.length)
    target = np.empty(int(ends[-1]), dtype=np.uint8)
    way(laid.data, laid.start, laid.stop, target, ends[:-1])
    assert target.tobytes() == b"".join(pieces[number] for number in order)


def test_pieces_follow_each_other() -> None:
    both = spans.Pieces.of([b"ab", b""]).followed_by(spans.Pieces.of([b"c"]))
    bounds = zip(both.start, both.stop, strict=True)
    assert [both.data[a:b].tobytes() for a, b in bounds] == [b"ab", b"", b"c"]
