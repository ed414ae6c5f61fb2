"""A store on disk: one LMDB environment in a folder, and beside it the heap; durable when a transaction ends.

LMDB copies a page before it changes it and writes the new root last, so that after a crash the last commit or the
one before it is found, and readers in any process keep their moment without a lock. A 512-byte sector is assumed to
be written whole or not at all. What can be erased is in the heap (heap.py), and its places in LMDB.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from focusmesh.errors import MissingExtraError, StoreBusyError, StoreError, StoreFullError
from focusmesh.kernel.state.store.folders import sync_folder
from focusmesh.kernel.state.store.formats import begin_format, read_format, verify_format
from focusmesh.kernel.state.store.interface import TABLES
from focusmesh.kernel.state.store.lmdb.access import (
    RECORDS,
    Opened,
    Reading,
    Writing,
    heap_record,
)
from focusmesh.kernel.state.store.lmdb.heap import HEAP_FILE, Heap
from focusmesh.kernel.state.store.lmdb.length import verify_heads, verify_length
from focusmesh.kernel.state.store.lock import WriterLock
from focusmesh.kernel.state.store.older import discard_older, finish_exchange

try:
    import lmdb
except ImportError as error:
    raise MissingExtraError("ledger", "a ledger on disk") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state.store.interface import Reader, Writer
    from focusmesh.kernel.state.store.lmdb.access import Tables

    Result = TypeVar("Result")

MAP_BYTES = 16 << 30
"""Address space, not disk or memory; it doubles when the records outgrow it."""
_DATA, _READERS, _LOCK = "data.mdb", "lock.mdb", "writer.lock"
_NAMES = {name: name.encode() for name in TABLES} | {"contents": b"places"}
_READERS_MAX = 510


class LmdbStore:
    """See Store. ``path`` is a folder, made where there is none unless ``readonly``.

    A store that may write holds the folder's writer lock until it is closed. Raises StoreBusyError where another
    process holds it, StoreError where the folder cannot be used (OlderStoreError, NewerVersionError for one of another
    format), MissingExtraError without the extra ``ledger``. A process opens a folder once.
    """

    def __init__(
        self, path: str | os.PathLike[str], readonly: bool = False, map_bytes: int = MAP_BYTES
    ) -> None:
        self.path = Path(path)
        self._readonly = readonly
        self._writing, self._remapping = Lock(), Lock()
        self._map_bytes = map_bytes
        with self._faults("opened"), ExitStack() as held:
            finish_exchange(self.path)
            if not readonly:
                held.callback(_claim(self.path).release)
            self._environment = held.enter_context(closing(self._open()))
            self._verify_format()
            heap = held.enter_context(closing(Heap(self.path / HEAP_FILE, readonly)))
            if not readonly:
                _make_names_durable(self.path)
            self._shared = Opened(self._begin(self._open_tables), heap, self._remapping)
            self._follow()
            self._held = held.pop_all()

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """See Store.read. Another process may write meanwhile, and grow the store."""
        with self._faults("read"):
            transaction = self._begin(self._environment.begin)
            reading = Reading(self._shared, transaction, self._environment.begin)
            try:
                yield reading
            finally:
                reading.end()

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """See Store.write."""
        if self._readonly:
            raise StoreError(f"{self.path} was opened to read only")
        if not self._writing.acquire(blocking=False):
            raise StoreBusyError(f"process {os.getpid()} is writing to {self.path} already")
        try:
            with self._faults("written"):
                # Slots of readers that died would keep old pages from being used again.
                self._environment.reader_check()
                writing = Writing(self._shared, self._begin_writing, self._grow)
                try:
                    yield writing
                    if writing.erases:
                        discard_older(self.path)
                except BaseException:
                    writing.abort()
                    raise
                try:
                    writing.commit()
                except BaseException:
                    # Whether it came through, only LMDB knows; nobody could write any more while it is open.
                    writing.give_up()
                    with suppress(lmdb.Error, StoreError):
                        self._follow()
                    raise
        finally:
            self._writing.release()

    def used_bytes(self) -> int:
        """See Store.used_bytes: pages of the tables, and the heap."""
        tables = self._shared.tables
        with self._faults("read"), self._environment.begin() as transaction:
            stats = [transaction.stat(table) for table in tables.values()]
            heap_bytes = heap_record(transaction, tables).end
        return heap_bytes + sum(
            stat["psize"] * (stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"])
            for stat in stats
        )

    def close(self) -> None:
        """See Store.close."""
        self._held.close()

    def _follow(self) -> None:
        """Makes the heap what the last commit says, or sees that it can be."""
        with self._faults("read"), self._begin(self._environment.begin) as transaction:
            record = heap_record(transaction, self._shared.tables)
        if self._readonly:
            self._shared.heap.check(record)
        else:
            self._shared.heap.settle(record)

    def _open(self) -> lmdb.Environment:
        if (self.path / _DATA).exists():
            verify_heads(self.path / _DATA)
            return self._environment_made()
        if self._readonly:
            raise StoreError(f"there is no ledger in {self.path}")
        try:
            return self._environment_made()
        except StoreError:
            # What was begun of it would be taken for a damaged store.
            (self.path / _DATA).unlink(missing_ok=True)
            raise

    def _environment_made(self) -> lmdb.Environment:
        with self._faults("opened"):
            return lmdb.open(
                str(self.path),
                map_size=self._map_bytes,
                readonly=self._readonly,
                create=not self._readonly,
                max_dbs=len(TABLES),
                max_readers=_READERS_MAX,
            )

    def _verify_format(self) -> None:
        """Before anything is written: what another version made stays as it is. Before that, whether all is there."""
        with self._faults("opened"), self._begin(self._environment.begin) as transaction:
            verify_length(self.path / _DATA)
            verify_format(read_format(transaction), self.path)

    def _open_tables(self) -> Tables:
        """A table that an older focusmesh did not make is absent for those who only read."""
        found: Tables = {RECORDS: self._environment.open_db(None)}
        with self._faults("opened"):
            if not self._readonly:
                with self._environment.begin(write=True) as begun:
                    begin_format(begun)
                    for name, stored in _NAMES.items():
                        found[name] = self._environment.open_db(stored, begun)
                return found
            # Without a transaction of ours: a handle from one that only reads is good in that one alone.
            for name, stored in _NAMES.items():
                with suppress(lmdb.NotFoundError):
                    found[name] = self._environment.open_db(stored, create=False)
        return found

    def _begin(self, begin: Callable[[], Result]) -> Result:
        """``begin()``, after taking over the size to which another process has grown the map."""
        while True:
            try:
                with self._remapping:
                    return begin()
            except lmdb.MapResizedError:
                with self._remapping:
                    self._environment.set_mapsize(0)

    def _begin_writing(self) -> lmdb.Transaction:
        return self._begin(lambda: self._environment.begin(write=True))

    def _grow(self) -> None:
        """Twice the map; nobody may be writing. Readers of this process begin anew at the same moment."""
        with self._remapping:
            self._environment.set_mapsize(2 * self._environment.info()["map_size"])

    @contextmanager
    def _faults(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (lmdb.BadTxnError, lmdb.CorruptedError, lmdb.PageNotFoundError) as error:
            # A transaction is bad once a page in it was.
            raise StoreError(
                f"{self.path} is damaged ({error}): restore a backup, or import an exported chain"
            ) from error
        except lmdb.Error as error:
            kind = StoreFullError if isinstance(error, lmdb.DiskError) else StoreError
            raise kind(f"{self.path} cannot be {verb}: {error}{self._hint(verb)}") from error
        except MemoryError as error:
            # What was found out beforehand (MemoryLimitError) has words of its own.
            if type(error) is not MemoryError:
                raise
            raise StoreError(
                f"{self.path} cannot be {verb}: memory ran out; end other programs, or give this one more"
            ) from error

    def _hint(self, verb: str) -> str:
        """What LMDB's own words leave out."""
        if verb == "written":
            with suppress(OSError):
                return f"; {_free_bytes(self.path):,} bytes are free there"
        readers = self.path / _READERS
        if self._readonly and readers.exists() and not os.access(readers, os.W_OK):
            return f"; who reads has to be allowed to write to {readers}, where readers are listed"
        return ""


def _free_bytes(path: Path) -> int:
    """What the disk has left. LMDB says of a full one that input or output failed."""
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize


def _claim(path: Path) -> WriterLock:
    """The writer lock of the folder, which is made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from error
    return WriterLock(path / _LOCK)


def _make_names_durable(path: Path) -> None:
    """The folder, and what its files are called."""
    for folder in (path, path.parent):
        try:
            sync_folder(folder)
        except OSError as error:
            raise StoreError(
                f"{path} cannot be made durable, {folder} cannot be written: {error.strerror}"
            ) from error
