"""Lines that lose, double, delay and cut off; what connections and streams make of it; and one trace a seed."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import NetworkError, SimulationError
from focusmesh.protocol.simulation import (
    LINE_FAULTS,
    SimConnection,
    SimNetwork,
    SimTransport,
    Weather,
)
from tests.conftest import IMPORT_PATH, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from focusmesh.protocol.simulation import Process

ONE, OTHER = b"\1" * 32, b"\2" * 32
FRAMES = 12
PROGRAM = """
import sys
from tests.protocol.simulation.test_network import echoing

network = echoing(int(sys.argv[1]), "drop", "duplicate", "reorder", "delay")
sys.stdout.buffer.write(network.trace)
"""


class Two:
    """Two hosts; the second one echoes what comes on streams and datagrams."""

    def __init__(self, seed: int) -> None:
        self.network = SimNetwork(seed)
        self.one, self.here = self.host("one", ONE)
        self.other, self.there = self.host("other", OTHER)
        self.other.spawn(echo(self.there))

    def host(self, name: str, key: bytes) -> tuple[Process, SimTransport]:
        process = self.network.process(name)
        return process, self.network.transport(key, name, process)

    def run(self, main: Callable[[SimConnection], Coroutine[Any, Any, Any]]) -> Any:
        """What ``main`` makes of a connection from one to the other."""

        async def dial() -> Any:
            return await main(await self.here.connect(OTHER, "other"))

        task = self.one.spawn(dial())
        assert self.network.time.run(self.network.time.now + 1_000, task.done)
        return task.result()


async def echo(transport: SimTransport) -> None:
    """Answers every frame with itself."""
    tasks: list[asyncio.Task[None]] = []
    while True:
        connection = await transport.accept()
        tasks += [asyncio.ensure_future(each(connection)) for each in (_datagrams, _streams)]


async def _datagrams(connection: SimConnection) -> None:
    with suppress(NetworkError):
        while True:
            connection.send_datagram(await connection.receive_datagram())


async def _streams(connection: SimConnection) -> None:
    tasks = []
    with suppress(NetworkError):
        while True:
            stream = await connection.accept_stream()
            tasks.append(asyncio.ensure_future(_frames(stream)))


async def _frames(stream: Any) -> None:
    with suppress(NetworkError):
        while (frame := await stream.receive()) is not None:
            await stream.send(frame)
        await stream.finish()


async def said_back(connection: SimConnection, count: int = FRAMES) -> list[bytes]:
    """What comes back of some frames on a stream of its own."""
    stream = await connection.open_stream()
    for number in range(count):
        await stream.send(b"%d" % number)
    await stream.finish()
    frames = []
    while (frame := await stream.receive()) is not None:
        frames.append(frame)
    return frames


async def datagrams_back(connection: SimConnection, count: int = 200) -> list[int]:
    for number in range(count):
        connection.send_datagram(b"%d" % number)
    found = []
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(30):
                found.append(int(await connection.receive_datagram()))
    return found


def echoing(seed: int, *kinds: str) -> SimNetwork:
    """A run with faults of these kinds; streams are whole whatever happens."""
    two = Two(seed)
    for kind in kinds:
        two.network.begin(Weather(kind, 0.4, 1.0, Random(f"{kind} {seed}")))

    async def main(connection: SimConnection) -> list[list[bytes]]:
        return list(await asyncio.gather(*(said_back(connection) for _ in range(5))))

    assert two.run(main) == [[b"%d" % number for number in range(FRAMES)]] * 5
    two.network.close()
    return two.network


@pytest.mark.parametrize("kind", LINE_FAULTS)
def test_streams_are_whole_and_in_order(kind: str) -> None:
    assert echoing(1, kind).faults[kind] > 10


@pytest.mark.parametrize("kind", LINE_FAULTS)
def test_datagrams_meet_every_fault(kind: str) -> None:
    two = Two(3)
    calm = two.run(datagrams_back)
    assert sorted(calm) == list(range(200))
    # A delay of a few ms between two is nothing strange.
    two.network.begin(Weather(kind, 0.3, 1.0, Random(1)))
    found = two.run(datagrams_back)
    if kind == "drop":
        assert len(found) < 150
    elif kind == "duplicate":
        assert len(found) > 250
    else:
        assert sorted(found) == list(range(200))
        assert sum(a > b for a, b in itertools.pairwise(found)) > 30
    two.network.close()


def test_equal_seeds_give_equal_traces_in_other_processes_too() -> None:
    kinds = ("drop", "duplicate", "reorder", "delay")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "5"],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": IMPORT_PATH},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == echoing(5, *kinds).trace
    assert done.stdout != echoing(6, *kinds).trace


def failing(two: Two, main: Callable[[SimConnection], Coroutine[Any, Any, Any]]) -> str:
    """The code of the NetworkError that ``main`` ends with."""
    with pytest.raises(NetworkError) as found:
        two.run(main)
    return found.value.code


async def _waiting(connection: SimConnection) -> Any:
    stream = await connection.open_stream()
    await stream.send(b"before")
    await stream.receive()
    return await stream.receive()


@pytest.mark.parametrize(("source", "target"), [("one", "other"), ("other", "one")])
def test_a_line_that_is_cut_in_one_direction_ends_the_connection(source: str, target: str) -> None:
    two = Two(1)
    two.network.outside.call_later(0.5, two.network.cut, source, target)
    assert failing(two, _waiting) == "closed"
    assert 10 < two.network.time.now < 25
    assert two.network.faults == {"partition": 1}


def test_a_short_cut_only_delays() -> None:
    two = Two(1)

    async def main(connection: SimConnection) -> Any:
        two.network.outside.call_soon(two.network.cut, "one", "other")
        two.network.outside.call_later(8, two.network.join, "one", "other")
        await asyncio.sleep(0.1)
        frames = await said_back(connection)
        await asyncio.sleep(60)
        return len(frames), connection.over

    assert two.run(main) == (FRAMES, "")


@pytest.mark.parametrize("end", ["kill", "close"])
def test_whoever_is_gone_is_noticed(end: str) -> None:
    two = Two(1)

    def act() -> None:
        if end == "kill":
            two.other.kill()
        else:
            two.other.spawn(two.there.close())

    two.network.outside.call_later(0.5, act)
    assert failing(two, _waiting) == "closed"
    assert (two.network.time.now > 10) == (end == "kill")


def test_a_host_that_begins_again_knows_no_old_connections() -> None:
    two = Two(1)

    def again() -> None:
        two.other.kill()
        two.host("other", OTHER)

    two.network.outside.call_later(0.5, again)
    assert failing(two, _waiting) == "closed"
    assert two.network.time.now < 2


@pytest.mark.parametrize(
    ("key", "address", "code"),
    [(OTHER, "nowhere", "unreachable"), (ONE, "other", "handshake")],
)
def test_dialling_in_vain(key: bytes, address: str, code: str) -> None:
    two = Two(1)
    with pytest.raises(NetworkError) as found:
        two.network.complete(two.network.transport(b"\3" * 32).connect(key, address))
    assert found.value.code == code


def test_who_dials_too_late_leaves_nobody_behind() -> None:
    two = Two(1)
    two.network.cut("other", "one")

    async def dial() -> None:
        with pytest.raises(NetworkError, match="nobody answers"):
            await two.here.connect(OTHER, "other")

    task = two.one.spawn(dial())
    assert two.network.time.run(6, task.done)
    task.result()
    two.network.join("other", "one")
    two.network.time.run(60)
    assert [two.network.host(name).connections for name in ("one", "other")] == [[], []]


def test_limits() -> None:
    two = Two(1)

    async def main(connection: SimConnection) -> None:
        for attempt in ((await connection.open_stream()).send(bytes((1 << 20) + 1)),):
            with pytest.raises(NetworkError, match="at most"):
                await attempt
        with pytest.raises(NetworkError, match="at most"):
            connection.send_datagram(bytes(1_025))
        for _ in range(255):
            await connection.open_stream()
        with pytest.raises(NetworkError) as found:
            await connection.open_stream()
        assert found.value.code == "limit"

    two.run(main)
    with pytest.raises(SimulationError, match="already"):
        two.network.transport(b"\4" * 32, "one")


def test_who_sends_too_much_waits_for_who_reads() -> None:
    network = SimNetwork(1)
    one, other = network.process("one"), network.process("other")
    here, there = network.transport(ONE, "one", one), network.transport(OTHER, "other", other)
    sent: list[int] = []
    read: list[int] = []

    async def send() -> None:
        stream = await (await here.connect(OTHER, "other")).open_stream()
        for number in range(20):
            await stream.send(bytes(1 << 19))
            sent.append(number)

    async def receive() -> None:
        stream = await (await there.accept()).accept_stream()
        await asyncio.sleep(10)
        while await stream.receive() is not None:
            read.append(len(sent))

    one.spawn(send())
    other.spawn(receive())
    network.time.run(9)
    assert len(sent) == 4
    network.time.run(100)
    assert len(sent) == len(read) == 20
    network.close()


def test_a_reset_is_heard_at_the_other_end() -> None:
    two = Two(1)

    async def main(connection: SimConnection) -> str:
        stream = await connection.open_stream()
        await stream.send(b"x")
        assert await stream.receive() == b"x"
        stream.reset()
        with pytest.raises(NetworkError) as found:
            await stream.receive()
        await asyncio.sleep(1)
        return found.value.code

    assert two.run(main) == "reset"
    assert two.there.stats().bytes_received == 1
