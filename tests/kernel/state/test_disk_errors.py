"""A disk that reports an error at any call: the error is told, and the store has the last block or the one before."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from focusmesh.kernel.state import LmdbStore
from tests.conftest import ROOT, SOAK
from tests.kernel.state.crash.ledgers import HEIGHTS, KINDS

if TYPE_CHECKING:
    from pathlib import Path

CALLS = ("fdatasync", "pwrite64", "pwritev", "ftruncate", "fsync")
CODE = """
import sys; sys.path.insert(0, '.')
from tests.kernel.state.crash import ledgers
ledgers.fill_despite_errors(sys.argv[1])
"""


@pytest.fixture(autouse=True)
def _with_strace(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("strace") is None:
        pytest.skip("packages missing: strace")
    monkeypatch.chdir(ROOT)


def filled(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["strace", "-f", "-qq", "-e", f"trace={','.join(CALLS)}", *options]
    return subprocess.run(
        [*command, sys.executable, "-c", CODE, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_error_of_the_disk_is_told_and_harms_nothing(tmp_path: Path) -> None:
    whole = filled(tmp_path / "whole")
    assert whole.stdout.splitlines()[-1] == f"{HEIGHTS - 1}", whole.stderr
    calls = re.findall(r"^(?:\[pid +\d+\] )?(\w+)\(", whole.stderr, re.MULTILINE)
    told = 0
    for call in CALLS:
        count = calls.count(call)
        every = 1 if SOAK else max(1, count // 2)
        for number in range(1, count + 1, every):
            folder = tmp_path / f"{call} {number}"
            done = filled(folder, "-e", f"inject={call}:error=EIO:when={number}")
            assert done.returncode == 0, done.stderr
            told += any("Input/output error" in line for line in done.stdout.splitlines())
            store = LmdbStore(folder)
            assert KINDS["store"].height(store) == HEIGHTS - 1
            store.close()
    assert told > 6
