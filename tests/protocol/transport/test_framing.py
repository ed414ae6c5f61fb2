"""Frames out of bytes, however these are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport.framing import HEAD_BYTES, FrameReader, frame_bytes


@given(
    st.lists(st.binary(max_size=40), max_size=12),
    st.lists(st.integers(0, 600), max_size=20),
)
def test_frames_come_back_however_they_are_cut(frames: list[bytes], cuts: list[int]) -> None:
    data = b"".join(frame_bytes(frame) for frame in frames)
    reader, found, before = FrameReader(), list[bytes](), 0
    for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        found += reader.feed(data[before:cut])
        before = cut
    assert found == frames
    assert not reader.is_within()
    assert reader.held_bytes == 0


@given(st.binary(min_size=1, max_size=200), st.integers(1, 203))
def test_the_middle_of_a_frame_is_no_end(frame: bytes, cut: int) -> None:
    data = frame_bytes(frame)
    reader = FrameReader()
    reader.feed(data[: min(cut, len(data) - 1)])
    assert reader.is_within()


@given(st.integers(101, (1 << 32) - 1), st.integers(0, 8))
def test_too_long_a_frame_is_refused_by_its_head(length: int, more: int) -> None:
    reader = FrameReader(100)
    with pytest.raises(NetworkError) as caught:
        reader.feed(length.to_bytes(HEAD_BYTES, "big") + bytes(more))
    assert caught.value.code == "size"
    with pytest.raises(NetworkError, match="at most 100 bytes"):
        frame_bytes(bytes(101), 100)
