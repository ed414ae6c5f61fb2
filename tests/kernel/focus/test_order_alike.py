"""Digests are whatever links name: the committed order holds for many that begin alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from focusmesh.kernel.focus import FocusEdits
from focusmesh.kernel.focus.order import ParticleOrder

DIGESTS = st.builds(
    lambda head, tail: bytes([head]) * 8 + tail.to_bytes(24, "big"),
    st.integers(0, 2),
    st.integers(0, 300),
)


@given(st.lists(st.lists(DIGESTS, max_size=40), max_size=5))
def test_digests_that_begin_alike_stand_in_order(blocks: list[list[bytes]]) -> None:
    order, known = ParticleOrder.empty(), list[bytes]()
    for block in blocks:
        new = [digest for digest in dict.fromkeys(block) if digest not in known]
        order, places = order.with_new(FocusEdits.of(new, [], [], []).digests)
        known += new
        standing = [row.tobytes() for row in order.digests]
        assert standing == sorted(known)
        assert [standing[at] for at in places] == sorted(new)
        assert [known[at] for at in order.ids] == standing
        assert all(order.rank(digest) == standing.index(digest) for digest in known)
