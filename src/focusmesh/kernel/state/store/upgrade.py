"""A store of an older format becomes one of today's: read as it was written, lifted step by step, written anew.

``READERS`` knows how the files of an older format lie, ``STEPS`` what has to happen to its records so that they are
those of the next format. Whatever the format, the new store is made beside the old one, which is only read, and takes
its place when it is whole and was compared with it. The old one stays beside it (older.py).
"""

from __future__ import annotations

import shutil
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import MissingExtraError, StoreError
from focusmesh.ids import digest
from focusmesh.kernel.state.store import formats
from focusmesh.kernel.state.store.folders import remove_folder
from focusmesh.kernel.state.store.format_1 import read_format_1
from focusmesh.kernel.state.store.interface import ERASABLE, TABLES
from focusmesh.kernel.state.store.lmdb.length import verify_heads, verify_length
from focusmesh.kernel.state.store.lmdb.lmdb_store import LmdbStore
from focusmesh.kernel.state.store.lock import WriterLock
from focusmesh.kernel.state.store.older import (
    before_upgrade_path,
    finish_exchange,
    put_back,
    put_in_place,
    upgrading_path,
)

try:
    import lmdb
except ImportError as error:
    raise MissingExtraError("ledger", "a ledger on disk") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from focusmesh.engine.support.progress import Progress
    from focusmesh.kernel.state.store.interface import Reader

    Pair = tuple[bytes, bytes]
    Step = Callable[[Reader], Reader]

_DATA, _LOCK = "data.mdb", "writer.lock"
_AT_ONCE_BYTES, _AT_ONCE_COUNT = 1 << 26, 1 << 18


def _contents_leave(reader: Reader) -> Reader:
    """From 1 to 2: contents lie elsewhere on disk, and every record is what it was."""
    return reader


READERS: dict[int, Callable[[Path], AbstractContextManager[Reader]]] = {1: read_format_1}
"""By format: how a store of it is read."""
STEPS: dict[int, Step] = {1: _contents_leave}
"""By format: its records as those of the next one."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which format to which; ``records`` were written, none where nothing was to be done."""

    before: int
    after: int
    records: int


def upgrade_store(
    path: Path, verify: Callable[[Reader], None], progress: Progress | None = None
) -> Upgraded:
    """Gives the store at ``path`` today's format; the old one stays at ``before_upgrade_path``.

    ``verify`` raises an exception unless the new store holds together. Whatever ends this half-way leaves the old store
    as it was, or the new one whole. Raises StoreBusyError beside a process that writes, NewerVersionError, and
    StoreError where room is missing, an older store is still there or a record is damaged. O(records).
    """
    finish_exchange(path)
    with _alone(path):
        found = format_of(path)
        if found == formats.FORMAT:
            return Upgraded(found, found, 0)
        _verify_free(path)
        beside = upgrading_path(path)
        remove_folder(beside)
        try:
            records = _make(path, found, beside, verify, progress)
        except StoreError as error:
            remove_folder(beside)
            raise StoreError(f"{error}; {path} stays as it was") from error
        except BaseException:
            remove_folder(beside)
            raise
        put_in_place(path)
    return Upgraded(found, formats.FORMAT, records)


def undo_upgrade(path: Path, moment: Callable[[Reader], bytes]) -> int:
    """The store before the upgrade takes its place again, the new one goes; the format that it has.

    ``moment`` says where a chain is: raises StoreError where the new store is somewhere else than the old one, as a
    block was made since, or where there is no old one; StoreBusyError beside a process that writes.
    """
    finish_exchange(path)
    older = before_upgrade_path(path)
    if not older.is_dir():
        raise StoreError(f"{older}: there is no store from before an upgrade")
    with _alone(path):
        found = format_of(older)
        with older_reader(older, found) as reader:
            before = moment(reader)
        with closing(LmdbStore(path, readonly=True)) as store, store.read() as reader:
            now = moment(reader)
        if now != before:
            raise StoreError(
                f"{path} has blocks that were made since the upgrade, which {older} has not: undoing would lose them"
            )
        put_back(path)
    return found


def format_of(path: Path) -> int:
    """The format of the store at ``path``; raises NewerVersionError for one that this focusmesh cannot read."""
    verify_heads(path / _DATA)
    verify_length(path / _DATA)
    try:
        with (
            closing(lmdb.open(str(path), readonly=True, lock=False, create=False)) as opened,
            opened.begin() as transaction,
        ):
            found = formats.read_format(transaction)
    except lmdb.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    if found is None:
        raise StoreError(f"there is no ledger in {path}")
    if found > formats.FORMAT:
        formats.verify_format(found, path)
    return found


@contextmanager
def older_reader(path: Path, found: int) -> Iterator[Reader]:
    """A store of format ``found``, its records as those of today's format."""
    if found not in READERS:
        raise StoreError(f"{path} has store format {found}, which there never was: it is damaged")
    with READERS[found](path) as reader:
        for number in range(found, formats.FORMAT):
            reader = STEPS[number](reader)
        yield reader


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else writes to the store while the block runs."""
    lock = WriterLock(path / _LOCK)
    try:
        yield
    finally:
        lock.release()


def _verify_free(path: Path) -> None:
    older = before_upgrade_path(path)
    if older.exists():
        raise StoreError(
            f"{older}: the store from before the last upgrade is still there: discard it first"
        )
    needed = sum(file.stat().st_size for file in path.iterdir())
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise StoreError(
            f"{path.parent} has {free:,} bytes free, and the new store may take {needed:,}: make room"
        )


def _make(
    path: Path,
    found: int,
    beside: Path,
    verify: Callable[[Reader], None],
    progress: Progress | None,
) -> int:
    """Writes the new store and compares it with the old one."""
    with older_reader(path, found) as reader, closing(LmdbStore(beside)) as store:
        count = sum(reader.count(table) for table in TABLES)
        told = Throttle(progress, "writing the new store", count, "records")
        written = 0
        for table in TABLES:
            for portion in _portions(reader.scan(table)):
                with store.write() as writer:
                    writer.put_many(table, portion)
                written += len(portion)
                told.at(written)
        told.finish(written)
        with store.read() as made:
            _compare(reader, made, Throttle(progress, "comparing the stores", count, "records"))
            verify(made)
    return written


def _compare(before: Reader, after: Reader, told: Throttle) -> None:
    """Raises StoreError for the first record that is not the same in both, or whose digest is not its key."""
    compared = 0
    for table in TABLES:
        for one, other in zip_longest(before.scan(table), after.scan(table)):
            if one != other:
                raise StoreError(f"the new store has another record in table {table!r}: {other!r}")
            if table in ERASABLE and digest(one[1]) != one[0]:
                raise StoreError(
                    f"content {one[0].hex()} does not have its digest: the store was damaged before its upgrade"
                )
            compared += 1
            told.at(compared)
    told.finish(compared)


def _portions(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """As many pairs as one transaction is to hold."""
    portion: list[Pair] = []
    size = 0
    for pair in pairs:
        portion.append(pair)
        size += len(pair[0]) + len(pair[1])
        if size >= _AT_ONCE_BYTES or len(portion) >= _AT_ONCE_COUNT:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
