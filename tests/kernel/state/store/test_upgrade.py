"""A store of an older format becomes one of today's whole or not at all; one of a newer format is refused by name."""

from __future__ import annotations

import resource
import shutil
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import lmdb
import pytest

from focusmesh.errors import NewerVersionError, OlderStoreError, StoreBusyError, StoreError
from focusmesh.ids import digest
from focusmesh.kernel.state import (
    TABLES,
    LmdbStore,
    before_upgrade_path,
    discard_older,
    finish_exchange,
    undo_upgrade,
    upgrade_store,
)
from focusmesh.kernel.state.store import Overlay, formats
from focusmesh.kernel.state.store import upgrade as upgrading
from focusmesh.kernel.state.store.lmdb import lmdb_store as lmdb_store
from focusmesh.kernel.state.store.lock import WriterLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.state import Reader

CONTENTS = [b"short", b"long " * 2_000, b"gone"]
Records = dict[str, list[tuple[bytes, bytes]]]


def write_format_1(path: Path) -> Records:
    """A store as focusmesh once wrote it: every table LMDB's own, no word about the format."""
    path.mkdir(parents=True)
    records: Records = {table: [(b"key", table.encode())] for table in TABLES if table != "undo"}
    records["undo"] = []
    records["contents"] = sorted((digest(content), content) for content in CONTENTS)
    with (
        closing(lmdb.open(str(path), max_dbs=len(TABLES), sync=False)) as opened,
        opened.begin(write=True) as transaction,
    ):
        for table in TABLES:
            handle = opened.open_db(table.encode(), transaction)
            for key, value in records[table]:
                transaction.put(key, value, db=handle)
    return records


def records_of(reader: Reader) -> Records:
    return {table: list(reader.scan(table)) for table in TABLES}


def kept(path: Path) -> Records:
    with closing(LmdbStore(path, readonly=True)) as store, store.read() as reader:
        return records_of(reader)


def files(path: Path) -> dict[str, bytes]:
    """What is in the files that hold records."""
    return {file.name: file.read_bytes() for file in path.iterdir() if "lock" not in file.name}


def fine(reader: Reader) -> None:
    assert reader.count("headers") == 1


def last_header(reader: Reader) -> bytes:
    return next(value for _, value in reader.scan("headers", reverse=True))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of format 1."""
    path = tmp_path / "store"
    write_format_1(path)
    return path


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """A focusmesh of format 3, whose table ``meta`` has a record more than format 2."""

    def lifted(reader: Reader) -> Reader:
        overlay = Overlay(reader)
        overlay.put("meta", b"third", b"new in 3")
        return overlay

    @contextmanager
    def read_format_2(path: Path) -> Iterator[Reader]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(formats, "FORMAT", 2)
            store = LmdbStore(path, readonly=True)
        with closing(store), store.read() as reader:
            yield reader

    monkeypatch.setattr(formats, "FORMAT", 3)
    monkeypatch.setattr(upgrading, "STEPS", upgrading.STEPS | {2: lifted})
    monkeypatch.setattr(upgrading, "READERS", upgrading.READERS | {2: read_format_2})


def test_every_record_is_there_and_the_old_store_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store"
    records = write_format_1(path)
    before = files(path)
    done = upgrade_store(path, fine)
    assert (done.before, done.after, done.records) == (1, 2, sum(map(len, records.values())))
    assert kept(path) == records
    assert files(before_upgrade_path(path)) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["store", "store.before-upgrade"]


def test_nothing_is_done_to_a_store_of_today(old: Path) -> None:
    upgrade_store(old, fine)
    before = files(old)
    assert upgrade_store(old, fine).records == 0
    assert files(old) == before


@pytest.mark.parametrize("readonly", [False, True])
def test_an_older_store_is_refused_and_not_touched(old: Path, readonly: bool) -> None:
    before = files(old)
    with pytest.raises(OlderStoreError, match=r"format 1; .* with 2: run `focusmesh node upgrade "):
        LmdbStore(old, readonly=readonly)
    assert files(old) == before


@pytest.mark.parametrize("readonly", [False, True])
def test_a_newer_store_is_refused_by_name_and_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readonly: bool
) -> None:
    path = tmp_path / "store"
    monkeypatch.setattr(formats, "FORMAT", 3)
    LmdbStore(path).close()
    monkeypatch.undo()
    before = files(path)
    for act in (lambda: LmdbStore(path, readonly=readonly), lambda: upgrade_store(path, fine)):
        with pytest.raises(NewerVersionError, match="store format 3; this focusmesh works with 2"):
            act()
    assert files(path) == before


def test_who_knows_format_1_alone_stops_at_a_store_of_today(tmp_path: Path) -> None:
    LmdbStore(tmp_path / "store").close()
    opened = lmdb.open(str(tmp_path / "store"), max_dbs=len(TABLES))
    with closing(opened), pytest.raises(lmdb.IncompatibleError):
        opened.open_db(b"contents")


@pytest.mark.usefixtures("third")
def test_steps_follow_each_other(old: Path) -> None:
    assert upgrade_store(old, fine).after == 3
    assert kept(old)["meta"] == [(b"key", b"meta"), (b"third", b"new in 3")]
    assert undo_upgrade(old, last_header) == 1


def test_the_last_step_goes_alone(old: Path, request: pytest.FixtureRequest) -> None:
    upgrade_store(old, fine)
    records = kept(old)
    request.getfixturevalue("third")
    with pytest.raises(StoreError, match="is still there: discard it first"):
        upgrade_store(old, fine)
    assert discard_older(old)
    assert upgrade_store(old, fine).before == 2
    assert kept(old)["contents"] == records["contents"]
    assert len(kept(old)["meta"]) == 2


def test_it_goes_back(old: Path) -> None:
    before = files(old)
    upgrade_store(old, fine)
    assert undo_upgrade(old, last_header) == 1
    assert files(old) == before
    assert [each.name for each in old.parent.iterdir()] == ["store"]
    upgrade_store(old, fine)


def test_an_undo_that_another_process_tidied_up_after_is_ended(old: Path) -> None:
    """Killed between its renames, and what it discarded is gone already: the old store has no other name."""
    before = files(old)
    upgrade_store(old, fine)
    shutil.rmtree(old)
    finish_exchange(old)
    assert files(old) == before


def test_it_does_not_go_back_over_a_block(old: Path) -> None:
    upgrade_store(old, fine)
    with closing(LmdbStore(old)) as store, store.write() as writer:
        writer.put("headers", b"later", b"the next block")
    with pytest.raises(StoreError, match="undoing would lose them"):
        undo_upgrade(old, last_header)
    assert len(kept(old)["headers"]) == 2


def test_there_is_nothing_to_go_back_to(old: Path) -> None:
    assert not discard_older(old)
    with pytest.raises(StoreError, match="no store from before an upgrade"):
        undo_upgrade(old, last_header)


@pytest.mark.parametrize("act", ["delete", "replace", "put"])
def test_who_erases_discards_the_old_store(old: Path, act: str) -> None:
    upgrade_store(old, fine)
    with closing(LmdbStore(old)) as store, store.write() as writer:
        if act == "delete":
            writer.delete_many("contents", [digest(b"gone")])
        elif act == "replace":
            writer.put("contents", digest(b"gone"), b"other")
        else:
            writer.put("contents", digest(b"new"), b"new")
        assert before_upgrade_path(old).exists()
    assert before_upgrade_path(old).exists() is (act == "put")


def test_without_discarding_it_the_old_store_has_what_was_erased(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of the test above."""
    monkeypatch.setattr(lmdb_store, "discard_older", lambda _: False)
    upgrade_store(old, fine)
    with closing(LmdbStore(old)) as store, store.write() as writer:
        writer.delete_many("contents", [digest(b"gone")])
    everywhere = [path.read_bytes() for path in old.parent.rglob("*") if path.is_file()]
    assert sum(b"gone" in content for content in everywhere) == 1


