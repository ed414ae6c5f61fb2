"""What every store does: one body over the store in memory and the store on disk."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusmesh.errors import StoreBusyError, StoreError
from focusmesh.kernel.state import LayeredStore, LmdbStore, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.state import Store


@pytest.fixture(params=["memory", "lmdb", "lmdb that grows", "layers"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store; the last kind has a map that nearly every transaction outgrows."""
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "layers":
        made = LayeredStore(MemoryStore())
    else:
        grows = request.param != "lmdb"
        made = LmdbStore(tmp_path / "ledger", map_bytes=300_000 if grows else 1 << 30)
    yield made
    made.close()


@pytest.fixture(params=["rows", "contents"])
def table(request: pytest.FixtureRequest) -> str:
    """A table whose values stay where they are, and one whose values can be erased."""
    return str(request.param)


def filled(store: Store, table: str = "rows", count: int = 5_000) -> dict[bytes, bytes]:
    pairs = {i.to_bytes(4, "big"): b"v%d" % i * 20 for i in range(count)}
    with store.write() as writer:
        writer.put_many(table, pairs.items())
    return pairs


def test_what_was_put_is_found(store: Store, table: str) -> None:
    pairs = filled(store, table)
    with store.read() as reader:
        keys = [*list(pairs)[::7], b"absent", next(iter(pairs))]
        assert reader.get_many(table, keys) == [pairs.get(key) for key in keys]
        assert reader.get(table, keys[1]) == pairs[keys[1]]
        assert reader.get("undo", keys[1]) is None
        assert reader.count(table) == len(pairs)


def test_scans_are_ordered_and_half_open(store: Store, table: str) -> None:
    pairs = list(filled(store, table).items())
    start, stop = pairs[100][0], pairs[4_000][0]
    with store.read() as reader:
        assert list(reader.scan(table)) == pairs
        assert list(reader.scan(table, start, stop)) == pairs[100:4_000]
        assert list(reader.scan(table, start, stop, reverse=True)) == pairs[100:4_000][::-1]
        assert list(reader.scan(table, reverse=True)) == pairs[::-1]
        assert list(reader.scan(table, stop, start)) == []
        assert list(reader.scan(table, start + b"\0", stop + b"\0")) == pairs[101:4_001]


def test_a_writer_reads_what_it_wrote(store: Store, table: str) -> None:
    pairs = filled(store, table)
    first, second, *_ = pairs
    with store.write() as writer:
        writer.delete_many(table, [first, b"absent"])
        writer.put(table, second, b"new")
        writer.put(table, b"\xff" * 9, b"last")
        assert writer.get_many(table, [first, second]) == [None, b"new"]
        assert next(writer.scan(table)) == (second, b"new")
        assert next(writer.scan(table, reverse=True)) == (b"\xff" * 9, b"last")
        assert writer.count(table) == len(pairs)


def test_a_scan_goes_on_while_its_table_is_written_to(store: Store, table: str) -> None:
    keys = list(filled(store, table))
    with store.write() as writer:
        seen = []
        for key, _ in writer.scan(table):
            seen.append(key)
            writer.put(table, key, b"seen")
        assert seen == keys
        assert {value for _, value in writer.scan(table)} == {b"seen"}


def test_an_exception_leaves_nothing(store: Store, table: str) -> None:
    pairs = filled(store, table)
    with suppress(ZeroDivisionError), store.write() as writer:
        writer.put_many(table, [(key, b"x") for key in pairs])
        writer.delete_many(table, list(pairs)[:9])
        writer.put("meta", b"height", b"7")
        raise ZeroDivisionError
    with store.read() as reader:
        assert dict(reader.scan(table)) == pairs
        assert reader.get("meta", b"height") is None
    with store.write() as writer:
        writer.put("meta", b"height", b"8")
    with store.read() as reader:
        assert reader.get("meta", b"height") == b"8"


def test_a_reader_stays_at_its_moment(store: Store) -> None:
    pairs = filled(store, count=50)
    with store.read() as reader:
        with store.write() as writer:
            writer.put_many("rows", [(key, b"x") for key in pairs])
            writer.delete_many("rows", list(pairs)[:9])
        assert dict(reader.scan("rows")) == pairs
        with store.read() as later:
            assert len(list(later.scan("rows"))) == 41


