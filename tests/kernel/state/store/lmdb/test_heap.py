"""What is deleted from an erasable table is in no file any more, however the process ends; and nothing else is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusmesh.errors import StoreError
from focusmesh.kernel.state import LmdbStore
from focusmesh.kernel.state.store.lmdb.heap import ALIVE, GONE, HEAP_FILE, Heap, HeapRecord
from tests.conftest import ROOT
from tests.kernel.state.store.traces import traces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE = "contents"
SMALL = b"Ada Lovelace, 12 St James's Square"
LARGE = b"".join(b"line %d of a letter to Ada\n" % number for number in range(120_000))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LmdbStore]:
    """A store on disk, with thousands of neighbours for whatever comes into it."""
    made = LmdbStore(tmp_path / "store", map_bytes=1 << 28)
    with made.write() as writer:
        writer.put_many(TABLE, NEIGHBOURS.items())
    yield made
    made.close()


NEIGHBOURS = {b"n%05d" % number: b"neighbour %d " % number * 3 for number in range(4_000)}


def put(store: LmdbStore, **values: bytes) -> None:
    with store.write() as writer:
        writer.put_many(TABLE, [(key.encode(), value) for key, value in values.items()])


def drop(store: LmdbStore, *keys: bytes) -> None:
    with store.write() as writer:
        writer.delete_many(TABLE, keys)


def get(store: LmdbStore, key: bytes) -> bytes | None:
    with store.read() as reader:
        return reader.get(TABLE, key)


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_what_is_deleted_is_in_no_file(store: LmdbStore, content: bytes) -> None:
    put(store, n00007b=content)
    assert traces(store.path, content)
    drop(store, b"n00007b")
    assert traces(store.path, content) == []
    with store.read() as reader:
        assert dict(reader.scan(TABLE)) == NEIGHBOURS


def test_without_the_zeros_it_is_found(store: LmdbStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heap, "_erase", lambda *_: None)
    put(store, key=SMALL)
    drop(store, b"key")
    assert traces(store.path, SMALL)[0].startswith(f"{HEAP_FILE}: bytes at ")


def test_a_table_that_is_not_erasable_keeps_it(store: LmdbStore) -> None:
    """Why contents have a file of their own."""
    with store.write() as writer:
        writer.put("rows", b"key", SMALL)
    with store.write() as writer:
        writer.delete_many("rows", [b"key"])
    assert traces(store.path, SMALL)[0].startswith("data.mdb: bytes at ")


def test_what_is_replaced_is_in_no_file(store: LmdbStore) -> None:
    put(store, key=SMALL)
    put(store, key=b"another")
    assert traces(store.path, SMALL) == []
    assert get(store, b"key") == b"another"


def test_what_came_and_went_in_one_transaction_is_in_no_file(store: LmdbStore) -> None:
    with store.write() as writer:
        writer.put(TABLE, b"key", SMALL)
        writer.put(TABLE, b"key", LARGE)
        writer.put_many(TABLE, [(b"other", SMALL), (b"other", b"the last one holds")])
        writer.delete_many(TABLE, [b"key", b"key"])
    assert traces(store.path, SMALL) == traces(store.path, LARGE) == []
    assert get(store, b"other") == b"the last one holds"


def test_a_transaction_that_fails_leaves_nothing(store: LmdbStore) -> None:
    before = (store.path / HEAP_FILE).read_bytes()
    with suppress(ZeroDivisionError), store.write() as writer:
        writer.put(TABLE, b"key", SMALL)
        writer.delete_many(TABLE, NEIGHBOURS)
        raise ZeroDivisionError
    assert (store.path / HEAP_FILE).read_bytes() == before
    assert get(store, b"n00000") == NEIGHBOURS[b"n00000"]


def test_the_same_value_again_takes_no_room(store: LmdbStore) -> None:
    before = store.used_bytes()
    with store.write() as writer:
        writer.put_many(TABLE, NEIGHBOURS.items())
    assert store.used_bytes() == before


def test_a_map_that_grows_writes_values_once(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path, map_bytes=300_000)
    with store.write() as writer:
        for key, value in NEIGHBOURS.items():
            writer.put(TABLE, key, value)
        writer.put(TABLE, b"key", SMALL)
        writer.delete_many(TABLE, [b"key"])
        writer.put_many("rows", [(key, bytes(500)) for key in NEIGHBOURS])
    assert traces(store.path, SMALL) == []
    values = [*NEIGHBOURS.values(), SMALL]
    assert (tmp_path / HEAP_FILE).stat().st_size == sum(1 + len(value) for value in values)
    with store.read() as reader:
        assert dict(reader.scan(TABLE)) == NEIGHBOURS
    store.close()


def test_a_reader_of_an_earlier_moment_finds_it_absent(store: LmdbStore) -> None:
    put(store, key=SMALL)
    with store.read() as reader:
        assert reader.get(TABLE, b"key") == SMALL
        drop(store, b"key", b"n00001")
        assert reader.get_many(TABLE, [b"n00000", b"key"]) == [NEIGHBOURS[b"n00000"], None]
        assert dict(reader.scan(TABLE)) == {
            key: value for key, value in NEIGHBOURS.items() if key != b"n00001"
        }


def test_a_reader_never_sees_half_of_it(store: LmdbStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks after every write of the wiping; the value is whole or absent."""
    put(store, key=LARGE)
    seen, write = list[bytes | None](), Heap._write

    def looking(heap: Heap, data: bytes, offset: int) -> None:
        with store.read() as now:
            assert now.get(TABLE, b"n00002") == NEIGHBOURS[b"n00002"]
        seen.append(reader.get(TABLE, b"key"))
        write(heap, data, offset)

    with store.read() as reader:
        monkeypatch.setattr(Heap, "_write", looking)
        drop(store, b"key")
    assert seen == [LARGE, *[None] * (len(seen) - 1)]
    assert len(seen) > 3


