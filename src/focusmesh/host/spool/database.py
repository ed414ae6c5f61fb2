"""The file of a spool: an SQLite log with an index, which every process of this machine may write to.

Jobs of threads that come while another one commits go into the next transaction together: one sync for all of them.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import contextmanager, suppress
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from weakref import WeakValueDictionary

from focusmesh.errors import StoreBusyError, StoreError, StoreFullError
from focusmesh.host.spool.tables import SCHEMA
from focusmesh.kernel.state import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

FILE = "signals.sqlite"
_BUSY_SECONDS = 30.0
_WIPES = 3
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
ResultT = TypeVar("ResultT")


def _create(path: Path) -> bool:
    """Whether there was no file, and there is one now.

    A file that is there is never opened here: to close it again would let go of every lock that connections of this
    process have on it (POSIX), and the next process to leave would take away the log that they write to.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


class _Job(Generic[ResultT]):
    """What one thread wants of the next transaction."""

    def __init__(self, work: Callable[[sqlite3.Connection], ResultT], *, durable: bool) -> None:
        self.work, self.durable = work, durable
        self.is_done = False
        self.error: BaseException | None = None
        self.result: ResultT


class SpoolDatabase:
    """One file, opened once a process: a connection to write and one to read. Safe between threads."""

    _all: ClassVar[WeakValueDictionary[tuple[int, int, int], SpoolDatabase]] = WeakValueDictionary()
    _opening: ClassVar[RLock] = RLock()

    @classmethod
    def of(cls, folder: Path) -> SpoolDatabase:
        """The one of this process for a folder, made if need be. Raises StoreError."""
        path = folder / FILE
        with cls._opening, _translate_errors(path):
            is_new = _create(path)
            facts = path.stat()
            # A process that was forked has connections of its own, a folder that was replaced another file.
            key = (os.getpid(), facts.st_dev, facts.st_ino)
            found = cls._all.get(key)
            if found is None:
                found = cls._all[key] = cls(path)
                if is_new:
                    sync_folder(folder)
            return found

    def __init__(self, path: Path) -> None:
        """Use ``of``."""
        self.path = path
        self._queue: list[_Job[Any]] = []
        self._queue_lock, self._commit_lock, self._read_lock = Lock(), Lock(), Lock()
        self._writer = self._connect()
        try:
            # Several processes may open a new file at once: each statement is one that may be repeated.
            self._writer.executescript("BEGIN IMMEDIATE;" + SCHEMA + "COMMIT;")
            self._reader = self._connect()
        except BaseException:
            self._writer.close()
            raise

    def rows(self, query: str, *values: object) -> list[Any]:
        """What a query finds. Raises StoreError."""
        return self.read(lambda connection: connection.execute(query, values).fetchall())

    def read(self, work: Callable[[sqlite3.Connection], ResultT]) -> ResultT:
        """What ``work`` finds, which waits for nobody who writes. Raises StoreError."""
        with self._read_lock, self.translate_errors():
            return work(self._reader)

    def translate_errors(self) -> AbstractContextManager[None]:
        """Errors of SQLite and of the disk, and memory that ran out, as StoreError with what to do."""
        return _translate_errors(self.path)

    def change(self, work: Callable[[sqlite3.Connection], ResultT], *, durable: bool) -> ResultT:
        """Carries ``work`` out, in one transaction with what other threads want now; on the disk if ``durable``.

        Raises what ``work`` raises, of which nothing is left then; StoreError where the disk fails or memory runs out,
        StoreFullError where the disk is full.
        """
        with self.translate_errors():
            job = _Job(work, durable=durable)
            with self._queue_lock:
                self._queue.append(job)
            with self._commit_lock:
                if not job.is_done:
                    with self._queue_lock:
                        jobs, self._queue = self._queue, []
                    self._commit(jobs)
            if job.error is not None:
                raise job.error
            return job.result

    def wipe(self) -> None:
        """What was deleted is in no file any more: it was overwritten, and the log beside the file is emptied."""
        with self._commit_lock, _translate_errors(self.path):
            for _ in range(_WIPES):
                busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return
        raise StoreBusyError(f"{self.path}: another process reads it all the time: try again")

    def _commit(self, jobs: Sequence[_Job[Any]]) -> None:
        try:
            with _translate_errors(self.path):
                level = "FULL" if any(job.durable for job in jobs) else "NORMAL"
                self._writer.execute(f"PRAGMA synchronous = {level}")
                self._writer.execute("BEGIN IMMEDIATE")
                for job in jobs:
                    self._carry_out(job)
                self._writer.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
            for job in jobs:
                job.error = job.error or error
        for job in jobs:
            job.is_done = True

    def _carry_out(self, job: _Job[Any]) -> None:
        self._writer.execute("SAVEPOINT job")
        try:
            job.result = job.work(self._writer)
        except sqlite3.Error:
            raise
        except BaseException as error:
            job.error = error
            self._writer.execute("ROLLBACK TO job")
        self._writer.execute("RELEASE job")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA journal_mode = WAL")
            # What is forgotten on request must not stay in the file.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA cell_size_check = ON")
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _store_error(path, error) from error
    except StoreError:
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full(path) from error
        raise StoreError(f"{path} cannot be used: {error.strerror}") from error
    except MemoryError as error:
        raise _out_of_memory(path) from error


def _full(path: Path) -> StoreFullError:
    return StoreFullError(
        f"{path} cannot be written: the disk is full; make room, and it continues by itself"
    )


def _out_of_memory(path: Path) -> StoreError:
    return StoreError(
        f"{path} cannot be used: memory ran out; end other programs, or give this one more"
    )


def _store_error(path: Path, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return _full(path)
    if code in _BUSY:
        return StoreBusyError(f"another process is writing to {path}: try again")
    if code in _DAMAGED:
        return StoreError(
            f"{path} is damaged ({error}): move it away; signals that waited in it must be sent again"
        )
    return StoreError(f"{path} cannot be used: {error}")
