"""Bytes between two peers on this machine's loopback: QUIC with keys proved both ways, beside qh3 alone, and iroh.

Both ends are in one process. A turn of each comes after a turn of the other, so that a slow minute falls on all.
iroh is measured in a network namespace of its own, with itself alone beside it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.data.graphs import ROOT
from benchmarks.harness import Result, Row, Target
from focusmesh.errors import NetworkError
from focusmesh.host.node.transports import open_iroh, open_quic
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.transport import RequestLimits, Requests, Tasks, answers, ask_one

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from focusmesh.protocol.transport import Connection, Stream, Transport

_A, _B = SigningKey(b"a" * 32), SigningKey(b"b" * 32)
_NETWORK = bytes(32)
_HOST = "::1"
_LISTEN = f"[{_HOST}]:0"
_FRAME_BYTES = 1 << 19
_SMALL = b"12345678"
_TOGETHER = 16
_RATIO = 0.7
_NO_LIMITS = RequestLimits(rate_per_s=1e9, burst=1e9, together_max=64)


class Peer(NamedTuple):
    """One way to be measured: a question and its answer, and so many bytes in one stream."""

    ask: Callable[[], Awaitable[object]]
    stream: Callable[[int], Awaitable[None]] | None


def measure(quick: bool) -> Result:
    """Questions of 8 bytes, one stream each; one stream of 64 MiB; a connection from nothing."""
    result = Result("network")
    turns = asyncio.run(_beside_bare(quick))
    rows = [_row(name, found, turns["qh3 alone, streams"]) for name, found in turns.items()]
    iroh = _in_namespace(quick)
    if isinstance(iroh, str):
        result.not_run["iroh"] = iroh
    else:
        rows.append(_row("iroh, frames", iroh, turns["qh3 alone, streams"]))
    result.add(
        "Two ends in one process, over [::1]; medians, and in brackets the ratio to qh3 alone", rows
    )
    own, bare = turns["QUIC here, frames"], turns["qh3 alone, streams"]
    for what, name in (("throughput", "MB_per_s"), ("streams", "at_once_per_s")):
        measured = statistics.median(own[name]) / statistics.median(bare[name])
        result.targets.append(
            Target(f"QUIC {what} beside qh3 alone", _RATIO, measured, "×", at_least=True)
        )
    return result


def _row(name: str, found: dict[str, list[float]], bare: dict[str, list[float]]) -> Row:
    row: Row = {"who": name}
    for column in ("MB_per_s", "one_by_one_per_s", "at_once_per_s", "connect_ms"):
        times = found.get(column)
        if not times:
            row[column] = None
            continue
        value = statistics.median(times)
        row[column] = value
        if bare is not found and column != "connect_ms":
            row[column] = f"{value:,.0f} ({value / statistics.median(bare[column]):.2f})"
    return row


async def _beside_bare(quick: bool) -> dict[str, dict[str, list[float]]]:
    async with AsyncExitStack() as opened:
        bare = await opened.enter_async_context(_bare())
        quic = [
            await opened.enter_async_context(open_quic(key, _NETWORK, _LISTEN)) for key in (_A, _B)
        ]
        peers = {"qh3 alone, streams": bare}
        peers |= await opened.enter_async_context(_own("QUIC here", *quic))
        found = await _turns(peers, quick)
        for _ in range(5 if quick else 20):
            connect_ms = found["QUIC here, frames"].setdefault("connect_ms", [])
            connect_ms.append(await _connected(*quic))
        return found


async def _turns(peers: dict[str, Peer], quick: bool) -> dict[str, dict[str, list[float]]]:
    """Every measure of every peer, turn by turn."""
    count, megabytes, rounds = (200, 8, 2) if quick else (1_500, 64, 7)
    found: dict[str, dict[str, list[float]]] = {name: {} for name in peers}
    for _ in range(rounds):
        for name, peer in peers.items():
            of_peer = found[name]
            of_peer.setdefault("one_by_one_per_s", []).append(await _rate(peer, count // 3, 1))
            of_peer.setdefault("at_once_per_s", []).append(await _rate(peer, count, _TOGETHER))
            if peer.stream is not None:
                before = time.perf_counter()
                await peer.stream(megabytes << 20)
                seconds = time.perf_counter() - before
                of_peer.setdefault("MB_per_s", []).append((megabytes << 20) / seconds / 1e6)
    return found


async def _rate(peer: Peer, count: int, together: int) -> float:
    room = asyncio.Semaphore(together)

    async def one() -> None:
        async with room:
            await peer.ask()

    before = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(count)))
    return count / (time.perf_counter() - before)


async def _connected(a: Transport, b: Transport) -> float:
    """Milliseconds until both keys are proved."""
    before = time.perf_counter()
    connection = await a.connect(b.key, b.address)
    milliseconds = (time.perf_counter() - before) * 1e3
    accepted = await b.accept()
    await connection.close()
    await accepted.wait_closed()
    return milliseconds


@asynccontextmanager
async def _bare() -> AsyncIterator[Peer]:
    """qh3's own client and server with its stream readers, under the same cipher and certificate."""
    from qh3.asyncio.client import connect
    from qh3.asyncio.server import serve

    from focusmesh.protocol.transport.quic.library import configuration

    running: list[asyncio.Task[None]] = []

    def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def answer() -> None:
            asked = await reader.read()
            wanted_bytes = int.from_bytes(asked[:8], "big")
            for _ in range(wanted_bytes // _FRAME_BYTES):
                writer.write(bytes(_FRAME_BYTES))
                await asyncio.sleep(0)
            if not wanted_bytes:
                writer.write(_SMALL)
            writer.write_eof()

        running[:] = [task for task in running if not task.done()]
        running.append(asyncio.ensure_future(answer()))

    server: Any = await serve(
        _HOST, 0, configuration=configuration(_B, 30.0), stream_handler=answered
    )
    port = server._transport.get_extra_info("sockname")[1]

    async def question(wanted_bytes: int) -> int:
        reader, writer = await client.create_stream()
        writer.write(wanted_bytes.to_bytes(8, "big"))
        writer.write_eof()
        received = 0
        while data := await reader.read(_FRAME_BYTES):
            received += len(data)
        return received

    async def ask() -> None:
        assert await question(0) == len(_SMALL)

    async def stream(wanted_bytes: int) -> None:
        assert await question(wanted_bytes) == wanted_bytes

    async with connect(_HOST, port, configuration=configuration(None, 30.0)) as client:
        yield Peer(ask, stream)
    server.close()


@asynccontextmanager
async def _own(name: str, a: Transport, b: Transport) -> AsyncIterator[dict[str, Peer]]:
    """Frames on streams, and requests, over two connections between the same ends."""
    pairs = [await asyncio.gather(a.connect(b.key, b.address), b.accept()) for _ in range(2)]
    (frames, frames_there), (asking, asking_there) = pairs

    async def echo(peer: bytes, body: Any) -> AsyncIterator[Any]:
        yield body

    requests = Requests({"echo": answers(echo)}, limits=_NO_LIMITS)
    serving = [
        asyncio.ensure_future(requests.serve(asking_there)),
        asyncio.ensure_future(_answered(frames_there)),
    ]

    async def one() -> None:
        stream = await frames.open_stream()
        await stream.send(_SMALL)
        await stream.finish()
        assert await stream.receive() == _SMALL
        assert await stream.receive() is None

    async def many(wanted_bytes: int) -> None:
        stream = await frames.open_stream()
        await stream.send(wanted_bytes.to_bytes(9, "big"))
        await stream.finish()
        received = 0
        while (frame := await stream.receive()) is not None:
            received += len(frame)
        assert received == wanted_bytes

    async def request() -> None:
        assert await ask_one(asking, "echo", _SMALL) == _SMALL

    try:
        yield {f"{name}, frames": Peer(one, many), f"{name}, requests": Peer(request, None)}
    finally:
        await frames.close()
        await asking.close()
        await asyncio.gather(*serving)


async def _answered(connection: Connection) -> None:
    """Echoes a frame of 8 bytes; one of 9 says how many bytes are wanted."""
    tasks = Tasks()

    async def answer(stream: Stream) -> None:
        frame = await stream.receive()
        assert frame is not None
        if len(frame) == len(_SMALL):
            await stream.send(frame)
        else:
            for _ in range(int.from_bytes(frame, "big") // _FRAME_BYTES):
                await stream.send(bytes(_FRAME_BYTES))
        await stream.finish()

    async def accept() -> None:
        try:
            while True:
                tasks.start(answer(await connection.accept_stream()))
        except NetworkError:
            return

    await tasks.run(accept())


def _in_namespace(quick: bool) -> dict[str, list[float]] | str:
    """iroh's figures, from a process that has a network of its own; or why there are none."""
    if shutil.which("unshare") is None:
        return "no unshare here, and it is not run where others would hear it"
    run = f"ip link set lo up && exec {sys.executable} -m benchmarks.claims.network.bench_network {int(quick)}"
    words = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", run]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    if done.returncode:
        return f"no network namespace here: {done.stderr.strip().splitlines()[-1:]}"
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


async def _iroh(quick: bool) -> dict[str, list[float]]:
    async with open_iroh(_A, _NETWORK, _LISTEN) as a, open_iroh(_B, _NETWORK, _LISTEN) as b:
        async with _own("iroh", a, b) as peers:
            found = (await _turns(peers, quick))["iroh, frames"]
        found["connect_ms"] = [await _connected(a, b) for _ in range(5 if quick else 20)]
        return found


if __name__ == "__main__":
    json.dump(asyncio.run(_iroh(sys.argv[1] == "1")), sys.stdout)
