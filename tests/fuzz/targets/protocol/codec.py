"""dag-cbor: the quick way by libipld and the reader and writer of our own say the same, and nothing has two forms."""

from __future__ import annotations

from focusmesh.errors import CodecError
from focusmesh.protocol.codec import DEPTH_MAX, Cid, Value, decode, encode
from focusmesh.protocol.codec.reader import read
from focusmesh.protocol.codec.writer import write
from tests.fuzz.target import Structure, Target

_SHALLOW = 3


def check(data: bytes) -> bool:
    try:
        plain = read(data, DEPTH_MAX)
    except CodecError:
        _refused(data, DEPTH_MAX)
        return False
    value = decode(data)
    assert encode(value) == write(value) == write(plain) == data
    try:
        read(data, _SHALLOW)
    except CodecError:
        _refused(data, _SHALLOW)
    else:
        assert encode(decode(data, depth_max=_SHALLOW)) == data
    return True


def _refused(data: bytes, depth_max: int) -> None:
    try:
        value = decode(data, depth_max=depth_max)
    except CodecError:
        return
    raise AssertionError(f"the two readers differ: {value!r}")


def seeds() -> list[bytes]:
    link = Cid(0x71, 0x12, bytes(range(32)))
    values: list[Value] = [
        {"": None, "a": [True, False, -1, 2**64 - 1, -(2**64)], "bb": {"c": 1.5}},
        [link, {"link": link}, link.binary, b"\x01\x55\x12\x1c" + bytes(28)],
        ["text", "ü", b"bytes", b"\xd8\x2a\x58\x25\x00" + link.binary, 23, 24, 256, 65_536, 2**32],
        0.0,
        [[[[[[]]]]]],
    ]
    return [encode(value) for value in values]


TARGET = Target(check, seeds, Structure(decode, encode))
