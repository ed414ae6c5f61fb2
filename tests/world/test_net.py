"""What a node needs of a net, one body over both: the spool, and the net of a simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import SignalError
from focusmesh.host.spool import Spool
from focusmesh.protocol.packet import Packet
from tests.world.sim import SimNet, SimWorld

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.protocol.world import Net

    Leave = Callable[[Packet], None]

PACKETS = [Packet(bytes(64) + b"signal %d" % number, (bytes(number),)) for number in range(4)]
IDS = [packet.id for packet in PACKETS]
MUCH = 1 << 20


@pytest.fixture(params=["spool", "simulated"])
def net(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Net, Leave]:
    """A net, and the way to leave a signal there: one after the other."""
    if request.param == "simulated":
        made = SimNet(SimWorld(0))
        return made, made.receive
    spool = Spool(tmp_path / "spool")
    return spool, spool.leave


def test_signals_wait_in_the_order_in_which_they_came(net: tuple[Net, Leave]) -> None:
    waiting, leave = net
    for packet in PACKETS:
        leave(packet)
    assert waiting.read(MUCH) == PACKETS
    assert waiting.read(MUCH) == PACKETS
    assert waiting.read(MUCH, {IDS[0], IDS[2]}) == [PACKETS[1], PACKETS[3]]
    assert [waiting.has(signal) for signal in (*IDS, bytes(32))] == [True] * 4 + [False]


def test_a_portion_has_at_least_one(net: tuple[Net, Leave]) -> None:
    waiting, leave = net
    for packet in PACKETS:
        leave(packet)
    assert waiting.read(1) == PACKETS[:1]
    assert waiting.read(PACKETS[0].size_bytes + PACKETS[1].size_bytes) == PACKETS[:2]
    assert waiting.read(PACKETS[3].size_bytes, set(IDS[:3])) == PACKETS[3:]


def test_what_came_twice_waits_once(net: tuple[Net, Leave]) -> None:
    waiting, leave = net
    for packet in (PACKETS[0], PACKETS[1], PACKETS[1]):
        leave(packet)
    assert sorted(each.id for each in waiting.read(MUCH)) == sorted(IDS[:2])


def test_what_is_answered_waits_no_more(net: tuple[Net, Leave]) -> None:
    waiting, leave = net
    for packet in PACKETS:
        leave(packet)
    waiting.fail({IDS[0]: "there is too little"})
    waiting.remove([IDS[0], IDS[1], bytes(32)])
    waiting.refuse(IDS[2], SignalError("nonce", "not its turn"))
    assert waiting.read(MUCH) == PACKETS[3:]
    assert [waiting.has(signal) for signal in IDS] == [False, False, False, True]
