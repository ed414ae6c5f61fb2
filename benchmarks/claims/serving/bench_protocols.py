"""The other ways to ask: GraphQL, gRPC, MCP and web sockets, a second, of servers on this machine.

`focusmesh serve` with a worker a core serves R-MAT 17: wrk asks GraphQL, and as many processes as cores ask gRPC, 32
calls under way in each, every question for another particle. MCP is asked over standard input by the official SDK's
client, one call after the other. Web sockets hear of every block of a ledger, whose node is in the server, while one
client posts signals and waits for the block of each. Clients run on the same cores.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from benchmarks.claims.serving.bench_serve import asked, particle_graph, serving
from benchmarks.harness import Result, Row
from focusmesh import Graph
from focusmesh.host.storage.ledger_folder import Folder, create
from focusmesh.interface.server.process.workers import free_port
from focusmesh.kernel.block import Grant
from focusmesh.kernel.session import Signer, link_step
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.identity import SEAL_RANDOM_BYTES, SigningKey, seal_key

_SECONDS = 5.0
_CALLS_AT_ONCE = 32
_SOCKETS = (10, 100, 1_000)
_PASSPHRASE = "a passphrase of a benchmark"
_QUERY = '{particle(name:"particle-{0}"){score rank bound}}'
_CLIENT = "import sys; from benchmarks.claims.serving.bench_protocols import ask_grpc; ask_grpc(*sys.argv[1:])"


def measure(quick: bool) -> Result:
    """R-MAT 17; R-MAT 12 to see whether it runs."""
    result = Result("protocols")
    if shutil.which("wrk") is None:
        result.not_run["protocols"] = "there is no wrk here"
        return result
    with tempfile.TemporaryDirectory() as folder:
        path, count, links = particle_graph(Path(folder), quick=quick)
        what = f"{count:,} particles, {links:,} links"
        port = free_port("127.0.0.1", 0)
        workers = len(os.sched_getaffinity(0))
        with serving(path, workers, ["--grpc-port", str(port)]) as url:
            rows = [_graphql(url, count, quick=quick), _grpc(port, count, workers, quick=quick)]
        result.add(f"One particle's score, {workers} workers, {what}", rows)
        result.add("A memory over MCP, one client", _mcp(Path(folder), quick=quick))
        result.add("Blocks to web sockets, 1 worker", _live(Path(folder), quick=quick))
    return result


def _graphql(url: str, count: int, *, quick: bool) -> Row:
    path = f"/v1/graphql?query={quote(_QUERY, safe='{}').replace('{', '%7B').replace('}', '%7D')}"
    path = path.replace("%7B0%7D", "{0}")
    requests, micros, middle, high, failed = asked(url, path, count, 3 if quick else 5)
    return _row("GraphQL over HTTP", 1e6 * requests / micros, middle / 1e3, high / 1e3, failed)


def _grpc(port: int, count: int, clients: int, *, quick: bool) -> Row:
    seconds = 1.0 if quick else _SECONDS
    said = [sys.executable, "-c", _CLIENT, str(port), str(count), str(seconds)]
    running = [subprocess.Popen([*said, str(n)], stdout=subprocess.PIPE) for n in range(clients)]
    found = [json.loads(process.communicate()[0]) for process in running]
    times = sorted(took for one in found for took in one["ms"])
    rate = sum(len(one["ms"]) / one["seconds"] for one in found)
    return _row("gRPC", rate, *_percentiles(times), failed=sum(int(one["failed"]) for one in found))


def ask_grpc(port: str, count: str, seconds: str, seed: str) -> None:
    """A client's process: calls until the time is over, and what each took, as JSON."""
    import grpc

    from focusmesh.interface.server.grpc import method_types

    method = method_types()["GraphService/Rank"]
    drawn, times, failed = random.Random(seed), list[float](), 0

    async def ask() -> float:
        nonlocal failed
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary(
                "/" + method.path.lstrip("/"),
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.response.FromString,
            )
            begun = time.perf_counter()
            until = begun + float(seconds)

            async def go_on() -> None:
                nonlocal failed
                while (then := time.perf_counter()) < until:
                    name = f"particle-{drawn.randrange(int(count))}"
                    try:
                        await call(method.request(particles=[name]))
                    except grpc.aio.AioRpcError:
                        failed += 1
                    times.append(1e3 * (time.perf_counter() - then))

            await asyncio.gather(*(go_on() for _ in range(_CALLS_AT_ONCE)))
            return time.perf_counter() - begun

    took = asyncio.run(ask())
    print(json.dumps({"ms": times, "seconds": took, "failed": failed}))


def _mcp(folder: Path, *, quick: bool) -> list[Row]:
    """An entity opened, words looked for, and one observation written, in a graph file."""
    count = 100 if quick else 10_000
    graph = Graph.from_edges(
        [f"person {at}" for at in range(count)],
        [f"drinks tea {at % 97} times" for at in range(count)],
        relation=["memory:observation"] * count,
    )
    graph.save(folder / "memory.focusmesh")
    calls: dict[str, Any] = {
        "open_nodes": lambda at: {"names": [f"person {at % count}"]},
        "recall": lambda at: {"question": f"who drinks tea {at % 97}", "budget_tokens": 500},
        "add_observations": lambda at: {
            "observations": [{"entityName": f"person {at % count}", "contents": [f"new {at}"]}]
        },
    }
    return asyncio.run(_called(folder / "memory.focusmesh", calls, 1.0 if quick else 3.0))


