"""What every transport has to do: each body gets two ends that are open, and closes nothing that it need not.

They run over the simulated net, QUIC, and iroh (in a process of its own: iroh_bodies.py).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport import DATAGRAM_BYTES_MAX, FRAME_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.protocol.transport import Connection, Stream, Transport

    Body = Callable[[Transport, Transport], Awaitable[None]]

SIZES = (0, 1, 3, 4, 255, 1_199, 65_536, 65_540, FRAME_BYTES_MAX)
PATIENCE_S = 20.0


def pattern(size: int, number: int) -> bytes:
    """Bytes that differ from place to place and from frame to frame."""
    part = bytes((number + place * 7) % 251 for place in range(min(size, 1_009)))
    return (part * (size // 1_009 + 1))[:size] if size else b""


async def connected(a: Transport, b: Transport) -> tuple[Connection, Connection]:
    """Both ends of a connection that ``a`` dialled."""
    dialling, accepting = await asyncio.gather(a.connect(b.key, b.address), b.accept())
    return dialling, accepting


async def streamed(a: Transport, b: Transport) -> tuple[Stream, Stream]:
    """Both ends of a stream that ``a`` opened; a first frame has gone through it."""
    dialling, accepting = await connected(a, b)
    stream = await dialling.open_stream()
    await stream.send(b"first")
    other = await accepting.accept_stream()
    assert await other.receive() == b"first"
    return stream, other


async def send_often(stream: Stream) -> None:
    """More than any window holds."""
    for _ in range(100):
        await stream.send(bytes(65_536))


async def each_end_knows_the_other(a: Transport, b: Transport) -> None:
    dialling, accepting = await connected(a, b)
    assert (dialling.peer_key, accepting.peer_key) == (b.key, a.key)
    assert (dialling.is_dialler, accepting.is_dialler) == (True, False)


async def frames_come_whole_and_in_order(a: Transport, b: Transport) -> None:
    stream, other = await streamed(a, b)
    for back_and_forth in ((stream, other), (other, stream)):
        sender, receiver = back_and_forth

        async def send(sender: Stream = sender) -> None:
            for number, size in enumerate(SIZES):
                await sender.send(pattern(size, number))

        sending = asyncio.ensure_future(send())
        for number, size in enumerate(SIZES):
            assert await receiver.receive() == pattern(size, number)
        await sending


async def a_frame_that_is_too_long_is_not_sent(a: Transport, b: Transport) -> None:
    stream, other = await streamed(a, b)
    with pytest.raises(NetworkError) as caught:
        await stream.send(bytes(FRAME_BYTES_MAX + 1))
    assert caught.value.code == "size"
    await stream.send(b"and it goes on")
    assert await other.receive() == b"and it goes on"


async def each_side_finishes_for_itself(a: Transport, b: Transport) -> None:
    stream, other = await streamed(a, b)
    await stream.send(b"last")
    await stream.finish()
    assert await other.receive() == b"last"
    assert await other.receive() is None
    await other.send(b"answer")
    assert await stream.receive() == b"answer"
    await other.finish()
    assert await stream.receive() is None
    assert await stream.receive() is None


async def many_streams_go_at_once(a: Transport, b: Transport) -> None:
    dialling, accepting = await connected(a, b)

    async def echo() -> None:
        stream = await accepting.accept_stream()
        frame = await stream.receive()
        assert frame is not None
        await stream.send(frame)
        await stream.finish()

    async def ask(number: int) -> None:
        stream = await dialling.open_stream()
        await stream.send(pattern(4_000, number))
        await stream.finish()
        assert await stream.receive() == pattern(4_000, number)
        assert await stream.receive() is None

    for _ in range(3):
        await asyncio.gather(*(echo() for _ in range(40)), *(ask(number) for number in range(40)))


async def both_ends_open_streams(a: Transport, b: Transport) -> None:
    for opening, taking in (await connected(a, b), reversed(await connected(a, b))):
        stream = await opening.open_stream()
        await stream.send(b"hello")
        assert await (await taking.accept_stream()).receive() == b"hello"


async def a_stream_that_is_given_up_ends_for_both(a: Transport, b: Transport) -> None:
    stream, other = await streamed(a, b)
    receiving = asyncio.ensure_future(other.receive())
    await asyncio.sleep(0)
    stream.reset()
    with pytest.raises(NetworkError) as caught:
        await asyncio.wait_for(receiving, PATIENCE_S)
    assert caught.value.code == "reset"
    with pytest.raises(NetworkError) as caught:
        await send_often(other)
    assert caught.value.code == "reset"
    with pytest.raises(NetworkError) as caught:
        await stream.receive()
    assert caught.value.code == "reset"


async def who_does_not_receive_holds_up_who_sends(a: Transport, b: Transport) -> None:
    stream, other = await streamed(a, b)
    sent = 0

    async def send() -> None:
        nonlocal sent
        for number in range(24):
            await stream.send(pattern(FRAME_BYTES_MAX, number))
            sent += 1

    sending = asyncio.ensure_future(send())
    before = -1
    while before != sent:
        before = sent
        await asyncio.sleep(0.1)
    assert sent < 12, "more was taken from the sender than a window"
    for number in range(24):
        assert await other.receive() == pattern(FRAME_BYTES_MAX, number)
    await sending


async def datagrams_arrive(a: Transport, b: Transport) -> None:
    dialling, accepting = await connected(a, b)
    for sender, receiver in ((dialling, accepting), (accepting, dialling)):
        data = pattern(DATAGRAM_BYTES_MAX, 5)
        # Some may be lost.
        for _ in range(20):
            sender.send_datagram(data)
            with suppress(TimeoutError):
                assert await asyncio.wait_for(receiver.receive_datagram(), 0.5) == data
                break
        else:
            pytest.fail("no datagram of twenty arrived")
        with pytest.raises(NetworkError) as caught:
            sender.send_datagram(bytes(DATAGRAM_BYTES_MAX + 1))
        assert caught.value.code == "size"


async def a_connection_ends_for_both(a: Transport, b: Transport) -> None:
    dialling, accepting = await connected(a, b)
    stream = await dialling.open_stream()
    await stream.send(b"hello")
    other = await accepting.accept_stream()
    assert await other.receive() == b"hello"
    waiting = [other.receive(), accepting.accept_stream(), accepting.receive_datagram()]
    waits = [asyncio.ensure_future(each) for each in waiting]
    await asyncio.sleep(0)
    await dialling.close("enough")
    await dialling.close("once more")
    assert "enough" in await asyncio.wait_for(accepting.wait_closed(), PATIENCE_S)
    await asyncio.wait_for(dialling.wait_closed(), PATIENCE_S)
    for wait in waits:
        with pytest.raises(NetworkError) as caught:
            await asyncio.wait_for(wait, PATIENCE_S)
        assert caught.value.code == "closed"
    for end in (dialling, accepting):
        with pytest.raises(NetworkError) as caught:
            await end.open_stream()
        assert caught.value.code == "closed"


async def nobody_else_is_taken_for_the_peer(a: Transport, b: Transport) -> None:
    with pytest.raises(NetworkError) as caught:
        await a.connect(a.key[:31] + b"\0", b.address)
    assert caught.value.code in {"handshake", "unreachable"}


async def a_receive_that_is_given_up_loses_nothing(a: Transport, b: Transport) -> None:
    stream, other = await streamed(a, b)
    for number in range(5):
        waiting = asyncio.ensure_future(other.receive())
        await asyncio.sleep(0)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        await stream.send(b"%d" % number)
        assert await other.receive() == b"%d" % number


async def a_transport_that_closes_ends_everything(a: Transport, b: Transport) -> None:
    dialling, _ = await connected(a, b)
    accepting = asyncio.ensure_future(b.accept())
    await asyncio.sleep(0)
    await b.close()
    with pytest.raises(NetworkError) as caught:
        await asyncio.wait_for(accepting, PATIENCE_S)
    assert caught.value.code == "closed"
    await asyncio.wait_for(dialling.wait_closed(), PATIENCE_S)


async def what_went_through_is_counted(a: Transport, b: Transport) -> None:
    stream, other = await streamed(a, b)
    await stream.send(bytes(50_000))
    assert await other.receive() == bytes(50_000)
    for end in (a, b):
        assert end.stats().connections == 1
    assert a.stats().streams >= 1
    assert a.stats().bytes_sent >= 50_000
    assert b.stats().bytes_received >= 50_000


BODIES: dict[str, Body] = {
    body.__name__: body
    for body in (
        each_end_knows_the_other,
        frames_come_whole_and_in_order,
        a_frame_that_is_too_long_is_not_sent,
        each_side_finishes_for_itself,
        many_streams_go_at_once,
        both_ends_open_streams,
        a_stream_that_is_given_up_ends_for_both,
        who_does_not_receive_holds_up_who_sends,
        datagrams_arrive,
        a_connection_ends_for_both,
        nobody_else_is_taken_for_the_peer,
        a_receive_that_is_given_up_loses_nothing,
        a_transport_that_closes_ends_everything,
        what_went_through_is_counted,
    )
}
