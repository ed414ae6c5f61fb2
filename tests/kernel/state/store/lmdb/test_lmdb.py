"""What only a store on disk can do: outlive its process, be read by others, be full, be refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from focusmesh.errors import StoreBusyError, StoreError
from focusmesh.kernel.state import LmdbStore

OPEN = "from focusmesh.kernel.state import LmdbStore\n"


def started(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own that runs ``code``; lines go in and come out."""
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys\n{OPEN}{code}", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def told(process: subprocess.Popen[str], text: str = "go") -> None:
    assert process.stdin is not None
    process.stdin.write(text + "\n")
    process.stdin.flush()


def ended(process: subprocess.Popen[str]) -> str:
    out, fault = process.communicate(timeout=60)
    assert process.returncode == 0, fault
    return out.strip()


def put(store: LmdbStore, key: bytes, value: bytes) -> None:
    with store.write() as writer:
        writer.put("meta", key, value)


def kept(store: LmdbStore, key: bytes) -> bytes | None:
    with store.read() as reader:
        return reader.get("meta", key)


def test_a_store_outlives_its_process(tmp_path: Path) -> None:
    ended(
        started(
            """
store = LmdbStore(sys.argv[1])
with store.write() as writer: writer.put("meta", b"k", b"v")
store.close()""",
            tmp_path,
        )
    )
    for readonly in (True, False):
        store = LmdbStore(tmp_path, readonly=readonly)
        assert kept(store, b"k") == b"v"
        store.close()
        store.close()


def test_a_second_process_may_not_write(tmp_path: Path) -> None:
    holder = started("store = LmdbStore(sys.argv[1]); print('open', flush=True); input()", tmp_path)
    assert line(holder) == "open"
    with pytest.raises(StoreBusyError, match=f"process {holder.pid} is writing to {tmp_path}"):
        LmdbStore(tmp_path)
    reader = LmdbStore(tmp_path, readonly=True)
    assert kept(reader, b"k") is None
    reader.close()
    told(holder)
    ended(holder)
    LmdbStore(tmp_path).close()


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    holder = started("store = LmdbStore(sys.argv[1]); print('open', flush=True); input()", tmp_path)
    assert line(holder) == "open"
    holder.kill()
    holder.communicate()
    assert (tmp_path / "writer.lock").read_text() == str(holder.pid)
    store = LmdbStore(tmp_path)
    assert (tmp_path / "writer.lock").read_text() == str(os.getpid())
    store.close()


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    holder = started(
        """
import os, time
store = LmdbStore(sys.argv[1])
if not os.fork():
    print(os.getpid(), flush=True); time.sleep(60); os._exit(0)
time.sleep(60)""",
        tmp_path,
    )
    child = int(line(holder))
    holder.kill()
    holder.wait()
    try:
        LmdbStore(tmp_path).close()
    finally:
        os.kill(child, signal.SIGKILL)
        holder.communicate()
    assert holder.returncode == -signal.SIGKILL


def test_a_kill_in_a_transaction_leaves_the_last_commit(tmp_path: Path) -> None:
    writer = started(
        """
store = LmdbStore(sys.argv[1])
with store.write() as writer: writer.put("meta", b"k", b"first")
with store.write() as writer:
    writer.put_many("rows", [(i.to_bytes(4, "big"), bytes(900)) for i in range(20_000)])
    writer.put("meta", b"k", b"second")
    print("written", flush=True)
    input()""",
        tmp_path,
    )
    assert line(writer) == "written"
    writer.kill()
    writer.communicate()
    store = LmdbStore(tmp_path)
    assert kept(store, b"k") == b"first"
    with store.read() as reader:
        assert reader.count("rows") == 0
    put(store, b"k", b"third")
    store.close()


READING = """
store = LmdbStore(sys.argv[1], readonly=True, map_bytes=int(sys.argv[2]))
with store.read() as reader:
    print(reader.get("meta", b"k"), flush=True)
    input()
    print(reader.get("meta", b"k"), reader.count("rows"), flush=True)
with store.read() as reader:
    print(reader.get("meta", b"k"), reader.count("rows"), flush=True)
"""


@pytest.mark.parametrize("map_bytes", [400_000, 1 << 30])
def test_readers_elsewhere_follow_a_store_that_grows(tmp_path: Path, map_bytes: int) -> None:
    """The map that the reader has ends long before what is committed while it looks."""
    store = LmdbStore(tmp_path, map_bytes=map_bytes)
    put(store, b"k", b"1")
    reader = started(READING, tmp_path, map_bytes)
    assert line(reader) == "b'1'"
    with store.write() as writer:
        writer.put_many("rows", [(i.to_bytes(4, "big"), bytes(999)) for i in range(4_000)])
        writer.put("meta", b"k", b"2")
    told(reader)
    assert ended(reader).splitlines() == ["b'1' 0", "b'2' 4000"]
    store.close()


