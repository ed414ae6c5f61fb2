"""Content ids: 36 bytes or their text; one spelling each."""

from __future__ import annotations

from focusmesh.errors import CodecError, InputError
from focusmesh.ids import digest, from_cid, to_cid
from focusmesh.protocol.codec import Cid
from tests.fuzz.target import Target


def check(data: bytes) -> bool:
    return _binary(data) | _text(data.decode(errors="surrogateescape"))


def _binary(data: bytes) -> bool:
    try:
        cid = Cid.parse(data)
    except CodecError:
        return False
    assert cid.binary == data
    return True


def _text(text: str) -> bool:
    try:
        found = from_cid(text)
    except InputError:
        return False
    assert text in {to_cid(found), to_cid(found, "sha2-256")}
    return True


def seeds() -> list[bytes]:
    named = digest(b"a particle")
    texts = [to_cid(named).encode(), to_cid(named, "sha2-256").encode()]
    return [*texts, Cid(0x71, 0x12, named).binary, Cid(0x55, 0x1E, named).binary]


TARGET = Target(check, seeds)
