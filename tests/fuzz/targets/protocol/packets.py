"""Packets that other processes leave for a node: a signal and the contents that go with it."""

from __future__ import annotations

from focusmesh.errors import SignalError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import parse
from tests.fuzz.cost import NARROW
from tests.fuzz.target import Structure, Target
from tests.kernel.block.ledger import KEYS, Ledger, particle


def check(data: bytes) -> bool:
    try:
        packet = Packet.decode(data)
    except SignalError:
        return False
    assert packet.encode() == data
    assert len(packet.id) == 32
    assert packet.size_bytes <= len(data)
    try:
        assert parse(packet.wire).wire == packet.wire
    except SignalError:
        return True
    return True


def seeds() -> list[bytes]:
    ledger = Ledger()
    content = b"a text"
    blob = ledger.signed(KEYS[1], ["put_blob/1", particle("a text"), len(content)])
    link = ledger.links(KEYS[1], ("a", "b"))
    return [Packet(blob.wire, (content, b"")).encode(), Packet(link.wire).encode()]


TARGET = Target(check, seeds, Structure(decode, encode), NARROW)