def test_a_reader_goes_on_when_the_map_grows_under_it(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path, map_bytes=400_000)
    put(store, b"k", b"1")
    with store.read() as reader, store.write() as writer:
        scan = reader.scan("meta")
        assert next(scan) == (b"k", b"1")
        for i in range(4_000):
            writer.put("rows", i.to_bytes(4, "big"), bytes(999))
        assert reader.get("meta", b"k") == b"1"
        assert reader.count("rows") == 0
        assert writer.count("rows") == 4_000
    assert kept(store, b"k") == b"1"
    store.close()


def test_a_moment_that_growth_overtook_is_given_up(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path, map_bytes=400_000)
    with store.read() as reader:
        put(store, b"k", b"1")
        with store.write() as writer:
            writer.put_many("rows", [(i.to_bytes(4, "big"), bytes(999)) for i in range(4_000)])
        with pytest.raises(StoreError, match="read again"):
            reader.get("meta", b"k")
    assert kept(store, b"k") == b"1"
    store.close()


FULL = """
import resource
store = LmdbStore(sys.argv[1])
with store.write() as writer: writer.put("meta", b"k", b"v")
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
from focusmesh.errors import StoreError
try:
    with store.write() as writer:
        writer.put("meta", b"k", b"w")
        writer.put_many("rows", [(i.to_bytes(4, "big"), bytes(999)) for i in range(4_000)])
except StoreError as error: print(error)
with store.read() as reader: print(reader.get("meta", b"k"), reader.count("rows"))
"""


def test_a_full_disk_takes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: both fail the same system call."""
    message, state = ended(started(FULL, tmp_path)).splitlines()
    assert message.startswith(f"{tmp_path} cannot be written: ")
    assert state == "b'v' 0"
    store = LmdbStore(tmp_path)
    assert kept(store, b"k") == b"v"
    store.close()


AS_NOBODY = """
import os
from focusmesh.errors import StoreError
import focusmesh.kernel.state.store.lmdb.lmdb_store
if not os.getuid(): os.setuid(65534)
for path in sys.argv[1:]:
    try: LmdbStore(path)
    except StoreError as error: print(error)
"""


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.owner() == tmp_path.owner() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o111)
    output = ended(started(AS_NOBODY, locked, locked / "ledger")).splitlines()
    assert output == [
        f"{locked / 'writer.lock'} cannot be made: Permission denied",
        f"{locked / 'ledger'} cannot be made: Permission denied",
    ]


def test_a_reader_that_cannot_be_listed_is_told_where(tmp_path: Path) -> None:
    LmdbStore(tmp_path / "ledger").close()
    for folder in (tmp_path / "ledger", tmp_path, *tmp_path.parents):
        if folder.owner() == tmp_path.owner() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o555)
    code = AS_NOBODY.replace("LmdbStore(path)", "LmdbStore(path, readonly=True)")
    readers = tmp_path / "ledger" / "lock.mdb"
    readers.chmod(0o444)
    (said,) = ended(started(code, tmp_path / "ledger")).splitlines()
    assert f"Permission denied; who reads has to be allowed to write to {readers}" in said


def test_what_is_no_folder_or_no_ledger_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(StoreError, match=f"{file} cannot be made: File exists"):
        LmdbStore(file)
    with pytest.raises(StoreError, match=f"there is no ledger in {tmp_path}"):
        LmdbStore(tmp_path, readonly=True)
    (tmp_path / "data.mdb").write_bytes(b"no database " * 1_000)
    with pytest.raises(StoreError, match=f"{tmp_path / 'data.mdb'} is damaged at page 0"):
        LmdbStore(tmp_path)
    (tmp_path / "data.mdb").unlink()
    LmdbStore(tmp_path).close()


def test_a_store_opened_to_read_does_not_write(tmp_path: Path) -> None:
    LmdbStore(tmp_path).close()
    store = LmdbStore(tmp_path, readonly=True)
    with pytest.raises(StoreError, match="opened to read only"):
        put(store, b"k", b"v")
    assert kept(store, b"k") is None
    store.close()


def test_without_the_extra_it_names_itself() -> None:
    code = """
import sys
sys.modules["lmdb"] = None
from focusmesh.kernel.state import MemoryStore
try: from focusmesh.kernel.state import LmdbStore
except ImportError as error: print(error)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'focusmesh[ledger]'" in done.stdout


def test_a_store_that_could_not_be_made_leaves_nothing_to_be_taken_for_one(tmp_path: Path) -> None:
    code = """
import resource
from focusmesh.errors import StoreError
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
try: LmdbStore(sys.argv[1])
except StoreError as error: print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
LmdbStore(sys.argv[1]).close()"""
    (said,) = ended(started(code, tmp_path / "new")).splitlines()
    assert said.startswith(f"{tmp_path / 'new'} cannot be opened: ")