def test_a_value_that_is_wiped_while_it_is_copied_is_absent(
    store: LmdbStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, key=SMALL)
    copied = Heap.read_copy

    def wiped_between(heap: Heap, offset: int, length: int) -> bytes:
        data = copied(heap, offset, length)
        monkeypatch.setattr(Heap, "read_copy", copied)
        drop(store, b"key")
        return data

    with store.read() as reader:
        monkeypatch.setattr(Heap, "read_copy", wiped_between)
        assert reader.get(TABLE, b"key") is None


def test_wiping_that_fails_is_told_and_done_by_the_next(
    store: LmdbStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, key=SMALL)
    pwrite = os.pwrite

    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pwrite", broken)
    with pytest.raises(StoreError, match=r"contents\.heap cannot be written: Input/output error"):
        drop(store, b"key")
    assert get(store, b"key") is None
    assert traces(store.path, SMALL)
    monkeypatch.setattr(os, "pwrite", pwrite)
    with store.write() as writer:
        writer.put("meta", b"k", b"v")
    assert traces(store.path, SMALL) == []


def test_a_full_disk_is_told_and_leaves_nothing(
    store: LmdbStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite, room = os.pwrite, 10

    def filling(file: int, data: bytes, offset: int) -> int:
        nonlocal room
        if not room:
            raise OSError(28, "No space left on device")
        written = pwrite(file, data[:room], offset)
        room -= written
        return written

    before = (store.path / HEAP_FILE).stat().st_size
    monkeypatch.setattr(os, "pwrite", filling)
    with pytest.raises(StoreError, match=r"contents\.heap cannot be written: No space left"):
        put(store, key=SMALL)
    monkeypatch.setattr(os, "pwrite", pwrite)
    assert (store.path / HEAP_FILE).stat().st_size == before
    put(store, key=SMALL)
    assert get(store, b"key") == SMALL


@pytest.mark.parametrize("failing", ["fdatasync", "rmtree"])
def test_what_fails_before_the_commit_leaves_the_store_as_it_was(
    store: LmdbStore, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    put(store, key=SMALL)
    older = store.path.with_name("store.before-upgrade")
    older.mkdir()

    def broken(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as during:
        during.setattr(os if failing == "fdatasync" else shutil, failing, broken)
        with pytest.raises(StoreError, match=r"contents\.heap cannot|before-upgrade cannot"):
            put(store, key=b"another", second=LARGE)
    assert get(store, b"key") == SMALL
    assert traces(store.path, LARGE) == []
    put(store, key=b"another")
    assert traces(store.path.parent, SMALL) == []
    assert not older.exists()


KILLED = """
import os, signal, sys
from focusmesh.kernel.state import LmdbStore
from focusmesh.kernel.state.store.lmdb.access import Writing
path, fatal, half = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "half"
store, steps = LmdbStore(path), 0

def stepping(call):
    def step(*given):
        global steps
        if steps == fatal:
            if half and len(given) == 3: call(given[0], given[1][:len(given[1]) // 2], given[2])
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        return call(*given)
    return step

for name in ("pwrite", "fdatasync", "ftruncate"): setattr(os, name, stepping(getattr(os, name)))
Writing.commit = stepping(Writing.commit)
with store.write() as writer:
    writer.put("contents", b"second", b"what came with the second" * 9)
    writer.delete_many("contents", [b"first"])
    writer.put("meta", b"k", b"2")
stepping(print)("committed")
"""


@pytest.mark.parametrize("half", ["half", "before"])
def test_a_kill_at_any_step_is_made_good_by_the_next_opening(tmp_path: Path, half: str) -> None:
    first, second, fates = b"what the first one said" * 9, b"what came with the second", set()
    for step in range(100):
        store = LmdbStore(tmp_path / str(step))
        put(store, first=first, neighbour=SMALL)
        store.close()
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(store.path), str(step), half],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        store = LmdbStore(store.path)
        with store.read() as reader:
            committed = reader.get("meta", b"k") == b"2"
        assert bool(traces(store.path, first)) == (get(store, b"first") == first) == (not committed)
        assert bool(traces(store.path, second)) == (get(store, b"second") is not None) == committed
        assert get(store, b"neighbour") == SMALL
        store.close()
        fates.add((committed, done.returncode))
        if done.returncode == 0:
            break
    assert fates == {(False, -9), (True, -9), (True, 0)}


def test_a_heap_that_was_cut_or_taken_away_is_told(store: LmdbStore) -> None:
    path = store.path / HEAP_FILE
    whole = path.read_bytes()
    store.close()
    path.write_bytes(whole[:-1])
    for readonly in (True, False):
        with pytest.raises(
            StoreError, match=r"contents\.heap has .* bytes of .*: it was cut short"
        ):
            LmdbStore(store.path, readonly=readonly)
    path.unlink()
    for readonly in (True, False):
        with pytest.raises(StoreError, match=r"has 0 bytes of .*restore a backup"):
            LmdbStore(store.path, readonly=readonly)
    path.write_bytes(whole)
    again = LmdbStore(store.path)
    assert get(again, b"n00003") == NEIGHBOURS[b"n00003"]
    again.close()


@pytest.mark.parametrize(
    ("mark", "told"), [(GONE, "is marked as erased, and no commit"), (b"\7", "no value begins")]
)
@pytest.mark.parametrize("writing", [False, True])
def test_a_mark_that_was_flipped_is_told(
    store: LmdbStore, mark: bytes, told: str, writing: bool
) -> None:
    path = store.path / HEAP_FILE
    data = path.read_bytes()
    at = data.index(ALIVE + NEIGHBOURS[b"n00009"])
    path.write_bytes(data[:at] + mark + data[at + 1 :])
    assert get(store, b"n00008") == NEIGHBOURS[b"n00008"]
    with store.write() if writing else store.read() as reader:
        with pytest.raises(StoreError, match=told):
            reader.get(TABLE, b"n00009")
        with pytest.raises(StoreError, match=told):
            list(reader.scan(TABLE))


@given(count=st.integers(0, 200), seed=st.integers(0, 9))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_are_found_however_many_are_asked_for(tmp_path: Path, count: int, seed: int) -> None:
    """Few, one by one; many, piece by piece, in any order, some of them twice and some erased."""
    random, path = Random(seed), tmp_path / "heap"
    path.unlink(missing_ok=True)
    values = [random.randbytes(random.choice((0, 1, 40, 5_000, 90_000))) for _ in range(60)]
    heap = Heap(path, readonly=False)
    places = heap.append(values, 0)
    end = path.stat().st_size
    gone = set(random.sample(range(60), 9))
    heap.settle(HeapRecord(end, b"".join(places[number] for number in gone)))
    asked = random.choices(range(60), k=count)
    expected = [None if number in gone else values[number] for number in asked]
    assert heap.read([places[number] for number in asked]) == expected
    heap.close()


def test_a_place_that_is_none_is_told(store: LmdbStore) -> None:
    heap = Heap(store.path / HEAP_FILE, readonly=True)
    for place in (b"\xff" * 16, bytes(7) + b"\x01" + b"\xff" * 8, b"\xff" * 8 + bytes(8)):
        for count in (1, 100):
            with pytest.raises(StoreError, match=r"heap is damaged: only .* bytes are at"):
                heap.read([place] * count)
    heap.close()
    heap.close()
