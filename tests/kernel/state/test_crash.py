"""A crash at any write boundary leaves the last block or the one before it, never a third thing.

A real process is recorded as it commits; every image that its system calls allow a disk to hold is opened again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conftest import ROOT, SOAK
from tests.kernel.state.crash_ledgers import BLOCKS, HEIGHTS
from tests.kernel.state.crashes import Trace, images, placed, recorded, traced

if TYPE_CHECKING:
    from tests.conftest import Measured

FILE = "data.mdb"
SUBSETS = 1_000 if SOAK else 12

FILL = "import sys; sys.path.insert(0, '.')\nfrom tests.kernel.state import crash_ledgers\n"
WITHOUT_SYNC = """
import lmdb
opened = lmdb.open
lmdb.open = lambda *rest, **named: opened(*rest, **named, sync=False, metasync=False)
"""


class Found(NamedTuple):
    """How many disks were opened, and what was wrong with some."""

    disks: int
    faults: list[str]


class Opener:
    """A process that opens folders; another takes its place when it dies."""

    def __init__(self, kind: str) -> None:
        self._code = f"{FILL}crash_ledgers.serve({kind!r})"
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


def after_crashes(trace: Trace, folder: Path, kind: str, subsets: int) -> Found:
    """Opens every image. One that cannot be opened is a fault, unless no block had been committed yet."""
    opener, faults, seen = Opener(kind), list[str](), set[bytes]()
    for at, boundary in enumerate(trace.boundaries):
        for content in images(trace, boundary, Random(at), subsets):
            name = boundary.said.to_bytes(2, "big") + sha256(content).digest()
            if name in seen:
                continue
            seen.add(name)
            placed(content, folder, FILE)
            last = boundary.said - 1
            answer = opener.answer(folder)
            if answer not in (str(last), str(last + 1)) and (last >= 0 or answer.isdigit()):
                faults.append(f"moment {at}: {answer} after block {last}")
    opener.close()
    return Found(len(seen), faults)


def crashed(tmp_path: Path, kind: str, subsets: int, before: str = "") -> Found:
    """Records a process that fills a ledger, and opens what crashes leave of it."""
    code = f"{FILL}{before}\ncrash_ledgers.fill_{kind}(sys.argv[1])"
    trace = traced(recorded(code, tmp_path, tmp_path / "own"), FILE)
    assert trace.boundaries[-1].said == {"store": HEIGHTS, "chain": BLOCKS}[kind]
    # In memory where there is a place for it: thousands of disks are written and synced.
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else tmp_path) as folder:
        return after_crashes(trace, Path(folder) / "crashed", kind, subsets)


@pytest.fixture(autouse=True)
def _with_strace(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("strace") is None:
        pytest.skip("packages missing: strace")
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("kind", ["store", "chain"])
def test_a_crash_leaves_the_last_block_or_the_one_before(
    tmp_path: Path, kind: str, measured: Measured
) -> None:
    found = crashed(tmp_path, kind, SUBSETS if kind == "store" else SUBSETS // 12)
    measured(f"{found.disks:,} disks after crashes of a {kind}, {len(found.faults)} faults")
    assert found.faults == []
    assert found.disks > 40


def test_without_sync_blocks_are_lost_or_mixed(tmp_path: Path) -> None:
    """The defence switched off: the same images show what it is there for."""
    found = crashed(tmp_path, "store", 12, WITHOUT_SYNC)
    assert any("a mixture" in fault for fault in found.faults)
    assert any("cannot be opened" in fault for fault in found.faults)
    assert any(": -1 after block" in fault for fault in found.faults)
