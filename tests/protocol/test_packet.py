"""Packets: one form, limits that are found by the heads, and memory of the packet's size."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from focusmesh.errors import CodecError, ParameterError, SignalError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.packet import Packet, PacketLimits
from tests.memory import peak_bytes

WIRES = st.binary(max_size=400)
CONTENTS = st.lists(st.binary(max_size=300), max_size=40)
MANY, FEW = 1 << 20, 1 << 16


def generic(data: bytes) -> Packet:
    """A packet by the reader of any dag-cbor, as it was read at first: the twin."""
    try:
        wire, contents = decode(data, items_max=None)
    except (CodecError, ValueError, TypeError) as error:
        raise SignalError("malformed", "no packet") from error
    if type(wire) is not bytes or type(contents) is not list:
        raise SignalError("malformed", "no packet")
    if any(type(content) is not bytes for content in contents):
        raise SignalError("malformed", "no packet")
    return Packet(wire, tuple(contents))


def read(reader: Any, data: bytes) -> Packet | None:
    try:
        return reader(data)  # type: ignore[no-any-return]
    except SignalError as error:
        return None if error.code in ("malformed", "size") else Packet(error.code.encode())


@given(wire=WIRES, contents=CONTENTS)
@example(b"x" * 70_000, [b""] * 300)
@example(b"x" * 255, [b"y" * 256] * 24)
def test_packets_are_what_they_were(wire: bytes, contents: list[bytes]) -> None:
    packet = Packet(wire, tuple(contents))
    data = packet.encode()
    assert data == encode([wire, contents])
    assert Packet.decode(data) == packet == generic(data)


@given(wire=WIRES, contents=CONTENTS, at=st.integers(0, 40), put=st.binary(max_size=3))
@example(b"", [], 0, b"\x82\x40")
@example(b"", [], 1, b"\x58")
@example(b"", [], 0, b"\x98\x02\x40\x80")
def test_changed_bytes_are_read_alike(
    wire: bytes, contents: list[bytes], at: int, put: bytes
) -> None:
    data = encode([wire, contents])
    for changed in (data[:at] + put + data[at + len(put) :], data[:at], data + put, put):
        assert read(Packet.decode, changed) == read(generic, changed)


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_alike(data: bytes) -> None:
    for whole in (data, b"\x82" + data, b"\x82\x41x" + data):
        assert read(Packet.decode, whole) == read(generic, whole)


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (PacketLimits(signal_bytes=9), "a signal of 10 bytes; at most 9"),
        (PacketLimits(contents=2), "3 contents beside a signal; at most 2"),
        (PacketLimits(content_bytes=4), "a content of 5 bytes; at most 4"),
    ],
)
def test_what_is_beyond_a_limit_is_too_large(limits: PacketLimits, what: str) -> None:
    data = Packet(b"s" * 10, (b"", b"12345", b"1")).encode()
    assert Packet.decode(data, PacketLimits(10, 3, 5)).size_bytes == 16
    with pytest.raises(SignalError, match=what) as refused:
        Packet.decode(data, limits)
    assert refused.value.code == "size"


def test_limits_hold() -> None:
    PacketLimits().verify()
    PacketLimits(1, 0, 0).verify()
    for wrong in (PacketLimits(0), PacketLimits(contents=-1), PacketLimits(content_bytes=-1)):
        with pytest.raises(ParameterError):
            wrong.verify()


def bombs(many: int = MANY) -> list[bytes]:
    """Packets that announce many contents, or have something else than bytes in their place."""
    count = many.to_bytes(4, "big")
    head = b"\x82\x41\x00\x9a" + count
    return [head + b"\xa0" * many, head + b"\x40" * many, b"\x82\x9a" + count + b"\x80" * many]


@pytest.mark.parametrize("number", range(3))
def test_a_bomb_makes_nothing(number: int) -> None:
    data = bombs()[number]

    def refuse() -> None:
        with pytest.raises(SignalError):
            Packet.decode(data)

    assert peak_bytes(refuse) < 1 << 16


@pytest.mark.parametrize("number", range(3))
def test_and_did_by_the_reader_of_anything(number: int) -> None:
    """The twin."""

    def read_it() -> None:
        with suppress(SignalError):
            generic(bombs(FEW)[number])

    assert peak_bytes(read_it) > 8 * FEW


def test_a_large_packet_takes_its_own_size() -> None:
    data = Packet(b"s" * 1_000, (b"x" * (1 << 20),) * 8).encode()
    assert peak_bytes(lambda: Packet.decode(data)) < 1.1 * len(data)
    packet = Packet.decode(data)
    assert peak_bytes(packet.encode) < 1.1 * len(data)
