"""A crash at any write boundary leaves the last block or the one before it, never a third thing.

A real process is recorded as it commits; every image that its system calls allow a disk to hold is opened again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conftest import ROOT, SOAK
from tests.kernel.state.crash.chain import BLOCKS
from tests.kernel.state.crash.changes import STEPS
from tests.kernel.state.crash.images import crashes
from tests.kernel.state.crash.ledgers import HEIGHTS
from tests.kernel.state.crash.recorder import recorded, traced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Measured
    from tests.kernel.state.crash.images import Crash

FILES = ("data.mdb", "contents.heap")
SUBSETS = 1_000 if SOAK else 12
LAST = {"store": HEIGHTS - 1, "chain": BLOCKS, "changes": STEPS}

CODE = "import sys; sys.path.insert(0, '.')\nfrom tests.kernel.state.crash import ledgers\n"
WITHOUT_SYNC = """
import lmdb
opened = lmdb.open
lmdb.open = lambda *rest, **named: opened(*rest, **named, sync=False, metasync=False)
"""
HEAP_SYNCED_AFTER = """
from focusmesh.kernel.state.store.lmdb import access, heap
synced, commit = heap.Heap.sync, access.Writing.commit
def commit_and_sync(writing):
    heap.Heap.sync = lambda _: None
    commit(writing)
    synced(writing._heap)
    heap.Heap.sync = synced
access.Writing.commit = commit_and_sync
"""
ERASED_WITHOUT_RECORD = """
from focusmesh.kernel.state.store.lmdb import heap
encode = heap.HeapRecord.encode
heap.HeapRecord.encode = lambda record: encode(heap.HeapRecord(record.end))
"""
NAMES_NOT_SYNCED = """
import focusmesh.kernel.state.store.lmdb.lmdb_store as store
store._make_names_durable = lambda path: None
"""


class Found(NamedTuple):
    """How many disks were opened, and what was wrong with some."""

    disks: int
    faults: list[str]


class Opener:
    """A process that opens folders; another takes its place when it dies."""

    def __init__(self, kind: str) -> None:
        self._code = f"{CODE}ledgers.serve({kind!r})"
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-c", self._code], stdin=pipe, stdout=pipe, text=True
        )

    def answer(self, folder: Path) -> str:
        """The height, or what is wrong."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline().strip()
        if not line:
            self._process.communicate()
            line = f"cannot be opened: signal {-self._process.returncode}"
            self._process = self._started()
        return line

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def after_crashes(left: Iterable[Crash], folder: Path, kind: str) -> Found:
    """Opens every disk. One that cannot be opened is a fault, unless no block had been committed yet."""
    opener, faults, disks = Opener(kind), list[str](), 0
    for crash in left:
        disks += 1
        crash.disk.place(folder)
        last = crash.said - 1
        answer = opener.answer(folder)
        if answer not in (str(last), str(last + 1)) and (last >= 0 or answer.isdigit()):
            faults.append(f"moment {crash.at}: {answer} after block {last}")
    opener.close()
    return Found(disks, faults)


def crashed(tmp_path: Path, kind: str, before: str = "", *, few: int | None) -> Found:
    """Records a process that fills a ledger, and opens what crashes leave of it."""
    code = f"{CODE}{before}\nledgers.KINDS[{kind!r}].fill(sys.argv[1])"
    own = tmp_path / "own"
    trace = traced(recorded(code, tmp_path, own), own, FILES)
    assert trace.boundaries[-1].said == LAST[kind] + 1
    # In memory where there is a place for it: thousands of disks are written and synced.
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else tmp_path) as folder:
        return after_crashes(crashes(trace, SUBSETS, few), Path(folder) / "crashed", kind)


@pytest.fixture(autouse=True)
def _with_strace(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("strace") is None:
        pytest.skip("packages missing: strace")
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize(("kind", "few"), [("store", 20), ("chain", 4), ("changes", 12)])
def test_a_crash_leaves_the_last_block_or_the_one_before(
    tmp_path: Path, kind: str, few: int, measured: Measured
) -> None:
    began = time.monotonic()
    found = crashed(tmp_path, kind, few=None if SOAK else few)
    measured(
        f"{found.disks:,} disks after crashes of a {kind}, {len(found.faults)} faults, "
        f"{time.monotonic() - began:.0f} s"
    )
    assert found.faults == []
    assert found.disks > (100 if kind == "changes" else 300)


def test_without_sync_blocks_are_lost_or_mixed(tmp_path: Path) -> None:
    """The defence switched off: the same images show what it is there for."""
    found = crashed(tmp_path, "store", WITHOUT_SYNC, few=20)
    assert any("a mixture" in fault for fault in found.faults)
    assert any("cannot be opened" in fault for fault in found.faults)
    assert any(": -1 after block" in fault for fault in found.faults)


def test_contents_that_are_synced_after_their_commit_are_lost(tmp_path: Path) -> None:
    found = crashed(tmp_path, "store", HEAP_SYNCED_AFTER, few=10)
    assert any("contents.heap" in fault and "cut short" in fault for fault in found.faults)
    assert any("marked as erased" in fault for fault in found.faults)


def test_an_erasure_that_no_commit_records_is_not_done_again(tmp_path: Path) -> None:
    found = crashed(tmp_path, "store", ERASED_WITHOUT_RECORD, few=10)
    assert any("contents that are gone are in contents.heap" in fault for fault in found.faults)


def test_files_whose_names_are_not_synced_are_lost(tmp_path: Path) -> None:
    found = crashed(tmp_path, "store", NAMES_NOT_SYNCED, few=4)
    assert any("there is no ledger" in fault for fault in found.faults)
    assert any("contents.heap" in fault for fault in found.faults)
