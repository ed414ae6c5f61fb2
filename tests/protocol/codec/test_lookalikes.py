"""Byte strings that hold what looks like links: what libipld makes of them is never what is written or read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.codec.writer import write

PIECES = (b"\xd8\x2a", b"\x58\x25", b"\x5a\0\0\0\1", b"\x41", b"\0", b"\x01\x55\x12\x20", bytes(32))
LOOKALIKES = st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)


@given(st.lists(LOOKALIKES, min_size=1, max_size=3))
def test_a_byte_string_stays_what_it_is(strings: list[bytes]) -> None:
    for value in (strings[0], strings, {"key": strings}):
        data = write(value)
        assert encode(value) == data
        assert decode(data) == value


def test_a_link_within_a_byte_string_breaks_nothing() -> None:
    value = bytes.fromhex("d82a5825000155122000") * 10
    assert encode(value) == write(value)


def test_a_byte_string_that_reads_as_another_value_without_its_link() -> None:
    """Three bytes fewer in the first string take the head of the second one: two byte strings again, but others."""
    value = [bytes.fromhex("d82a4500"), bytes.fromhex("000041aa")]
    assert encode(value) == write(value)
    assert decode(encode(value)) == value
