"""Peers that hold a key and do much of what is allowed: what a node keeps, does and dials for them has a bound."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import NetworkError
from focusmesh.kernel.node import PeerLimits
from focusmesh.kernel.node.peers import GOSSIP
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.gossip.messages import ForwardJoin, Shuffle, encode_message
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.transport import RequestLimits, Teller, ask_one, tell
from focusmesh.protocol.transport.framing import FrameReader, frame_bytes
from tests.kernel.node.attacked import (
    Attacked,
    attacked,
    buffered_bytes,
    contact_of,
    entries,
    raw,
)
from tests.kernel.node.networks import Users

if TYPE_CHECKING:
    from focusmesh.protocol.transport import Connection

REQUESTS = RequestLimits()
VICTIM = "[::1]:4000"
"""Where nobody is, and nobody is to be called all the time."""
FIRST_BYTES_MAX = 64 + 40 * 1_024
"""The longest question that a node answers: for contents."""


A_CALL = 20
LATE = 3


async def begins_frames(connection: Connection, length: int) -> None:
    """Of every stream all of the first frame but its last byte."""
    for _ in range(90):
        with suppress(NetworkError):
            await raw(connection, length.to_bytes(4, "big") + bytes(min(length, 60_000) - 1))


def test_frames_that_have_begun_are_held_no_longer_than_a_question_is() -> None:
    async def body(at: Attacked) -> None:
        connections = [await at.attack(number=77) for _ in range(2)]
        await asyncio.gather(*(begins_frames(each, FIRST_BYTES_MAX) for each in connections))
        await asyncio.sleep(5)
        assert 2 * 80 * FIRST_BYTES_MAX < buffered_bytes(at.maker) < 2 * 100 * FIRST_BYTES_MAX
        await at.linked()
        for connection in connections:
            await connection.close()
        await asyncio.sleep(1)
        assert not buffered_bytes(at.maker)

    attacked(body)


async def fills_frames(at: Attacked) -> int:
    """What is held of first frames of a mebibyte without their last byte, which are sent as they are granted."""
    connection: Any = await at.attack()
    streams = [await connection.open_stream() for _ in range(REQUESTS.together_max)]
    for stream in streams:
        begun = memoryview(frame_bytes(bytes((1 << 20) - 4)))[:-1]
        task = asyncio.ensure_future(stream._send_in_parts(begun))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    most = 0
    for _ in range(100):
        await asyncio.sleep(0.05)
        most = max(most, buffered_bytes(at.maker))
    return most


def test_a_question_that_is_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def held(at: Attacked) -> None:
        assert await fills_frames(at) <= REQUESTS.together_max << 16

    attacked(held)

    async def held_without(at: Attacked) -> None:
        assert await fills_frames(at) > REQUESTS.together_max << 18

    monkeypatch.setattr(FrameReader, "limit", lambda reader, bytes_max: None)
    attacked(held_without)


async def asks(at: Attacked, count: int) -> float:
    """How long it takes, by the nodes' own clock, until one peer has so many answers, who asks on four connections."""
    connections = [await at.attack(number=77) for _ in range(4)]
    began = asyncio.get_running_loop().time()

    async def ask_on(connection: Connection) -> None:
        for _ in range(count // 32):
            await ask_one(connection, "genesis", None, seconds_max=1e9)

    asking = [asyncio.ensure_future(ask_on(each)) for each in connections for _ in range(8)]
    await at.linked(2)
    await asyncio.gather(*asking)
    return asyncio.get_running_loop().time() - began


SLOW = RequestLimits(rate_per_s=100.0, burst=200.0)
COST = 16
"""Of a question for the genesis."""


def test_who_asks_more_than_it_may_waits() -> None:
    async def body(at: Attacked) -> None:
        least_s = (160 * COST - SLOW.burst) / SLOW.rate_per_s
        assert await asks(at, 160) >= least_s - 1

    attacked(body, PeerLimits(requests=SLOW))


def test_without_a_rate_it_is_answered_as_fast_as_it_asks() -> None:
    async def body(at: Attacked) -> None:
        assert await asks(at, 160) < 5

    attacked(body, PeerLimits(requests=RequestLimits(rate_per_s=1e9, burst=1e9)))


def dials(at: Attacked) -> int:
    """How many datagrams went to addresses where nobody ever was."""
    return sum(to[1] >= 4_000 for _, to, _ in at.wire.carried)


async def names(at: Attacked, peers: int, seconds: float, address: str) -> list[dict[str, int]]:
    """Peers name ever new keys at an address, or at ever new ones of a host; what the node has meanwhile."""
    lines = [Teller(await at.attack(), GOSSIP) for _ in range(peers)]
    seen: list[dict[str, int]] = []
    number = 0
    for _ in range(round(seconds / 0.1)):
        for line in lines:
            for walk in (0, 3):
                number += 1
                where = address or f"[::1]:{4_001 + number}"
                made_up = Contact(number.to_bytes(32, "big"), where)
                await line.tell(encode_message(ForwardJoin(made_up, walk)))
            await line.tell(encode_message(Shuffle(made_up, (made_up,) * 8, 0)))
        await asyncio.sleep(0.1)
        seen.append(entries(at.maker))
    await at.linked(2)
    return seen


@pytest.mark.parametrize("address", [VICTIM, ""], ids=["one address", "one host"])
def test_addresses_that_gossip_names_are_dialled_seldom(address: str) -> None:
    async def body(at: Attacked) -> None:
        limits = at.maker.peers.limits
        before = entries(at.maker)
        seen = await names(at, 8, 20.0, address)
        most = {name: max(each[name] for each in seen) - before[name] for name in before}
        assert most["dialled"] <= limits.hearsay_max
        assert most["links"] <= limits.hearsay_max + 8
        assert most["passive"] <= 30
        assert most["gone"] <= 16
        burst, rate = (
            (limits.address_burst, limits.address_per_s)
            if address
            else (limits.host_burst, limits.host_per_s)
        )
        # Datagrams of each call: QUIC says hello again while nobody answers.
        assert 0 < dials(at) <= A_CALL * (burst + 22 * rate)

    attacked(body)


LAX = PeerLimits(
    hearsay_max=10_000, address_burst=1e9, address_per_s=1e9, host_burst=1e9, host_per_s=1e9
)


def test_without_limits_they_are_dialled_as_often_as_they_are_named() -> None:
    async def body(at: Attacked) -> None:
        seen = await names(at, 8, 20.0, VICTIM)
        assert max(each["dialled"] for each in seen) > PeerLimits().hearsay_max
        assert dials(at) > A_CALL * (PeerLimits().address_burst + 22 * PeerLimits().address_per_s)

    attacked(body, LAX)


def test_who_comes_and_goes_all_the_time_leaves_nothing_behind() -> None:
    """Also where it goes without a word, and with one key or with many."""

    async def body(at: Attacked) -> None:
        before = entries(at.maker)
        hello = at.follower.serving.hello()
        for number in range(150):
            transport = at.attacker(number=77 if number % 2 else 0)
            with suppress(NetworkError):
                connection = await transport.connect(*contact_of(at.maker))
                said = [*[*hello.value()][:6], f"[::1]:{4_001 + number}"]  # type: ignore[misc]
                await ask_one(connection, "hello", said)
                await Teller(connection, GOSSIP).tell(b"junk")
            if number % 3:
                await transport.close()
            else:
                at.wire.receivers.pop(transport._datagrams.address)
        await at.linked(2)
        await asyncio.sleep(120)
        after = entries(at.maker)
        assert {name: n for name, n in after.items() if n > before[name] + 4} in ({}, {"gone": 16})

    attacked(body)


def test_a_promise_of_blocks_that_nobody_can_have_holds_up_nobody() -> None:
    async def body(at: Attacked) -> None:
        hello = at.maker.serving.hello()
        for number in range(8):
            for to in (at.maker, at.follower):
                transport = at.attacker(number=300 + number)
                connection = await transport.connect(*contact_of(to))
                said: Any = [*hello.value()]  # type: ignore[misc]
                said[2], said[6] = 1 << 62, f"[::1]:{5_000 + number}"
                await ask_one(connection, "hello", said)
        assert at.maker.status().target == 1 << 62
        await at.linked(5)

    attacked(body)


async def fill(at: Attacked) -> list[Connection]:
    """As many connections as a node takes, with a few keys."""
    found: list[Connection] = []
    for key in range(20):
        for _ in range(4):
            with suppress(NetworkError):
                connection = await at.attack(number=500 + key)
                await tell(connection, "nothing", None)
                found.append(connection)
    return found


@pytest.mark.parametrize("kind", ["dialled", "reached before", "not dialled"])
def test_a_peer_that_a_node_dials_itself_has_a_place_when_it_is_full(kind: str) -> None:
    """Else a handful of made-up keys would keep validators apart that were started again.

    A peer that was reached once has a place that strangers do not get; the twin, one that never was, has none.
    """
    is_kept = kind != "not dialled"

    async def body(at: Attacked) -> None:
        key = SigningKey(bytes([LATE]) * 32).public
        limits = at.maker.peers.limits
        if kind == "reached before":
            at.maker.peers._note_reached(Contact(key, VICTIM))
        if kind == "dialled":
            # Where it is not: else the node itself would reach it.
            at.maker._work.start(at.maker.peers.keep(Contact(key, VICTIM)))
        await fill(at)
        assert len(at.maker.peers._alive) == limits.connections_max - limits.reached_places
        late = at.node(LATE, Users(), at.maker)
        await asyncio.sleep(5)
        assert bool(late.peers.present()) is is_kept
        await at.linked(2)
        assert (late.chain.tip.id == at.maker.chain.tip.id) is is_kept

    attacked(body)


def test_one_host_does_not_get_the_places_of_peers_that_were_reached() -> None:
    async def body(at: Attacked) -> None:
        peers = at.maker.peers
        peers._reached.clear()
        other = Contact(bytes(32), "10.0.0.2:1")
        peers._note_reached(other)
        for number in range(1, 100):
            peers._note_reached(Contact(bytes([number]) * 32, f"10.0.0.1:{number}"))
        assert list(peers._reached) == [other.key, bytes([98]) * 32, bytes([99]) * 32]
        for number in range(1, 1_000):
            contact = Contact(number.to_bytes(32, "big"), f"10.1.{number}.1:1")
            peers._note_reached(contact)
        assert len(peers._reached) == peers.limits.reached_max

    attacked(body)


def test_who_was_dialled_and_greeted_is_remembered() -> None:
    async def body(at: Attacked) -> None:
        await at.linked(2)
        assert at.maker.peers.transport.key in at.follower.peers._reached
        assert at.follower.peers.transport.key not in at.maker.peers._reached

    attacked(body)
