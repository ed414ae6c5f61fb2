"""Requests over the simulated net: answers, refusals, limits, and what peers are blamed for."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from focusmesh.errors import FocusmeshError, NetworkError, PeerError, SignalError
from focusmesh.protocol.codec import encode
from focusmesh.protocol.simulation import SimNetwork
from focusmesh.protocol.transport import (
    FRAME_BYTES_MAX,
    RequestLimits,
    Requests,
    Tasks,
    Teller,
    answers,
    ask,
    ask_one,
    hears,
    listens,
    open_long,
    streams,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping

    from focusmesh.protocol.transport import Connection, RequestHandler, Stream

ASKER, ANSWERER = b"a" * 32, b"b" * 32


class Served(NamedTuple):
    """A connection to a node that answers, the task that does, and what that blamed."""

    connection: Connection
    serving: asyncio.Future[None]
    faults: list[tuple[bytes, str]]


@asynccontextmanager
async def served(
    network: SimNetwork, handlers: Mapping[str, RequestHandler], **limits: Any
) -> AsyncIterator[Served]:
    async with network.transport(ASKER) as asker, network.transport(ANSWERER) as answerer:
        connection = await asker.connect(ANSWERER, answerer.address)
        faults: list[tuple[bytes, str]] = []
        requests = Requests(
            handlers,
            limits=RequestLimits(**limits),
            blame=lambda peer, fault: faults.append((peer, fault)),
        )
        serving = asyncio.ensure_future(requests.serve(await answerer.accept()))
        yield Served(connection, serving, faults)
        await connection.close()
        await asyncio.wait_for(asyncio.gather(serving, return_exceptions=True), 60)


def simulated(body: Callable[[SimNetwork], Coroutine[Any, Any, None]]) -> None:
    network = SimNetwork(3)
    network.complete(body(network), limit_s=3_600)


async def count(peer: bytes, body: Any) -> AsyncIterator[Any]:
    for number in range(body):
        yield [number, peer]


async def refuse(peer: bytes, body: Any) -> AsyncIterator[Any]:
    yield "an answer"
    raise SignalError("nonce", "nonce 3 was used")


async def fail(peer: bytes, body: Any) -> AsyncIterator[Any]:
    yield "an answer"
    raise FocusmeshError("cannot read the secret file")


async def sleep(peer: bytes, body: Any) -> None:
    await asyncio.sleep(body)


async def caught(work: Coroutine[Any, Any, Any]) -> NetworkError:
    with pytest.raises(NetworkError) as error:
        await work
    return error.value


async def every(answered: AsyncIterator[Any]) -> list[Any]:
    return [value async for value in answered]


def test_answers_come_in_order_with_the_askers_key() -> None:
    async def body(network: SimNetwork) -> None:
        async with served(network, {"count": answers(count)}) as to:
            assert await every(ask(to.connection, "count", 3)) == [[n, ASKER] for n in range(3)]
            assert await every(ask(to.connection, "count", 0)) == []
            assert await ask_one(to.connection, "count", 1) == [0, ASKER]
            assert (await caught(ask_one(to.connection, "count", 0))).code == "answer"
            assert (await caught(ask_one(to.connection, "count", 2))).code == "answer"
            assert to.faults == []

    simulated(body)


def test_a_refusal_has_the_handlers_code_and_words() -> None:
    async def body(network: SimNetwork) -> None:
        async with served(network, {"refuse": answers(refuse), "fail": answers(fail)}) as to:
            answered = ask(to.connection, "refuse", None)
            assert await anext(answered) == "an answer"
            with pytest.raises(PeerError, match="nonce 3 was used") as error:
                await anext(answered)
            assert error.value.code == "nonce"
            unknown = await caught(tell(to.connection, "other", None))
            assert isinstance(unknown, PeerError)
            assert unknown.code == "unknown"
            failed = await caught(every(ask(to.connection, "fail", None)))
            assert failed.code == "failed"
            assert "secret" not in str(failed)

    simulated(body)


def test_what_is_told_arrives_in_order() -> None:
    async def body(network: SimNetwork) -> None:
        heard: list[object] = []

        async def hear(peer: bytes, body: object) -> None:
            heard.append((peer, body))

        async with served(network, {"once": hears(hear), "line": listens(hear)}) as to:
            await tell(to.connection, "once", "x")
            teller = Teller(to.connection, "line")
            for number in range(20):
                await teller.tell(b"%d" % number)
            await asyncio.sleep(5)
            assert heard == [(ASKER, "x"), *((ASKER, b"%d" % number) for number in range(20))]
            teller.close()
            assert (await caught(teller.tell(b"more"))).code == "reset"

    simulated(body)


def test_a_teller_hears_that_nobody_listens() -> None:
    async def hear(peer: bytes, data: bytes) -> None:
        if data == b"bad":
            raise NetworkError("enough", "this was bad")

    async def body(network: SimNetwork) -> None:
        async with served(network, {"line": listens(hear)}) as to:
            first, second = Teller(to.connection, "line"), Teller(to.connection, "line")
            await first.tell(b"good")
            await second.tell(b"good")
            await asyncio.sleep(1)
            with pytest.raises(PeerError, match="there are 1 streams"):
                await second.tell(b"good")
            await first.tell(b"bad")
            await asyncio.sleep(1)
            with pytest.raises(PeerError, match="this was bad") as error:
                await first.tell(b"good")
            assert error.value.code == "enough"
            third = Teller(to.connection, "line")
            await third.tell(b"good")
            await to.connection.close()
            assert (await caught(third.tell(b"good"))).code == "closed"

    simulated(body)


def test_a_bug_of_a_handler_comes_out_of_serve() -> None:
    async def broken(peer: bytes, body: object) -> None:
        raise ZeroDivisionError("a bug")

    async def body(network: SimNetwork) -> None:
        async with served(network, {"broken": hears(broken)}) as to:
            assert (await caught(tell(to.connection, "broken", 1))).code in {"reset", "closed"}
            with pytest.raises(ZeroDivisionError):
                await to.serving

    simulated(body)


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (b"", "question"),
        (b"\xff garbage", "question"),
        (encode("no list"), "question"),
        (encode([]), "question"),
        (encode(["name"]), "question"),
        (encode([7, None]), "question"),
        (encode(["", None]), "question"),
        (encode(["x" * 65, None]), "question"),
        (encode(["small", bytes(50)]), "size"),
        (bytes(FRAME_BYTES_MAX), "size"),
    ],
)
def test_who_asks_amiss_is_refused_and_blamed(frame: bytes, fault: str) -> None:
    handlers = {"small": answers(count, request_bytes_max=40), "large": answers(count)}

    async def body(network: SimNetwork) -> None:
        async with served(network, handlers) as to:
            stream = await to.connection.open_stream()
            await stream.send(frame)
            answer = await stream.receive()
            assert answer is not None
            assert answer.startswith(encode([fault, ""])[:-1])
            assert await stream.receive() is None
            empty = await to.connection.open_stream()
            await empty.finish()
            await empty.receive()
            assert to.faults == [(ASKER, fault), (ASKER, "question")]

    simulated(body)


def test_a_stream_given_up_is_nobodys_fault() -> None:
    async def body(network: SimNetwork) -> None:
        async with served(network, {"count": answers(count)}) as to:
            async with aclosing(ask(to.connection, "count", 10_000)) as found:
                async for _ in found:
                    break
            assert await ask_one(to.connection, "count", 1) == [0, ASKER]
            assert to.faults == []

    simulated(body)


def test_who_is_too_quick_waits() -> None:
    async def body(network: SimNetwork) -> None:
        handlers = {"count": answers(count), "dear": answers(count, cost=20)}
        async with served(network, handlers, rate_per_s=10, burst=10) as to:
            clock = asyncio.get_running_loop().time
            then = clock()
            for _ in range(40):
                await ask_one(to.connection, "count", 1)
            assert clock() - then >= 3
            await asyncio.sleep(10)
            then = clock()
            await ask_one(to.connection, "dear", 1)
            assert clock() - then >= 1

    simulated(body)


def test_a_long_stream_is_paid_for_by_the_frame() -> None:
    heard = []

    async def hear(peer: bytes, data: bytes) -> None:
        heard.append(asyncio.get_running_loop().time())

    async def body(network: SimNetwork) -> None:
        async with served(network, {"line": listens(hear)}, rate_per_s=10, burst=10) as to:
            teller = Teller(to.connection, "line")
            for _ in range(3):
                await teller.tell(bytes(16_384 * 20))
            while len(heard) < 3:
                await asyncio.sleep(0.1)
            assert heard[1] - heard[0] >= 2
            assert heard[2] - heard[1] >= 2

    simulated(body)


def test_only_so_many_are_worked_on_at_a_time_and_not_for_ever() -> None:
    async def body(network: SimNetwork) -> None:
        async with served(network, {"sleep": hears(sleep)}, together_max=2, seconds_max=5) as to:
            clock = asyncio.get_running_loop().time
            then = clock()
            await asyncio.gather(*(tell(to.connection, "sleep", 4) for _ in range(4)))
            assert 8 <= clock() - then < 12
            assert (await caught(tell(to.connection, "sleep", 100))).code == "time"

    simulated(body)


def test_who_does_not_answer_in_time_is_given_up() -> None:
    async def body(network: SimNetwork) -> None:
        async with served(network, {"sleep": hears(sleep)}) as to:
            error = await caught(tell(to.connection, "sleep", 50, seconds_max=2))
            assert error.code == "time"
            assert "within 2 s" in str(error)
            error = await caught(every(ask(to.connection, "sleep", 50, seconds_max=2)))
            assert error.code == "time"

    simulated(body)


def test_long_streams_are_counted() -> None:
    async def wait(connection: Connection, stream: Stream, body: Any) -> None:
        assert body == "anything"
        while (frame := await stream.receive()) is not None:
            await stream.send(frame)
        await stream.finish()

    async def body(network: SimNetwork) -> None:
        handlers = {"long": streams(wait, streams_max=2)}
        async with served(network, handlers, together_max=1, seconds_max=5) as to:
            opened = [await open_long(to.connection, "long", "anything") for _ in range(2)]
            # Neither the time of a request ends them nor do they take its place.
            await asyncio.sleep(20)
            for stream in opened:
                await stream.send(b"echo")
                assert await stream.receive() == b"echo"
            third = await open_long(to.connection, "long", "anything")
            assert b"streams" in (await third.receive() or b"")
            assert to.faults == [(ASKER, "streams")]
            await opened[0].finish()
            assert await opened[0].receive() is None
            again = await open_long(to.connection, "long", "anything")
            await again.send(b"echo")
            assert await again.receive() == b"echo"

    simulated(body)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff",
        encode([]),
        encode(1),
        encode(["a", "b", "c"]),
        encode(["UPPER", "words"]),
        encode(["code", "x" * 501]),
        encode([1, "words"]),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(frame: bytes) -> None:
    async def wicked(connection: Connection, stream: Stream, body: Any) -> None:
        await stream.send(frame)

    async def body(network: SimNetwork) -> None:
        async with served(network, {"x": streams(wicked)}) as to:
            assert (await caught(ask_one(to.connection, "x", None))).code == "answer"

    simulated(body)


def test_a_peers_words_are_shown_without_control_characters() -> None:
    async def wicked(connection: Connection, stream: Stream, body: Any) -> None:
        await stream.send(encode(["code", "a\x1b[31m\nb"]))

    async def body(network: SimNetwork) -> None:
        async with served(network, {"x": streams(wicked)}) as to:
            assert str(await caught(ask_one(to.connection, "x", None))).endswith("a [31m b")

    simulated(body)


def test_tasks_end_together_in_order() -> None:
    ended: list[int] = []

    async def wait(number: int) -> None:
        try:
            await asyncio.sleep(1_000)
        finally:
            ended.append(number)

    async def main() -> None:
        tasks = Tasks()

        async def work() -> None:
            for number in range(50):
                tasks.start(wait(number))
            await asyncio.sleep(0)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await tasks.run(work())

    asyncio.run(main())
    assert ended == list(range(50))
