"""What a dialler may not do before its key is proved, each with what it is dropped for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.protocol.transport import QuicLimits
from focusmesh.protocol.transport.handshake import PROOF_BYTES_MAX
from focusmesh.protocol.transport.quic import link as quic_link
from tests.protocol.transport.sites import SERVER, ends_with, hello, run, site
from tests.protocol.transport.wires import RawDialler

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


async def early_stream(raw: RawDialler) -> None:
    raw.quic._open_stream()
    raw.send(b"x", stream=4)


async def early_datagram(raw: RawDialler) -> None:
    raw.quic.send_datagram_frame(b"x")
    raw.driver.soon()


async def early_bytes(raw: RawDialler) -> None:
    raw.send((PROOF_BYTES_MAX - 1).to_bytes(4, "big") + bytes(PROOF_BYTES_MAX - 3))


async def early_reset(raw: RawDialler) -> None:
    raw.send(b"\0")
    raw.quic.reset_stream(0, 1)
    raw.driver.soon()


async def early_end(raw: RawDialler) -> None:
    raw.send(b"", is_last=True)


async def early_one_way(raw: RawDialler) -> None:
    assert raw.quic._open_stream(is_unidirectional=True) == 2
    raw.send(b"x", stream=2)


EARLY: dict[Callable[[RawDialler], Coroutine[Any, Any, None]], str] = {
    early_stream: "early",
    early_datagram: "early",
    early_bytes: "early",
    early_reset: "early",
    early_end: "rules",
    early_one_way: "early",
}


@pytest.mark.parametrize("attack", EARLY, ids=lambda attack: str(attack.__name__))
def test_nothing_is_taken_before_the_proof(
    attack: Callable[[RawDialler], Coroutine[Any, Any, None]],
) -> None:
    async def body() -> None:
        async with site() as at:
            raw = await RawDialler(at.wire, SERVER.public).complete()
            await attack(raw)
            await ends_with(raw, EARLY[attack])
            assert at.accepted == []
            assert at.faults == [("::1", EARLY[attack])]

    run(body)


def test_without_the_check_streams_would_be_taken_before_the_proof(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quic_link.QuicLink, "_check_proved", lambda self: None)

    async def body() -> None:
        async with site() as at:
            raw = await RawDialler(at.wire, SERVER.public).complete()
            await early_stream(raw)
            await asyncio.sleep(0.1)
            assert not raw.ended.done()

    run(body)


def test_who_sends_much_and_proves_nothing_is_dropped() -> None:
    """What lies behind a gap in a stream reaches nobody, so that datagrams are counted as well."""

    async def body() -> None:
        async with site() as at:
            raw = await RawDialler(at.wire, SERVER.public).complete()
            for number in range(4_000):
                if raw.ended.done():
                    break
                raw.quic.send_ping(number)
                raw.driver.soon()
                await asyncio.sleep(0)
            await ends_with(raw, "early")
            assert at.faults == [("::1", "early")]

    run(body)


def test_who_does_not_prove_itself_in_time_is_dropped() -> None:
    async def body() -> None:
        async with site(limits=QuicLimits(proof_seconds=0.2)) as at:
            raw = await RawDialler(at.wire, SERVER.public).complete()
            raw.send(hello())
            await ends_with(raw, "time")
            assert at.faults == [("::1", "time")]

    run(body)
