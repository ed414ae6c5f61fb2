"""A node that is killed again and again under load: what was acknowledged is in the ledger, and nothing is twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import pytest

import focusmesh
from focusmesh.host.spool import Spool
from focusmesh.host.storage.ledger_folder import Folder, serving
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.kernel.node import outcomes
from tests.conftest import ROOT, SOAK
from tests.host.nodes import until
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.block import Chain
    from tests.conftest import Measured

KILLS = 60 if SOAK else 3
SECONDS = 60

SESSION = """
import sys, time, focusmesh
from focusmesh.errors import FileError
name, key, ledger = sys.argv[1:]
number = 0
while True:
    number += 1
    try:
        with focusmesh.open(ledger, key=key) as graph:
            graph.link(f"{name} {number}", "hub")
        print(f"{name} {number}", flush=True)
    except FileError:
        time.sleep(0.02)
"""
COMMANDS = """
import subprocess, sys
name, key, ledger = sys.argv[1:]
program = [sys.executable, "-c", "from focusmesh.interface.cli import main; main()"]
number = 0
while True:
    number += 1
    words = ["tx", "link", f"{name} {number}", "hub", "--ledger", ledger, "--key", key, "--quiet"]
    done = subprocess.run([*program, *words], capture_output=True, text=True)
    if done.returncode == 0:
        print(f"{name} {number}", flush=True)
    elif done.returncode != 4:
        sys.exit(done.stderr)
"""


class Load(NamedTuple):
    """Processes that send, and a file for each with what was acknowledged to it."""

    processes: list[subprocess.Popen[bytes]]
    said: list[Path]

    def end(self) -> None:
        """They end as they are: what was not acknowledged yet may be in a block or not."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            _, fault = process.communicate(timeout=SECONDS)
            assert fault == b""

    def acknowledged(self) -> set[str]:
        return {line for path in self.said for line in path.read_text().splitlines()}


@pytest.fixture
def load(ledger: Path, tmp_path: Path) -> Iterator[Load]:
    """Two sessions of one key, and commands of another."""
    processes, said = [], []
    for name, key, code in (("x", "bob", SESSION), ("y", "bob", SESSION), ("z", "alice", COMMANDS)):
        path = tmp_path / f"{name}.txt"
        with path.open("wb") as file:
            command = [sys.executable, "-c", code, name, key, str(ledger)]
            processes.append(
                subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE, cwd=ROOT)
            )
        said.append(path)
    yield Load(processes, said)
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def started(ledger: Path) -> subprocess.Popen[bytes]:
    """A node that serves. A session that writes while none runs is waited for."""
    command = [*PROGRAM, "node", "start", str(ledger), "--key", "alice", "--interval", "0"]
    deadline = time.monotonic() + SECONDS
    while True:
        node = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while node.poll() is None:
            if serving(Folder(ledger)) == node.pid:
                return node
            assert time.monotonic() < deadline
            time.sleep(0.01)
        _, fault = node.communicate()
        assert b"is writing to" in fault, fault.decode()


def is_waiting_over(ledger: Path) -> bool:
    return not Spool(Folder(ledger).spool).waiting()


def signals(chain: Chain) -> Iterator[bytes]:
    """The ids of all signals, block by block."""
    for height in range(1, chain.height + 1):
        block = chain.block(height)
        yield from (each.signal for each in outcomes(block, chain.parameters.block_bytes_max))


def test_what_was_acknowledged_outlives_every_kill(
    ledger: Path, load: Load, measured: Measured
) -> None:
    random, seconds = Random(6), list[float]()
    for _ in range(KILLS):
        began = time.monotonic()
        node = started(ledger)
        seconds.append(time.monotonic() - began)
        time.sleep(random.uniform(0.1, 0.8))
        node.kill()
        node.communicate()
    # Without a node the senders write themselves; on a busy machine they may hardly have begun.
    until(lambda: len(load.acknowledged()) > KILLS)
    load.end()
    # Helpers of a sender that was killed may hold the store for a moment.
    fault = b"is writing to"
    while b"is writing to" in fault:
        node = started(ledger)
        until(lambda: is_waiting_over(ledger))
        node.terminate()
        _, fault = node.communicate(timeout=SECONDS)
    assert node.returncode == 0, fault.decode()
    with focusmesh.open(ledger) as graph:
        weights = dict(graph.predecessors("hub"))
    acknowledged = load.acknowledged()
    assert acknowledged - weights.keys() == set()
    assert {name: weight for name, weight in weights.items() if weight != 1} == {}
    opened = OpenedChain.of(Folder(ledger))
    twice = {each: count for each, count in Counter(signals(opened.reading())).items() if count > 1}
    height = opened.reading().height
    opened.release()
    assert twice == {}
    verified = subprocess.run(
        [*PROGRAM, "chain", "verify", "--ledger", str(ledger)], capture_output=True, check=False
    )
    assert verified.returncode == 0, verified.stderr
    measured(
        f"{KILLS} kills of a node, {len(acknowledged)} signals acknowledged in {height} blocks, "
        f"started again in {max(seconds):.1f} s at most"
    )