async def _called(path: Path, calls: dict[str, Any], seconds: float) -> list[Row]:
    from mcp import Client, StdioServerParameters

    program = ["-c", "from focusmesh.interface.cli import main; main()", "mcp", str(path)]
    rows = []
    async with Client(StdioServerParameters(command=sys.executable, args=program)) as client:
        for name, arguments in calls.items():
            await client.call_tool(name, arguments(0))
            times, failed, number = list[float](), 0, 1
            begun = time.perf_counter()
            while (then := time.perf_counter()) < begun + seconds:
                answer = await client.call_tool(name, arguments(number))
                failed += bool(answer.is_error)
                number += 1
                times.append(1e3 * (time.perf_counter() - then))
            rate = len(times) / (time.perf_counter() - begun)
            rows.append(_row(name, rate, *_percentiles(sorted(times)), failed=failed))
    return rows


def _live(folder: Path, *, quick: bool) -> list[Row]:
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    key = SigningKey.generate(bytes(32))
    sealed = seal_key(key.seed, _PASSPHRASE, os.urandom(SEAL_RANDOM_BYTES), public=key.public)
    (keys / "me.key.json").write_bytes(sealed)
    os.environ |= {"FOCUSMESH_KEYS": str(keys), "FOCUSMESH_PASSPHRASE": _PASSPHRASE}
    parameters = Parameters(proposers=(key.public,))
    create(Folder(folder / "ledger"), "live", parameters, [Grant(key.public, 0, 10**12)], 1_000)
    with serving(folder / "ledger", 1, ["--node"]) as url:
        poster = _Poster(url, key, parameters)
        poster.post()
        sockets = (10,) if quick else _SOCKETS
        return [asyncio.run(_heard(url, count, poster)) for count in sockets]


class _Poster:
    """Signals of one link, one after the other, each in its block before the next one is made."""

    def __init__(self, url: str, key: SigningKey, parameters: Parameters) -> None:
        with urlopen(f"{url}/v1/status") as answer:
            network = bytes.fromhex(json.load(answer)["network"])
        self._url = url
        self._signer = Signer(key, network, parameters)
        self.posted = 0

    def post(self) -> None:
        (batch,) = self._signer.batches(
            [link_step("a", f"b{self.posted % 50}", None, 1)], lambda _: False
        )
        (packet,) = self._signer.packets([batch], self.posted, self.posted)
        request = Request(
            f"{self._url}/v1/signals?wait=30",
            packet.encode(),
            {"Content-Type": "application/octet-stream"},
        )
        with urlopen(request) as answer:
            assert json.load(answer)["code"] == "ok"
        self.posted += 1


async def _heard(url: str, count: int, poster: _Poster) -> Row:
    """How many events all sockets are sent a second, and how long after it was posted a block has come to them."""
    place = urlsplit(url)
    readers = [await _subscribed(place.hostname or "", place.port or 0) for _ in range(count)]
    heard, first = 0, poster.posted
    last: dict[int, float] = {}

    async def read(reader: asyncio.StreamReader) -> None:
        nonlocal heard
        while True:
            event = json.loads(await _message(reader))["event"]
            heard += 1
            last[int(event["height"])] = time.perf_counter()

    tasks = [asyncio.create_task(read(reader)) for reader, _ in readers]
    times: list[tuple[int, float]] = []
    begun = time.perf_counter()
    while time.perf_counter() < begun + _SECONDS:
        then = time.perf_counter()
        await asyncio.to_thread(poster.post)
        times.append((poster.posted, then))
    took = time.perf_counter() - begun
    await asyncio.sleep(1.0)
    for task in tasks:
        task.cancel()
    for _, writer in readers:
        writer.close()
    delays = sorted(1e3 * (last[height] - then) for height, then in times if height in last)
    blocks = poster.posted - first
    return {
        "sockets": count,
        "blocks_s": blocks / took,
        "events_s": heard / took,
        "all_heard_p50_ms": _percentiles(delays)[0],
        "p99_ms": _percentiles(delays)[1],
        "missed": 1 - heard / (blocks * count),
    }


async def _subscribed(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A web socket that hears of blocks."""
    reader, writer = await asyncio.open_connection(host, port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /v1/live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101"), head
    said = json.dumps({"id": "x", "subscribe": {"topic": "blocks"}}).encode()
    # Clients mask what they say; a mask of zeros leaves it as it is.
    writer.write(bytes([0x81, 0x80 | len(said)]) + bytes(4) + said)
    assert json.loads(await _message(reader))["subscribed"]
    return reader, writer


async def _message(reader: asyncio.StreamReader) -> bytes:
    """The next message of text; others are passed over."""
    while True:
        kind, length = await reader.readexactly(2)
        if length > 125:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        content = await reader.readexactly(length)
        if kind == 0x81:
            return content


def _row(what: str, rate: float, middle: float, high: float, failed: int) -> Row:
    return {"call": what, "answers_s": rate, "p50_ms": middle, "p99_ms": high, "failed": failed}


def _percentiles(times: list[float]) -> tuple[float, float]:
    """The middle one, and the one that a hundredth is above."""
    if not times:
        return float("nan"), float("nan")
    return times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
