"""The mark of the one process that may write to a store: a locked file with its pid in it."""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from focusmesh.errors import StoreBusyError, StoreError

if TYPE_CHECKING:
    from pathlib import Path


class WriterLock:
    """Held from construction to ``release``, and no longer than this process lives, however it ends.

    The operating system gives the lock of a dead process back, so a stale file is taken over. Raises
    StoreBusyError with the holder's pid, StoreError where the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"{path} cannot be made: {error.strerror}") from error
        try:
            _lock(self._file, path)
            _write_pid(self._file, path)
            _forget_in_children(self)
        except BaseException:
            # Memory can run out here as well: who tries again is not to find it held by nobody.
            self._close()
            raise

    def release(self) -> None:
        """Lets another process write. Releasing again does nothing."""
        if self._file is not None:
            # A pid that stays is no harm: the lock says whether somebody holds it.
            try:
                with suppress(OSError):
                    os.truncate(self._file, 0)
            finally:
                self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(file: int, path: Path) -> None:
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(file, 20, 0).decode("ascii", "replace") or "unknown"
        raise StoreBusyError(
            f"process {holder} is writing to {path.parent}: stop it, or open the store to read"
        ) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be locked: {error.strerror}") from error
    _verify_in_place(file, path)


def _verify_in_place(file: int, path: Path) -> None:
    """The folder can have been exchanged between opening the file and locking it: another one is locked then."""
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(file), path.stat()):
            return
    raise StoreBusyError(f"another process has just exchanged {path.parent}: try again")


def _write_pid(file: int, path: Path) -> None:
    try:
        os.truncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error


def _forget_in_children(lock: WriterLock) -> None:
    """A forked child shares the open file: would it keep it, a dead parent's lock would outlive it."""
    reference = weakref.ref(lock)

    def forget() -> None:
        held = reference()
        if held is not None:
            held._close()

    os.register_at_fork(after_in_child=forget)
