"""The oracle of cost: with a bound of a reader switched off, it finds the bomb that was sent to a node."""

from __future__ import annotations

import pytest

from focusmesh.protocol.packet import Packet
from tests.fuzz.cost import NARROW, Cost, CostError, measured
from tests.fuzz.target import BYTES_MAX, load
from tests.protocol.test_packet import generic
from tests.protocol.test_signal import bomb

COUNT = BYTES_MAX - 8
EMPTY_MAPS = b"\x82\x41\x00\x9a" + COUNT.to_bytes(4, "big") + b"\xa0" * COUNT


def test_maps_in_a_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    target = load("packets")
    assert not target.measured(EMPTY_MAPS)
    monkeypatch.setattr(Packet, "decode", generic)
    with pytest.raises(CostError, match="of memory"):
        target.measured(EMPTY_MAPS)


def test_fields_in_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    target, wire = load("signals"), bomb(b"\x37", BYTES_MAX - 400)
    assert not target.measured(wire)
    monkeypatch.setattr("focusmesh.protocol.signal._ITEMS_FREE", 1 << 22)
    with pytest.raises(CostError, match="of memory"):
        target.measured(wire)


def test_time_counts() -> None:
    cost = Cost(seconds=1.0, seconds_a_byte=0.1)
    cost.verify(10, 0, 1.9)
    with pytest.raises(CostError, match=r"10 bytes took 2.1 s of a processor, not 2.0"):
        cost.verify(10, 0, 2.1)


def test_memory_counts_by_the_byte() -> None:
    def keep(data: bytes) -> bool:
        return bool(data * 100)

    small = Cost(memory=1_000, memory_a_byte=101)
    assert measured(keep, small, b"x" * 1_000)
    with pytest.raises(CostError):
        measured(keep, Cost(memory=1_000, memory_a_byte=90), b"x" * 1_000)


def test_what_is_raised_comes_out() -> None:
    def fail(data: bytes) -> bool:
        raise IndexError

    with pytest.raises(IndexError):
        measured(fail, NARROW, b"")
