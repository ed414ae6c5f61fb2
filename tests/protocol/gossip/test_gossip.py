"""The driver, over simulated networks: joining, broadcasting, validating, hostile bytes, back pressure, leaving."""

from __future__ import annotations

import asyncio
import inspect
import random
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest

from focusmesh.errors import InputError
from focusmesh.protocol.gossip import (
    DATA_BYTES_MAX,
    FAULTS,
    TOPIC_BYTES_MAX,
    Contact,
    Gossip,
    GossipSettings,
    Received,
    Verdict,
    message_id,
)
from focusmesh.protocol.gossip.messages import Announce, Neighbour, encode_message
from focusmesh.protocol.simulation import LINE_FAULTS, SimNetwork, Weather
from tests.protocol.gossip.links import PlainLinks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from focusmesh.protocol.transport import Transport


def key(number: int) -> bytes:
    return bytes([number]) * 32


class Member(NamedTuple):
    transport: Transport
    links: PlainLinks
    gossip: Gossip
    inbox: list[Received]
    blamed: list[tuple[bytes, str]]


class Meeting(AsyncExitStack):
    """Members of one network, each of which writes down what it receives."""

    def __init__(self, network: SimNetwork, settings: GossipSettings | None = None) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.members: list[Member] = []

    async def add(
        self,
        validate: Callable[[str, bytes, bytes], Awaitable[Verdict]] | None = None,
        *,
        reads: bool = True,
        joins: bool = True,
    ) -> Member:
        number = len(self.members) + 1
        transport = self.network.transport(key(number))
        links = PlainLinks(transport)
        blamed: list[tuple[bytes, str]] = []
        gossip = Gossip(
            Contact(transport.key, transport.address),
            links,
            random.Random(number).randbytes,
            settings=self.settings,
            validate=validate,
            blame=lambda peer, fault: blamed.append((peer, fault)),
        )
        links.gossip = gossip
        self._background(links.serve())
        await self.enter_async_context(gossip)
        member = Member(transport, links, gossip, [], blamed)
        if reads:
            self._background(_write_down(gossip, member.inbox))
        if joins and self.members:
            first = self.members[0].transport
            await gossip.join([Contact(first.key, first.address)])
            await asyncio.sleep(0.5)
        self.members.append(member)
        return member

    def _background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)

        async def end() -> None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        self.push_async_callback(end)


async def _write_down(gossip: Gossip, inbox: list[Received]) -> None:
    async for message in gossip.messages:
        inbox += [message]


def run(main: Callable[[SimNetwork], Coroutine[Any, Any, None]], seed: int = 1) -> SimNetwork:
    network = SimNetwork(seed)
    network.complete(main(network))
    return network


def test_everybody_receives_a_message_once() -> None:
    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            for _ in range(12):
                await meeting.add()
            await asyncio.sleep(2)
            told = await meeting.members[3].gossip.broadcast("news", b"hello")
            again = await meeting.members[3].gossip.broadcast("news", b"hello")
            await asyncio.sleep(2)
            assert told == again == message_id("news", b"hello")
            for number, member in enumerate(meeting.members):
                heard = [(message.id, message.data) for message in member.inbox]
                assert heard == ([] if number == 3 else [(told, b"hello")])
                assert 1 <= len(member.gossip.neighbours) <= 5

    run(main)


def test_it_is_a_function_of_its_seed() -> None:
    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            for _ in range(8):
                await meeting.add()
            for number, member in enumerate(meeting.members):
                await member.gossip.broadcast("t", bytes([number]))
            await asyncio.sleep(3)

    assert run(main, 5).trace == run(main, 5).trace != run(main, 6).trace


def test_large_messages_and_limits() -> None:
    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            for _ in range(4):
                await meeting.add()
            large = bytes(DATA_BYTES_MAX)
            await meeting.members[0].gossip.broadcast("t" * TOPIC_BYTES_MAX, large)
            await asyncio.sleep(5)
            assert [len(m.inbox) for m in meeting.members] == [0, 1, 1, 1]
            for topic, data in (
                ("", b""),
                ("t" * (TOPIC_BYTES_MAX + 1), b""),
                ("t", large + b"x"),
            ):
                with pytest.raises(InputError):
                    await meeting.members[0].gossip.broadcast(topic, data)

    run(main)


