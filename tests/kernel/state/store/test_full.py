"""A disk that is full or may not be written: nothing is lost, the error says what, and it goes on once there is room.

A small file system in memory, mounted in a namespace of the process's own, is a real full disk.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import NotRun

SMALL, LARGE = "2m", "9m"
PREPARED = """
import os, subprocess, sys
from pathlib import Path
from random import Random
from focusmesh.errors import StoreError
from focusmesh.kernel.state import LmdbStore
folder, table, random, kept = Path(sys.argv[1]), sys.argv[2], Random(1), {}

def mount(options):
    subprocess.run(["mount", "-o", "remount," + options, str(folder)], check=True)

def put(store, count=8):
    pairs = [(b"%06d" % (len(kept) + number), random.randbytes(9_000)) for number in range(count)]
    with store.write() as writer:
        writer.put_many(table, pairs)
        writer.put("meta", b"kept", b"%d" % (len(kept) + count))
    kept.update(pairs)

def check(store):
    with store.read() as reader:
        assert dict(reader.scan(table)) == kept
        assert reader.get("meta", b"kept") == b"%d" % len(kept)

store = LmdbStore(folder / "store")
"""
FULL = """
try:
    while True: put(store)
except StoreError as error: print(error)
check(store)
for _ in range(3):
    try: put(store, 50)
    except StoreError as error: pass
    else: raise SystemExit("there was room")
    check(store)
store.close()
try:
    with (folder / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(64)): pass
except OSError: pass
store = LmdbStore(folder / "store", readonly=True)
check(store)
store.close()
try: LmdbStore(folder / "store").close()
except StoreError as error: print(error)
mount(f"size={sys.argv[3]}")
store = LmdbStore(folder / "store")
check(store)
put(store, 50)
check(store)
store.close()
"""
GOES_ON = """
try:
    while True: put(store)
except StoreError as error: pass
mount(f"size={sys.argv[3]}")
put(store, 50)
check(store)
store.close()
store = LmdbStore(folder / "store")
check(store)
store.close()
"""
READ_ONLY = """
put(store)
store.close()
mount("ro")
store = LmdbStore(folder / "store", readonly=True)
check(store)
store.close()
try: LmdbStore(folder / "store")
except StoreError as error: print(error)
"""


@pytest.fixture
def disk(tmp_path: Path, not_run: NotRun) -> Path:
    """Where a file system can be mounted."""
    tried = run(tmp_path, "", "rows")
    if "mount" in tried.stderr or "unshare" in tried.stderr:
        not_run("small file systems may not be mounted", "disks that are full or read-only")
    assert tried.returncode == 0, tried.stderr
    return tmp_path


def run(disk: Path, code: str, table: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with a small disk of its own mounted at ``disk``."""
    script = f'mount -t tmpfs -o size={SMALL} none "$1" && exec "$2" -c "$3" "$1" "$4" "$5"'
    words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    return subprocess.run(
        [*words, str(disk), sys.executable, PREPARED + code, table, LARGE],
        capture_output=True,
        text=True,
        check=False,
    )


def output(disk: Path, code: str, table: str) -> list[str]:
    done = run(disk, code, table)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("rows", "store cannot be written: mdb_txn_commit: Input/output error; 0 bytes are free"),
        ("contents", "contents.heap cannot be written: No space left on device"),
    ],
)
def test_a_full_disk_is_named_and_loses_nothing(disk: Path, table: str, message: str) -> None:
    said = output(disk, FULL, table)
    assert message in said[0]
    assert said[1:] == [f"{disk}/store/writer.lock cannot be written: No space left on device"]


@pytest.mark.parametrize("table", ["rows", "contents"])
def test_a_store_goes_on_when_there_is_room_again(disk: Path, table: str) -> None:
    assert output(disk, GOES_ON, table) == []


def test_a_read_only_disk_can_be_read(disk: Path) -> None:
    said = output(disk, READ_ONLY, "contents")
    assert said == [f"{disk}/store/writer.lock cannot be made: Read-only file system"]
