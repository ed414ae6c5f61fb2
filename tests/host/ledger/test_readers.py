"""Readers, queries and backups see the last committed block, whole, while another process makes block after block."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.errors import StoreBusyError
from focusmesh.host.storage.backups import make_backup, restore_backup
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.kernel.state import LmdbStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.session import LedgerGraph

SECONDS = 60
BLOCKS_SEEN = 12

WRITING = """
import sys, focusmesh
with focusmesh.open(sys.argv[1]) as graph:
    height = 0
    while True:
        height += 1
        if height % 3: graph.link(f"particle of block {height}", "hub")
        else: graph.forget(f"particle of block {height - 1}")
        print(height, flush=True)
"""
READING = """
import sys; sys.path.insert(0, ".")
import focusmesh
from tests.host.ledger.test_readers import check
with focusmesh.open(sys.argv[1]) as graph:
    while True:
        print(graph.height, flush=True)
        check(graph)
        while not graph.refresh(): pass
"""


def check(graph: LedgerGraph) -> None:
    """A graph shows every link of its block and no other, and the names that were not forgotten by then."""
    height = graph.height
    linked = [at for at in range(1, height + 1) if at % 3 and (at % 3 == 1 or at + 1 > height)]
    assert graph.link_count == len(linked)
    if linked:
        names = {str(name) for name, _ in graph.predecessors("hub")}
        expected = {f"particle of block {at}" for at in linked}
        # What the next block forgets may be gone from the files already, though not from this block.
        late = {f"particle of block {height}"}
        assert expected - names <= late
    focus = graph.focus()
    assert abs(sum(focus.scores) - 1) < 1e-9


def started(code: str, ledger: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(ledger)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def writer(ledger: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that makes blocks until it is ended; the first one is there."""
    process = started(WRITING, ledger)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    yield process
    process.kill()
    process.communicate()


def test_two_workers_and_a_backup_beside_a_block_loop(
    ledger: Path, writer: subprocess.Popen[str], tmp_path: Path
) -> None:
    workers = [started(READING, ledger) for _ in range(2)]
    with pytest.raises(StoreBusyError, match=f"process {writer.pid} is writing to"):
        LmdbStore(Folder(ledger).store)
    manifest = make_backup(Folder(ledger), tmp_path / "backup")
    seen = [[int(line) for line in lines(worker, BLOCKS_SEEN)] for worker in workers]
    with focusmesh.open(ledger) as graph:
        check(graph)
        assert graph.height > manifest.height
    writer.kill()
    for worker, heights in zip(workers, seen, strict=True):
        assert heights == sorted(set(heights))
        assert worker.poll() is None
        worker.kill()
        _, fault = worker.communicate(timeout=SECONDS)
        assert fault == ""
    restore_backup(tmp_path / "backup", Folder(tmp_path / "restored"))
    with focusmesh.open(tmp_path / "restored") as graph:
        assert graph.height == manifest.height
        check(graph)


def lines(process: subprocess.Popen[str], count: int) -> Iterator[str]:
    """The next lines of a process; where it ends, what it says of it."""
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(count):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield line


def test_a_worker_keeps_its_block_while_others_are_made(
    ledger: Path, writer: subprocess.Popen[str]
) -> None:
    shared = OpenedChain.of(Folder(ledger))
    chain = shared.reading()
    with chain.state.at() as view:
        held = view.sizes(), list(view.reader.scan("rows")), view.reader.count("headers")
        deadline = time.monotonic() + SECONDS
        while shared.reading().height < held[2] + BLOCKS_SEEN:
            assert time.monotonic() < deadline
        assert (view.sizes(), list(view.reader.scan("rows")), view.reader.count("headers")) == held
    shared.release()
    assert writer.poll() is None
