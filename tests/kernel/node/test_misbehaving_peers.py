"""Peers that hold a key and pass the handshake, and then do what no honest one does.

For each: what a node keeps for them is counted and bounded, honest nodes go on meanwhile, and who did it is blamed and,
where no honest peer does so, shut out. Each defence is switched off once, and what it bounds is seen to grow.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import NetworkError
from focusmesh.kernel.node import PeerLimits
from focusmesh.kernel.node.peers import GOSSIP, NOTICES
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip.messages import (
    Announce,
    Join,
    Neighbour,
    Push,
    encode_message,
)
from focusmesh.protocol.transport import (
    RequestLimits,
    Scores,
    Teller,
    answers,
)
from focusmesh.protocol.transport.framing import frame_bytes
from focusmesh.protocol.transport.quic.stream import CREDIT_BYTES_FIRST
from focusmesh.protocol.transport.rpc.frames import question_frame
from tests.kernel.node import attacked as harness
from tests.kernel.node.attacked import (
    Attacked,
    attacked,
    buffered_bytes,
    entries,
    over,
    raw,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from focusmesh.protocol.transport import Connection

    Attack = Callable[[Attacked, Connection], Coroutine[Any, Any, None]]

STREAMS = 90
"""Streams of one connection; QUIC lets 100 be open."""
REQUESTS = RequestLimits()
SLACK = 4
"""So many tasks and entries more than before may be there for what honest nodes do."""


# What breaks a rule.


async def sends_a_frame_that_is_too_long(at: Attacked, connection: Connection) -> None:
    await raw(connection, ((1 << 20) + 1).to_bytes(4, "big"))


async def sends_a_question_that_is_too_long(at: Attacked, connection: Connection) -> None:
    await raw(connection, (1 << 20).to_bytes(4, "big") + bytes(100))


async def ends_streams_within_a_frame(at: Attacked, connection: Connection) -> None:
    await raw(connection, (100).to_bytes(4, "big") + bytes(50), is_last=True)


async def sends_more_than_it_was_granted(at: Attacked, connection: Connection) -> None:
    for _ in range(20):
        number = await raw(connection, (1 << 19).to_bytes(4, "big"))
        connection.write(number, bytes(4 * CREDIT_BYTES_FIRST))  # type: ignore[attr-defined]


async def asks_in_no_form(at: Attacked, connection: Connection) -> None:
    for question in (b"", b"\xff", encode({}), encode([1, 2]), encode(["x" * 65, None]), b"\x82"):
        await raw(connection, frame_bytes(question), is_last=True)


async def asks_with_a_million_items(at: Attacked, connection: Connection) -> None:
    for _ in range(10):
        count = 40_000
        await raw(
            connection, frame_bytes(b"\x82\x60\x99" + count.to_bytes(2, "big") + b"\xa0" * count)
        )


async def ends_the_control_stream(at: Attacked, connection: Connection) -> None:
    connection.write(0, b"", True)  # type: ignore[attr-defined]


async def writes_junk_on_the_control_stream(at: Attacked, connection: Connection) -> None:
    connection.write(0, frame_bytes(encode(["stream", {}])))  # type: ignore[attr-defined]


async def opens_many_long_streams(at: Attacked, connection: Connection) -> None:
    for _ in range(10):
        await raw(connection, frame_bytes(question_frame(NOTICES, None)))


async def says_what_is_no_gossip(at: Attacked, connection: Connection) -> None:
    line = Teller(connection, GOSSIP)
    for body in (b"", b"junk", encode([]), encode(["push", "block"]), b"\x9a\x00\x0f\xff\xff"):
        await line.tell(body)


async def gossips_a_million_items(at: Attacked, connection: Connection) -> None:
    count = (1 << 20) - 16
    await Teller(connection, GOSSIP).tell(
        b"\x82\x64have\x9a" + count.to_bytes(4, "big") + b"\xa0" * count
    )


async def gossips_junk_blocks_and_signals(at: Attacked, connection: Connection) -> None:
    line = Teller(connection, GOSSIP)
    for number in range(3):
        for topic in ("block", "signal", "offer", "fraud", "other"):
            await line.tell(encode_message(Push(topic, encode([number, bytes(99)]), 0)))


async def floods_one_message(at: Attacked, connection: Connection) -> None:
    line = Teller(connection, GOSSIP)
    body = encode_message(Push("other", b"the same again", 0))
    for _ in range(20_000):
        await line.tell(body)


async def joins_again_and_again(at: Attacked, connection: Connection) -> None:
    line = Teller(connection, GOSSIP)
    for number in range(200):
        await line.tell(encode_message(Join(f"[::1]:{1_000 + number}")))


async def asks_to_be_a_neighbour_all_the_time(at: Attacked, connection: Connection) -> None:
    line = Teller(connection, GOSSIP)
    for _ in range(400):
        await line.tell(encode_message(Neighbour("[::1]:900", urgent=True)))


async def announces_what_nobody_has(at: Attacked, connection: Connection) -> None:
    line = Teller(connection, GOSSIP)
    await line.tell(encode_message(Neighbour("[::1]:900", urgent=True)))
    for number in range(200):
        have = tuple(
            (bytes(28) + (512 * number + each).to_bytes(4, "big"), 0) for each in range(512)
        )
        await line.tell(encode_message(Announce(have)))


BROKEN = {
    each.__name__: each
    for each in (
        sends_a_frame_that_is_too_long,
        sends_a_question_that_is_too_long,
        ends_streams_within_a_frame,
        sends_more_than_it_was_granted,
        asks_in_no_form,
        asks_with_a_million_items,
        ends_the_control_stream,
        writes_junk_on_the_control_stream,
        opens_many_long_streams,
        says_what_is_no_gossip,
        gossips_a_million_items,
        gossips_junk_blocks_and_signals,
        floods_one_message,
        joins_again_and_again,
        asks_to_be_a_neighbour_all_the_time,
        announces_what_nobody_has,
    )
}


async def attacked_by(at: Attacked, name: str) -> None:
    """One attack, while honest nodes go on; until the node has shut the attacker out, and forgotten it."""
    before = entries(at.maker)
    connection = await at.attack(number=77)
    attacking = asyncio.ensure_future(BROKEN[name](at, connection))
    await at.linked(3)
    await over(connection)
    await asyncio.gather(attacking, return_exceptions=True)
    assert at.maker.peers.faults, "nobody was blamed"
    with pytest.raises(NetworkError, match="broke the rules"):
        await at.attack(number=77)
    await asyncio.sleep(11)
    await at.linked()
    after = entries(at.maker)
    assert {name: count for name, count in after.items() if count > before[name] + SLACK} == {}
    assert buffered_bytes(at.maker) == 0


@pytest.mark.parametrize("name", BROKEN)
def test_who_breaks_the_rules_is_shut_out_and_nobody_else_notices(name: str) -> None:
    attacked(lambda at: attacked_by(at, name))


@pytest.mark.parametrize("name", ["asks_in_no_form", "floods_one_message", "joins_again_and_again"])
def test_without_scores_nobody_is_shut_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scores, "blame", lambda scores, who, fault: False)
    monkeypatch.setattr(harness, "OVER_S", 100.0)
    with pytest.raises(TimeoutError):
        attacked(lambda at: attacked_by(at, name))


def test_who_never_said_hello_is_shut_out_as_well() -> None:
    """It is no peer, and was not among the connections that a blamed key lost."""

    async def body(at: Attacked) -> None:
        connections = [await at.attack(number=77) for _ in range(3)]
        key = connections[0]._proof._key.public  # type: ignore[attr-defined]
        assert key not in at.maker.peers.present()
        at.maker.peers.blame(key, "form")
        for connection in connections:
            assert "broke the rules" in await over(connection, 5)

    attacked(body)


# What is slow.


async def drips(connection: Connection, count: int, pause_s: float) -> None:
    """Questions a byte at a time."""
    question = frame_bytes(question_frame("headers", [1, 1]))
    numbers = [await raw(connection, b"") for _ in range(count)]
    for at in range(len(question)):
        for number in numbers:
            connection.write(number, question[at : at + 1])  # type: ignore[attr-defined]
        await asyncio.sleep(pause_s)


def test_who_drips_costs_a_place_a_stream_and_then_its_connection() -> None:
    async def body(at: Attacked) -> None:
        before = entries(at.maker)["tasks"]
        connections = [await at.attack(number=77) for _ in range(4)]
        dripping = [asyncio.ensure_future(drips(each, STREAMS, 10.0)) for each in connections]
        most = 0
        for _ in range(20):
            await at.linked()
            most = max(most, entries(at.maker)["tasks"] - before - 4)
            await asyncio.sleep(1)
        # Two tasks that serve a connection, and one for each of those requests that are worked on at a time.
        assert most <= 4 * (REQUESTS.together_max + 3)
        for connection in connections:
            await over(connection)
        assert at.maker.peers.faults["time"] >= 20
        await asyncio.gather(*dripping, return_exceptions=True)

    attacked(body)


def test_who_may_take_all_the_time_there_is_is_never_shut_out() -> None:
    async def body(at: Attacked) -> None:
        connection = await at.attack()
        dripping = asyncio.ensure_future(drips(connection, 16, 10.0))
        with pytest.raises(TimeoutError):
            await over(connection, 200)
        await asyncio.gather(dripping)
        assert not at.maker.peers.faults

    attacked(body, PeerLimits(requests=RequestLimits(seconds_max=1e9)))


async def large(peer: bytes, body: Any) -> Any:
    """64 MiB."""
    for _ in range(128):
        yield bytes(1 << 19)


def test_who_takes_no_answers_has_a_window_of_them_kept_and_then_none() -> None:
    """What waits for it is what its streams were granted; others are answered meanwhile."""

    async def body(at: Attacked) -> None:
        connections = [await at.attack(number=77) for _ in range(4)]
        for connection in connections:
            for _ in range(STREAMS):
                await raw(connection, frame_bytes(question_frame("large", None)))
        await asyncio.sleep(5)
        await at.linked(2)
        links: Any = at.maker.peers.transport
        key = connections[0]._proof._key.public  # type: ignore[attr-defined]
        sent = sum(
            stream._sent
            for link in links._open
            for stream in link._streams.values()
            if link.peer_key == key
        )
        assert sent <= 4 * REQUESTS.together_max * CREDIT_BYTES_FIRST
        for connection in connections:
            await over(connection)
        assert at.maker.peers.faults["time"] >= 20

    attacked(body, more={"large": answers(large)})
