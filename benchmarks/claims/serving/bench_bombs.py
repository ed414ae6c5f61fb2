"""Bodies that are small to send and large to read: what a server's processes take for them, and whether it stays well.

`focusmesh serve` with one worker serves a new ledger. Three clients at a time post one body, and nothing but the form
is right about it: nobody signed. Meanwhile ``/health/live`` is asked twenty times a second. Memory is the rise of the
resident peak of all processes of the server while they answer. Beside them, in processes of their own: readers of what
peers send, each with its bomb, and the same bytes read without a bound, which is how they were read before.
"""

from __future__ import annotations

import json
import multiprocessing
import multiprocessing.connection
import os
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from benchmarks.claims.serving.bench_serve import serving
from benchmarks.harness import Result, Row, Target
from focusmesh.errors import FocusmeshError
from focusmesh.host.storage.ledger_folder import Folder, create
from focusmesh.kernel.block import Grant
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.codec import ARRAY, ITEMS_MAX, decode, encode, head
from focusmesh.protocol.gossip.messages import decode_message
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY_BYTES = 19_900_000
FRAME_BYTES = (1 << 20) - 1_024
_TOGETHER = 3
_HEALTH_SECONDS, _MEMORY_BODIES = 0.2, 4.0
_BETWEEN_SECONDS = 0.05
_PACKET, _JSON = "application/octet-stream", "application/json"


def measure(quick: bool) -> Result:
    """Bodies of 19.9 MB; of a twentieth of that to see whether it runs."""
    result = Result("bombs")
    size = BODY_BYTES // 20 if quick else BODY_BYTES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"
        key = SigningKey.generate(bytes(32)).public
        create(Folder(path), "bombs", Parameters(proposers=(key,)), [Grant(key, 0, 1_000)], 1_000)
        with serving(path, 1) as url:
            rows = [_posted(url, name, size) for name in _BODIES]
    result.add(f"Posted by {_TOGETHER} at once, one worker", rows)
    readers = [_read(name, FRAME_BYTES) for name in _READERS]
    result.add("Read from a frame of a peer, in a process of its own", readers)
    worst, slowest = (
        max(float(row[column] or 0) for row in rows) for column in ("bodies", "health_max_s")
    )
    result.targets += [
        Target("memory of bodies posted at once", _MEMORY_BODIES, worst, "× their bytes"),
        Target("health meanwhile", _HEALTH_SECONDS, slowest, "s"),
    ]
    return result


def _maps(size: int) -> bytes:
    return b"\x82\x41\x00\x9a" + size.to_bytes(4, "big") + b"\xa0" * size


def _array(count: int, unit: bytes) -> bytes:
    return head(ARRAY, count) + unit * count


def _contents(size: int) -> bytes:
    return b"\x82\x41\x00\x9a" + size.to_bytes(4, "big") + b"\x40" * size


def _large(size: int) -> bytes:
    return Packet(b"s" * 1_000, (b"x" * 1_000_000,) * (size // 1_000_000)).encode()


def _lists(size: int) -> bytes:
    return b'{"query": "{status{height}}", "variables": {"a": [' + b"[]," * (size // 3) + b"0]}}"


_BODIES: dict[str, tuple[str, str, Callable[[int], bytes]]] = {
    "empty maps": ("/v1/signals", _PACKET, _maps),
    "empty contents": ("/v1/signals", _PACKET, _contents),
    "large contents, unsigned": ("/v1/signals", _PACKET, _large),
    "empty lists to GraphQL": ("/v1/graphql", _JSON, lambda size: _lists(260_000)),
    "empty lists to the grid": ("/v1/grid/vote", _JSON, lambda size: _lists((1 << 20) - 100)),
}


def _posted(url: str, name: str, size: int) -> Row:
    path, media, make = _BODIES[name]
    body, over, waits = make(size), Event(), []

    def ask_health() -> None:
        while not over.wait(_BETWEEN_SECONDS):
            begun = time.perf_counter()
            urlopen(url + "/health/live", timeout=120).read()
            waits.append(time.perf_counter() - begun)

    def post(_: int) -> int:
        request = Request(url + path, body, {"Content-Type": media}, method="POST")
        try:
            with urlopen(request, timeout=120) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    processes = _processes()
    for process in processes:
        Path(f"/proc/{process}/clear_refs").write_text("5")
    before = _resident("VmRSS", processes)
    with ThreadPoolExecutor(_TOGETHER + 1) as pool:
        asking, begun = pool.submit(ask_health), time.perf_counter()
        statuses = set(pool.map(post, range(_TOGETHER)))
        seconds = time.perf_counter() - begun
        over.set()
        asking.result()
    risen = _resident("VmHWM", processes) - before
    return {
        "body": name,
        "MB": len(body) / 1e6,
        "status": ", ".join(map(str, sorted(statuses))),
        "seconds": seconds,
        "peak_MB": risen / 1e6,
        "bodies": risen / (_TOGETHER * len(body)),
        "health_max_s": max(waits, default=None),
    }


def _processes() -> list[int]:
    """Those of the server: all that come from this one."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found, level = [], [os.getpid()]
    while level:
        level = [process for process, parent in parents.items() if parent in level]
        found += level
    return found


def _resident(what: str, processes: list[int]) -> int:
    """Bytes: ``VmRSS`` is what they have, ``VmHWM`` the most that they had."""
    lines: Iterator[str] = (
        line
        for process in processes
        for line in Path(f"/proc/{process}/status").read_text().splitlines()
    )
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(what + ":"))


_READERS: dict[str, tuple[Callable[[bytes], object], Callable[[int], bytes]]] = {
    "packet, a bounded reader": (Packet.decode, _maps),
    "packet, without a bound": (lambda data: decode(data, items_max=None), _maps),
    "signal of many fields": (lambda data: parse(bytes(64) + data), lambda size: _maps(size)[3:]),
    "message of gossip": (decode_message, _maps),
    "any dag-cbor": (decode, _maps),
    "any dag-cbor, as many items as it takes": (
        decode,
        lambda size: _array(ITEMS_MAX - 1, b"\xa0"),
    ),
    "a page of a snapshot, likewise": (
        lambda data: decode(data, items_max=1 << 19),
        lambda size: _array((1 << 19) - 1, b"\xa0"),
    ),
    "any dag-cbor, one long string": (decode, lambda size: encode([b"x" * size])),
}


def _read(name: str, size: int) -> Row:
    parent, child = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_child, args=(name, size, child))
    process.start()
    row: Row = json.loads(parent.recv_bytes())
    process.join()
    return row


def _child(name: str, size: int, told: multiprocessing.connection.Connection) -> None:
    read, make = _READERS[name]
    data = make(size)
    before, begun = _peak(), time.process_time()
    with suppress(FocusmeshError):
        read(data)
    seconds, risen = time.process_time() - begun, _peak() - before
    row = {"reader": name, "MB": len(data) / 1e6, "seconds": seconds, "peak_MB": risen / 1e6}
    told.send_bytes(json.dumps(row | {"bodies": risen / len(data)}).encode())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