def test_what_is_rejected_goes_no_further_and_is_blamed() -> None:
    async def judge(topic: str, data: bytes, peer: bytes) -> Verdict:
        await asyncio.sleep(0.01)
        return {b"bad": Verdict.REJECT, b"old": Verdict.IGNORE}.get(data, Verdict.ACCEPT)

    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            for _ in range(6):
                await meeting.add(judge)
            await asyncio.sleep(2)
            for data in (b"bad", b"old", b"good"):
                await meeting.members[0].gossip.broadcast("t", data)
            await asyncio.sleep(2)
            for member in meeting.members[1:]:
                assert [message.data for message in member.inbox] == [b"good"]
            blames = [blame for member in meeting.members for blame in member.blamed]
            assert set(blames) == {(key(1), "invalid")}

    run(main)


def test_a_fault_in_the_validation_comes_out() -> None:
    async def judge(topic: str, data: bytes, peer: bytes) -> Verdict:
        raise ZeroDivisionError

    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            first = await meeting.add()
            second = await meeting.add(judge)
            await first.gossip.broadcast("t", b"x")
            await asyncio.sleep(1)
            with pytest.raises(ZeroDivisionError):
                await second.gossip.close()
            second.gossip._error = None  # It has been seen; the stack closes it once more.

    run(main)


def test_garbage_is_blamed_and_changes_nothing() -> None:
    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            first, second = await meeting.add(), await meeting.add()
            for body in (b"", b"\xff", b"\x81\x64nope", b"\x80", bytes(100)):
                await first.links.tell(second.transport.key, body)
            await asyncio.sleep(1)
            assert second.blamed == [(first.transport.key, "malformed")] * 5
            await second.gossip.broadcast("t", b"still")
            await asyncio.sleep(1)
            assert [message.data for message in first.inbox] == [b"still"]

    run(main)


def test_unread_messages_hold_up_the_peer_and_not_the_memory() -> None:
    async def main(network: SimNetwork) -> None:
        settings = GossipSettings(received_count=8)
        async with Meeting(network, settings) as meeting:
            first, second = await meeting.add(), await meeting.add(reads=False)
            for number in range(100):
                await first.gossip.broadcast("t", bytes([number]))
            await asyncio.sleep(2)
            assert second.gossip.stats().accepted == 8
            inbox: list[Received] = []
            reader = asyncio.ensure_future(_write_down(second.gossip, inbox))
            await asyncio.sleep(20)
            reader.cancel()
            assert {message.data for message in inbox} == {bytes([n]) for n in range(100)}
            assert not first.blamed

    run(main)


class Deaf:
    """Links on which nobody listens."""

    async def reach(self, contact: Contact) -> None:
        pass

    async def tell(self, key: bytes, body: bytes) -> None:
        await asyncio.sleep(1_000)


def test_who_does_not_take_what_it_is_sent_gets_announcements_and_is_lost_in_the_end() -> None:
    async def main(network: SimNetwork) -> None:
        core_settings = GossipSettings(queue_bytes=4 << 20)
        blamed: list[tuple[bytes, str]] = []
        me, other = Contact(key(1), "1"), Contact(key(2), "2")
        gossip = Gossip(
            me,
            Deaf(),
            random.Random(1).randbytes,
            settings=core_settings,
            blame=lambda peer, fault: blamed.append((peer, fault)),
        )
        async with gossip:
            await gossip.hear(other.key, encode_message(Neighbour("2", urgent=True)))
            waits = []
            for number in range(6):
                begun = network.time.now
                await gossip.broadcast("t", bytes([number]) * 1_000_000)
                waits.append(network.time.now - begun)
            # Half of what may wait does; then whoever broadcasts is held up, for a second each.
            assert waits == [0, 0, 1, 1, 1, 1]
            assert gossip.neighbours == (other,)
            line = gossip._lines._lines[other.key]
            kinds = [type(message).__name__ for message, _ in line.waiting]
            assert kinds[1:] == ["Push", "Push", "Announce", "Announce", "Announce"]
            for number in range(12_000):
                gossip._lines.send(other, Announce(((number.to_bytes(32, "big"), 0),)))
            await asyncio.sleep(0.1)
            assert blamed == [(other.key, "slow")]
            assert list(gossip.neighbours) == []

    run(main)


