"""A fresh node joins a network of four processes on this machine's loopback, and comes to the head of the chain.

By a snapshot of the last state, and by carrying out every block since the genesis; beside both, what the network's
first node took to import the links, and a copy of its folder.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from benchmarks.data.ledgers import RUN, imported_by_command
from benchmarks.harness import Result, Row, Target, quotient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NODES = 4
_JOIN_SECONDS = 60.0
_PATIENCE_SECONDS = 60.0


def measure(quick: bool) -> Result:
    """R-MAT of a million links over 2¹⁷ particles, each of them a text that is kept as content."""
    result = Result("sync")
    scale, links = (14, 100_000) if quick else (17, 1_000_000)
    with TemporaryDirectory() as folder, ExitStack() as running:
        made = imported_by_command(Path(folder), scale, links)
        ledgers = [made.ledger, *_copies(made.ledger, _NODES - 1)]
        peers: list[str] = []
        for ledger in ledgers:
            running.enter_context(_node(ledger, peers, made.environment))
            peers.append(_address(ledger, made.environment))
        rows = [
            _joined(Path(folder) / name, peers, options, made.environment, links)
            for name, options in (("snapshot", ["--snapshot"]), ("blocks", ["--from-genesis"]))
        ]
        size_bytes = _size_bytes(made.ledger)
    result.add(f"A fifth node joins a network of four that has {links:,} links", rows)
    copy: Row = {"import_s": made.seconds, "MB": size_bytes / 1e6, "particles": made.particles}
    result.add("Beside it: the import of the links, and how large the ledger is", [copy])
    if not quick:
        for row in rows:
            what, seconds = str(row["way"]), row["seconds"]
            assert isinstance(seconds, float)
            result.targets.append(Target(f"joined, {what}", _JOIN_SECONDS, seconds, "s"))
    return result


def _copies(ledger: Path, count: int) -> list[Path]:
    """Folders of the same chain, whose nodes follow."""
    copies = []
    for number in range(count):
        copy = ledger.with_name(f"copy-{number}")
        shutil.copytree(ledger, copy)
        (copy / "follows").touch()
        copies.append(copy)
    return copies


@contextmanager
def _node(ledger: Path, peers: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    """A node on the ledger while the block runs."""
    named = [word for peer in peers for word in ("--peer", peer)]
    command = ["node", "start", str(ledger), "--listen", "[::1]:0", *named, "--quiet"]
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *command], env=dict(environment), stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def _address(ledger: Path, environment: Mapping[str, str]) -> str:
    """Where a node that was just begun listens, once it does."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        done = _command(environment, "node", "address", str(ledger))
        if done.returncode == 0:
            return done.stdout.strip()
        time.sleep(0.2)
    raise TimeoutError(f"the node of {ledger} does not listen: {done.stderr}")


def _joined(
    folder: Path, peers: list[str], options: list[str], environment: Mapping[str, str], links: int
) -> Row:
    named = [word for peer in peers for word in ("--peer", peer)]
    begun = time.perf_counter()
    done = _command(environment, "node", "join", str(folder), *named, *options, "--json")
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(done.stderr)
    height = msgspec.json.decode(done.stdout)["height"]
    return {
        "way": folder.name,
        "seconds": seconds,
        "height": height,
        "links_per_s": quotient(links, seconds),
        "MB_per_s": quotient(_size_bytes(folder) / 1e6, seconds),
    }


def _command(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *words],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def _size_bytes(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in (folder / "store").iterdir())
