"""Requests over a transport in memory: answers, refusals, limits, and what peers are blamed for."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import InputError, NetworkError, PeerError, SignalError
from focusmesh.protocol.codec import encode
from focusmesh.protocol.transport import (
    RequestLimits,
    Requests,
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
from tests.protocol.transport.memory import MemoryTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ASKER, ANSWERER = b"a" * 32, b"b" * 32


async def count(peer: bytes, body: object) -> AsyncIterator[object]:
    for number in range(body):
        yield [number, peer]


async def refuse(peer: bytes, body: object) -> AsyncIterator[object]:
    raise SignalError("nonce", "nonce 3 was used")
    yield


@asynccontextmanager
async def served(handlers, **keywords):
    """A connection to a node with ``handlers``, and the task that serves it."""
    hub: dict[str, MemoryTransport] = {}
    async with (
        MemoryTransport(ASKER, "a", hub) as asker,
        MemoryTransport(ANSWERER, "b", hub) as answerer,
    ):
        connection = await asker.connect(ANSWERER, "b")
        serving = asyncio.ensure_future(
            Requests(handlers, **keywords).serve(await answerer.accept())
        )
        try:
            yield connection, serving
        finally:
            await connection.close()
            await asyncio.wait([serving], timeout=5)
            assert serving.done()


async def every(answered) -> list[object]:
    return [value async for value in answered]


def test_answers_come_in_order_with_the_askers_key() -> None:
    async def run() -> None:
        async with served({"count": answers(count)}) as (connection, _):
            assert await every(ask(connection, "count", 3)) == [[n, ASKER] for n in range(3)]
            assert await every(ask(connection, "count", 0)) == []
            assert await ask_one(connection, "count", 1) == [0, ASKER]

    asyncio.run(run())


def test_a_refusal_has_the_handlers_code_and_words() -> None:
    async def run() -> None:
        async with served({"refuse": answers(refuse)}) as (connection, _):
            with pytest.raises(PeerError, match="nonce 3 was used") as caught:
                await every(ask(connection, "refuse", None))
            assert caught.value.code == "nonce"
            with pytest.raises(PeerError, match="nothing here answers 'other'") as caught:
                await tell(connection, "other", None)
            assert caught.value.code == "unknown"

    asyncio.run(run())


def test_what_is_told_arrives_in_order() -> None:
    async def run() -> None:
        heard: list[object] = []

        async def hear(peer: bytes, body: object) -> None:
            heard.append((peer, body))

        async with served({"once": hears(hear), "line": listens(hear)}) as (connection, _):
            await tell(connection, "once", "x")
            teller = Teller(connection, "line")
            for number in range(20):
                await teller.tell(b"%d" % number)
            while len(heard) < 21:
                await asyncio.sleep(0)
            assert heard == [(ASKER, "x"), *((ASKER, b"%d" % number) for number in range(20))]

    asyncio.run(run())