def test_a_lost_neighbour_is_replaced_and_called_again() -> None:
    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            first, second = await meeting.add(), await meeting.add()
            addresses = first.transport.address, second.transport.address
            network.cut(*addresses)
            network.cut(*reversed(addresses))
            await asyncio.sleep(40)
            assert [*first.gossip.neighbours, *second.gossip.neighbours] == []
            network.join(*addresses)
            network.join(*reversed(addresses))
            await asyncio.sleep(40)
            assert [each.key for each in first.gossip.neighbours] == [second.transport.key]
            await first.gossip.broadcast("t", b"again")
            await asyncio.sleep(1)
            assert [message.data for message in second.inbox] == [b"again"]

    run(main)


def test_what_was_sent_during_a_partition_comes_after_it() -> None:
    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            for _ in range(4):
                await meeting.add()
            near, far = meeting.members[:2], meeting.members[2:]
            pairs = [(a.transport.address, b.transport.address) for a in near for b in far]
            for pair in pairs:
                network.cut(*pair)
                network.cut(*reversed(pair))
            await near[0].gossip.broadcast("t", b"here")
            await far[0].gossip.broadcast("t", b"there")
            await asyncio.sleep(20)
            assert [len(m.inbox) for m in meeting.members] == [0, 1, 0, 1]
            for pair in pairs:
                network.join(*pair)
                network.join(*reversed(pair))
            await asyncio.sleep(30)
            for member in meeting.members:
                own = b"here" if member is near[0] else b"there" if member is far[0] else b""
                heard = sorted(message.data for message in member.inbox)
                assert heard == sorted({b"here", b"there"} - {own})

    run(main)


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_reaches_everybody_whatever_the_weather(seed: int) -> None:
    async def main(network: SimNetwork) -> None:
        chance = random.Random(seed)
        async with Meeting(network) as meeting:
            for _ in range(8):
                await meeting.add()
            for number in range(30):
                kind = chance.choice(LINE_FAULTS)
                weather = Weather(kind, 0.3, 0.5, random.Random(chance.random()))
                network.begin(weather)
                member = chance.choice(meeting.members)
                await member.gossip.broadcast("t", bytes([number]))
                await asyncio.sleep(chance.random())
                network.end(weather)
            await asyncio.sleep(30)
            sent = [bytes([number]) for number in range(30)]
            accepted = 0
            for member in meeting.members:
                heard = [message.data for message in member.inbox]
                assert len(heard) == len({*heard})
                accepted += len(heard)
                assert member.blamed == []
            assert accepted == len(sent) * (len(meeting.members) - 1)

    assert all(run(main, seed).faults[kind] for kind in ("drop", "delay"))


def test_who_leaves_is_gone_at_once() -> None:
    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            first, second = await meeting.add(), await meeting.add()
            assert first.gossip.neighbours
            await second.gossip.close()
            await asyncio.sleep(0.5)
            assert first.gossip.neighbours == ()

    run(main)


def test_one_that_is_thrown_away_waits_for_nothing() -> None:
    async def use(gossip: Gossip) -> None:
        async with gossip:
            await asyncio.get_running_loop().create_future()

    async def main(network: SimNetwork) -> None:
        links = PlainLinks(network.transport(key(1)))
        gossip = Gossip(Contact(key(1), "1"), links, random.Random(1).randbytes)
        used = use(gossip)
        used.send(None)
        used.close()
        assert inspect.getcoroutinestate(used) == inspect.CORO_CLOSED
        await gossip.close()

    run(main)


def test_counts_add_up() -> None:
    async def main(network: SimNetwork) -> None:
        async with Meeting(network) as meeting:
            for _ in range(3):
                await meeting.add()
            await meeting.members[0].gossip.broadcast("t", b"x" * 1_000)
            await asyncio.sleep(2)
            stats = [member.gossip.stats() for member in meeting.members]
            assert sum(each.sent for each in stats) == sum(each.heard for each in stats)
            assert sum(each.sent_bytes for each in stats) == sum(each.heard_bytes for each in stats)
            assert [each.accepted for each in stats] == [0, 1, 1]
            assert all(each.neighbours == 2 and each.blamed == 0 for each in stats)

    run(main)


def test_faults_are_described() -> None:
    assert all(text and not text.endswith(".") for text in FAULTS.values())
