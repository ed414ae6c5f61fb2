"""Parked signals: 20,000 that wait for a nonce before theirs, in the spool of a validator's node that runs meanwhile.

What a POST takes then, to the signed promise on the disk, and what the parked signals cost the node, beside its share
of a core with an empty spool. On the same disk in the same run: a bare append with fsync, and an insert into SQLite.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.data.ledgers import RUN
from benchmarks.harness import Result, Row, Target, quotient
from focusmesh.host.service.signals import Signals
from focusmesh.host.storage.ledger_folder import Folder, serving
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.kernel.admission import LIMITS, admit
from focusmesh.kernel.session import Signer, link_step
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.block import Chain
    from focusmesh.protocol.packet import Packet

_POSTS = 200
_SHARE_SECONDS = 15.0
_PASSPHRASE = "of the benchmark"


class Running(NamedTuple):
    """The node of one validator, and its ledger."""

    folder: Folder
    process: subprocess.Popen[bytes]

    def share(self) -> float:
        """Of a core that its process took in the last seconds."""
        before, began = self._cpu_seconds(), time.perf_counter()
        time.sleep(_SHARE_SECONDS)
        return (self._cpu_seconds() - before) / (time.perf_counter() - began)

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(quick: bool) -> Result:
    """A network of one validator; the neurons that park have one base unit each."""
    result = Result("parked")
    parked = 2_000 if quick else 20_000
    keys = [SigningKey((b"poor %d" % number).ljust(32)) for number in range(parked // 64 + 1)]
    with TemporaryDirectory() as folder:
        running = _begun(Path(folder), keys)
        opened = OpenedChain.of(running.folder)
        try:
            _measure(result, running, opened, keys, parked)
        finally:
            running.process.terminate()
            running.process.wait(60)
            opened.release()
    return result


def _measure(
    result: Result, running: Running, opened: OpenedChain, keys: list[SigningKey], parked: int
) -> None:
    time.sleep(5)
    idle = running.share()
    signals, chain = Signals(running.folder, opened), opened.reading()
    for number in range(parked):
        packet = _signed(chain, keys[number // LIMITS.neuron_early], 1 + number % 64)
        signals.spool.admit(admit(chain, packet))
    assert signals.spool.totals().early == parked
    share = running.share()
    assert signals.spool.totals().early == parked, "they are dropped after two minutes"
    # Nonce 0 of a neuron that parked nothing: its turn is at once.
    rich = [SigningKey((b"rich %d" % number).ljust(32)) for number in range(_POSTS)]
    posts = [_signed(chain, key, 0).encode() for key in rich]
    seconds = [_timed(partial(signals.leave, packet)) for packet in posts]
    peers = _peers(running.folder.path, posts)
    rows: list[Row] = [
        {
            "what": what,
            "p50_ms": 1_000 * times[len(times) // 2],
            "p99_ms": 1_000 * times[int(0.99 * len(times))],
            "of_an_append": quotient(times[len(times) // 2], peers[_APPEND][len(times) // 2], 1),
        }
        for what, times in {f"POST, {parked:,} parked": sorted(seconds), **peers}.items()
    ]
    result.add("One signal to the disk", rows)
    result.add(
        "The validator's share of a core",
        [{"spool": "empty", "share": idle}, {"spool": f"{parked:,} parked", "share": share}],
    )
    p99 = rows[0]["p99_ms"]
    assert isinstance(p99, float)
    result.targets.append(Target(f"POST p99 with {parked:,} parked", 100.0, p99, "ms"))
    result.targets.append(Target("share of the parked", 0.05, share - idle, "cores"))


_APPEND = "append and fsync"


def _peers(folder: Path, packets: list[bytes]) -> dict[str, list[float]]:
    """Sorted seconds of the same bytes, each durable by itself."""
    log = sqlite3.connect(folder / "peer.sqlite", isolation_level=None)
    log.execute("PRAGMA journal_mode = WAL")
    log.execute("PRAGMA synchronous = FULL")
    log.execute("CREATE TABLE signals (number INTEGER PRIMARY KEY, packet BLOB)")
    insert = "INSERT INTO signals (packet) VALUES (?)"
    with (folder / "peer.log").open("ab", buffering=0) as file:

        def append(packet: bytes) -> None:
            file.write(packet)
            os.fsync(file.fileno())

        appended = [_timed(partial(append, packet)) for packet in packets]
    inserted = [_timed(partial(log.execute, insert, (packet,))) for packet in packets]
    log.close()
    return {_APPEND: sorted(appended), "insert into SQLite": sorted(inserted)}


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _signed(chain: Chain, key: SigningKey, nonce: int) -> Packet:
    signer = Signer(key, chain.network, chain.parameters)
    (packet,) = signer.packets(
        signer.batches([link_step("a", "b", None, 1)], lambda _: False), nonce, chain.height
    )
    return packet


def _begun(folder: Path, keys: list[SigningKey]) -> Running:
    environment = {
        **os.environ,
        "FOCUSMESH_KEYS": str(folder / "keys"),
        "FOCUSMESH_PASSPHRASE": _PASSPHRASE,
    }
    rich = [SigningKey((b"rich %d" % number).ljust(32)) for number in range(_POSTS)]
    grants = [word for key in keys + rich for word in ("--grant", f"{key.public.hex()}=1")]
    ledger = Folder(folder / "ledger")
    words = (
        ("keys", "new", "voter"),
        (
            "node",
            "init",
            str(ledger.path),
            "--agreement",
            "quorum",
            "--validator",
            "voter=1000000",
            *grants,
        ),
    )
    for command in words:
        subprocess.run(
            [sys.executable, "-c", RUN, *command], env=environment, check=True, capture_output=True
        )
    start = ("node", "start", str(ledger.path), "--listen", "127.0.0.1:0")
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *start], env=environment, stdout=subprocess.DEVNULL
    )
    while serving(ledger) is None:
        assert process.poll() is None, "the node ended"
        time.sleep(0.05)
    return Running(ledger, process)