def test_nobody_may_write_meanwhile(old: Path) -> None:
    lock = WriterLock(old / "writer.lock")
    try:
        with pytest.raises(StoreBusyError, match=r"process \d+ is writing"):
            upgrade_store(old, fine)
    finally:
        lock.release()
    upgrade_store(old, fine)
    with closing(LmdbStore(old)), pytest.raises(StoreBusyError, match=r"process \d+ is writing"):
        undo_upgrade(old, last_header)


def test_nobody_writes_while_it_goes_on(old: Path) -> None:
    def look(reader: Reader) -> None:
        with pytest.raises(StoreBusyError):
            LmdbStore(old)
        fine(reader)

    upgrade_store(old, look)


def test_it_wants_room(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(old)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
    assert_left_alone(old, "1,000 bytes free, and the new store may take [0-9,]+: make room")


def assert_left_alone(path: Path, said: str) -> None:
    """The upgrade fails with these words and leaves the old store, and nothing beside it."""
    before = files(path)
    with pytest.raises(StoreError, match=said):
        upgrade_store(path, fine)
    assert files(path) == before
    assert [each.name for each in path.parent.iterdir()] == ["store"]


def test_a_damaged_content_is_found(old: Path) -> None:
    with closing(lmdb.open(str(old), max_dbs=len(TABLES))) as opened:
        table = opened.open_db(b"contents")
        with opened.begin(write=True) as transaction:
            transaction.put(digest(b"gone"), b"gine", db=table)
    assert_left_alone(old, f"content {digest(b'gone').hex()} does not have its digest")


@pytest.mark.parametrize("table", TABLES)
def test_a_record_that_is_lost_on_the_way_is_found(
    old: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """The twin of a copy that is whole: the comparison sees what the copy dropped."""
    if table == "undo":
        return
    write = LmdbStore.write

    @contextmanager
    def forgetful(store: LmdbStore) -> Iterator[Overlay]:
        with write(store) as writer:
            overlay = Overlay(writer)
            yield overlay
            for name in TABLES:
                pairs = list(overlay.scan(name))
                writer.put_many(name, pairs[1:] if name == table else pairs)

    monkeypatch.setattr(LmdbStore, "write", forgetful)
    assert_left_alone(old, f"another record in table '{table}'")


def test_a_disk_that_fills_leaves_the_old_store(old: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))
    try:
        assert_left_alone(old, "store.upgrading cannot be written: .*store stays as it was")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    upgrade_store(old, fine)


def test_a_format_that_never_was_is_refused(old: Path) -> None:
    with (
        closing(lmdb.open(str(old), max_dbs=len(TABLES))) as opened,
        opened.begin(write=True) as transaction,
    ):
        transaction.put(b"format", bytes(4))
    assert_left_alone(old, "store format 0, which there never was")
    with (
        closing(lmdb.open(str(old), max_dbs=len(TABLES))) as opened,
        opened.begin(write=True) as transaction,
    ):
        transaction.put(b"format", b"one")
    assert_left_alone(old, "record of the store's format is damaged")
