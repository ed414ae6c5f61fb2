"""Asking a peer: a stream is opened, the question sent, the answers come one by one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport.rpc.frames import question_frame, read_answer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.transport.interface import Connection, Stream

ANSWER_SECONDS_MAX = 30.0
ANSWERS_MAX = 1 << 20
PACE_BYTES_PER_S = 1 << 18
"""How quick long answers have to be; else a peer that sends a little now and then would be waited for without end."""


async def ask(
    connection: Connection,
    name: str,
    body: Value,
    *,
    seconds_max: float = ANSWER_SECONDS_MAX,
    answers_max: int = ANSWERS_MAX,
) -> AsyncGenerator[Any, None]:
    """Yields each answer as it comes; who stops listening gives the request up (``contextlib.aclosing``).

    PeerError with the peer's code where it refuses. NetworkError: ``"time"`` where an answer takes longer than
    ``seconds_max``, or all of them longer than that and a second for each PACE_BYTES_PER_S; ``"answer"`` for what is no
    answer or one too many; and what the stream raises.
    """
    stream = await open_long(connection, name, body, seconds_max=seconds_max)
    try:
        await stream.finish()
        count, left_s = 0, seconds_max
        while True:
            began = asyncio.get_running_loop().time()
            wait_s = min(left_s, seconds_max)
            frame = await _next_frame(stream, connection, name, wait_s)
            if frame is None:
                break
            took_s = asyncio.get_running_loop().time() - began
            left_s += len(frame) / PACE_BYTES_PER_S - took_s
            value = read_answer(frame, connection.peer_key)
            count += 1
            if count > answers_max:
                raise _too_many(connection, name, answers_max)
            yield value
    except BaseException:
        stream.reset()
        raise


async def ask_one(
    connection: Connection, name: str, body: Value, *, seconds_max: float = ANSWER_SECONDS_MAX
) -> Any:
    """The only answer. Raises what ``ask`` raises; NetworkError ``"answer"`` where there is none."""
    found = await _all_answers(connection, name, body, seconds_max, 1)
    if not found:
        raise NetworkError("answer", f"peer {connection.peer_key.hex()} has no answer to {name!r}")
    return found[0]


async def tell(
    connection: Connection, name: str, body: Value, *, seconds_max: float = ANSWER_SECONDS_MAX
) -> None:
    """Asks where there is nothing to answer, and waits until the peer has taken it. Raises what ``ask`` raises."""
    await _all_answers(connection, name, body, seconds_max, 0)


async def open_long(
    connection: Connection, name: str, body: Value, *, seconds_max: float = ANSWER_SECONDS_MAX
) -> Stream:
    """A stream whose first frame is sent, for a handler that takes it as it is (``requests.streams``)."""
    try:
        async with asyncio.timeout(seconds_max):
            return await _open(connection, name, body)
    except TimeoutError as error:
        raise _too_slow(connection, name, seconds_max) from error


async def _open(connection: Connection, name: str, body: Value) -> Stream:
    stream = await connection.open_stream()
    try:
        await stream.send(question_frame(name, body))
    except BaseException:
        stream.reset()
        raise
    return stream


async def _all_answers(
    connection: Connection, name: str, body: Value, seconds_max: float, answers_max: int
) -> list[Any]:
    """What ``ask`` yields, with one time for all of it."""
    found: list[Any] = []
    try:
        async with asyncio.timeout(seconds_max):
            stream = await _open(connection, name, body)
            try:
                await stream.finish()
                while (frame := await stream.receive()) is not None:
                    found.append(read_answer(frame, connection.peer_key))
                    if len(found) > answers_max:
                        raise _too_many(connection, name, answers_max)
            except BaseException:
                stream.reset()
                raise
    except TimeoutError as error:
        raise _too_slow(connection, name, seconds_max) from error
    return found


async def _next_frame(
    stream: Stream, connection: Connection, name: str, seconds_max: float
) -> bytes | None:
    try:
        async with asyncio.timeout(seconds_max):
            return await stream.receive()
    except TimeoutError as error:
        raise _too_slow(connection, name, seconds_max) from error


def _too_many(connection: Connection, name: str, answers_max: int) -> NetworkError:
    return NetworkError(
        "answer", f"peer {connection.peer_key.hex()} answers {name!r} more than {answers_max} times"
    )


def _too_slow(connection: Connection, name: str, seconds_max: float) -> NetworkError:
    return NetworkError(
        "time",
        f"peer {connection.peer_key.hex()} did not answer {name!r} within {seconds_max:g} s; ask another one",
    )