def test_a_second_writer_is_refused(store: Store) -> None:
    with (
        store.write(),
        pytest.raises(StoreBusyError, match=f"process {os.getpid()} is writing"),
        store.write(),
    ):
        pass
    with store.write() as writer:
        writer.put("meta", b"k", b"v")
        assert writer.get("meta", b"k") == b"v"


def test_threads_read_beside_a_writer(store: Store) -> None:
    pairs = filled(store, count=3_000)
    failures: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(20):
                with store.read() as reader:
                    values = {value[:1] for _, value in reader.scan("rows")}
                    assert len(values) == 1, values
        except BaseException as failure:
            failures.append(failure)

    threads = [Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(5):
        with store.write() as writer:
            writer.put_many("rows", [(key, b"%d" % turn * 300) for key in pairs])
    for thread in threads:
        thread.join()
    moved_on = [f for f in failures if isinstance(f, StoreError) and "read again" in str(f)]
    assert failures == moved_on


def test_who_begins_to_read_during_a_commit_sees_one_moment() -> None:
    interval = sys.getswitchinterval()
    store = MemoryStore()
    pairs = filled(store, count=200)
    torn: list[object] = []
    written = Event()

    def look() -> None:
        while not written.is_set():
            try:
                with store.read() as reader:
                    values = {value for _, value in reader.scan("rows")}
            except BaseException as failure:
                torn.append(failure)
            else:
                torn.extend([values] if len(values) != 1 else [])

    with store.write() as writer:
        writer.put_many("rows", [(key, b"first") for key in pairs])
    threads = [Thread(target=look) for _ in range(3)]
    sys.setswitchinterval(1e-6)  # threads take turns at nearly every step
    try:
        for thread in threads:
            thread.start()
        for turn in range(400):
            with store.write() as writer:
                writer.put_many("rows", [(key, b"%d" % turn) for key in pairs])
    finally:
        written.set()
        sys.setswitchinterval(interval)
        for thread in threads:
            thread.join()
    assert not torn, torn[0]


@pytest.mark.parametrize("key", [b"", b"k" * 512])
def test_keys_have_a_length(store: Store, key: bytes) -> None:
    with pytest.raises(StoreError, match="1 to 511 bytes"), store.write() as writer:
        writer.put("meta", key, b"v")
    with pytest.raises(StoreError, match="1 to 511 bytes"), store.read() as reader:
        reader.get("meta", key)


def test_used_bytes_grow(store: Store, table: str) -> None:
    before = store.used_bytes()
    filled(store, table)
    assert store.used_bytes() >= before + 5_000 * 44


keys = st.binary(min_size=1, max_size=3)
changes = st.lists(
    st.lists(st.tuples(keys, st.none() | st.binary(max_size=5_000)), max_size=8), max_size=6
)


@given(changes=changes, bounds=st.tuples(keys, keys), fail=st.integers(0, 5))
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_stores_are_ordered_dictionaries(
    store: Store,
    table: str,
    changes: list[list[tuple[bytes, bytes | None]]],
    bounds: tuple[bytes, bytes],
    fail: int,
) -> None:
    with store.write() as writer:
        writer.delete_many(table, [key for key, _ in writer.scan(table)])
    model: dict[bytes, bytes] = {}
    for turn, block in enumerate(changes):
        expected = dict(model)
        try:
            with store.write() as writer:
                for key, value in block:
                    if value is None:
                        writer.delete_many(table, [key])
                        expected.pop(key, None)
                    else:
                        writer.put(table, key, value)
                        expected[key] = value
                assert dict(writer.scan(table)) == expected
                assert writer.count(table) == len(expected)
                if turn == fail:
                    raise ZeroDivisionError
            model = expected
        except ZeroDivisionError:
            pass
    low, high = sorted(bounds)
    with store.read() as reader:
        inside = sorted(pair for pair in model.items() if low <= pair[0] < high)
        assert list(reader.scan(table, low, high)) == inside
        assert list(reader.scan(table, low, high, reverse=True)) == inside[::-1]
        assert reader.count(table) == len(model)
