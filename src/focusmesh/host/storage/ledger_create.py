"""A ledger's store is made beside its place and takes it whole: whoever is killed meanwhile leaves no half ledger."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, FocusmeshError, StoreBusyError
from focusmesh.kernel.state import sync_folder, take_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from focusmesh.host.storage.ledger_folder import Folder


@contextmanager
def making(folder: Folder, *, resumable: bool = False) -> Iterator[Path]:
    """Where to make the store of a new ledger: it is the ledger's when the block ends well, else it goes.

    What is ``resumable`` stays where the block fails, and is there when it is begun again.

    A folder that was made for it goes too. What a process that was killed at it has left is taken away. Raises
    FileError where the folder holds something else or cannot be written, StoreBusyError while another process makes a
    ledger there.
    """
    with _translate_errors(folder):
        _verify_free(folder)
    with _claim(folder), _translate_errors(folder):
        _verify_free(folder)
        try:
            if not resumable:
                shutil.rmtree(folder.unfinished_store, ignore_errors=True)
            folder.unfinished_store.mkdir(exist_ok=resumable)
            yield folder.unfinished_store
            take_place(folder.unfinished_store, folder.store)
        finally:
            if not resumable:
                shutil.rmtree(folder.unfinished_store, ignore_errors=True)


@contextmanager
def _translate_errors(folder: Folder) -> Iterator[None]:
    """What the operating system refuses, on which path."""
    try:
        yield
    except FocusmeshError:
        raise
    except OSError as error:
        where = error.filename or folder.path
        raise FileError(f"{where}: {error.strerror or error}") from error


@contextmanager
def _claim(folder: Folder) -> Iterator[None]:
    """Nobody else makes a ledger in ``folder`` while the block runs; it is made where there is none.

    What was made goes where the block fails, the folders above it too.
    """
    missing = [path for path in (folder.path, *folder.path.parents) if not path.exists()]
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        for path in missing or (folder.path,):
            sync_folder(path.resolve().parent)
        handle = os.open(folder.path, os.O_RDONLY)
    except OSError as error:
        _remove_empty(missing)
        raise FileError(f"{folder.path}: {error.strerror}") from error
    try:
        _lock(handle, folder)
        try:
            yield
        except BaseException:
            _remove_empty(missing)
            raise
    finally:
        os.close(handle)


def _remove_empty(folders: Iterable[Path]) -> None:
    """Deletes the first of ``folders``, the one around it, and so on, as far as nothing else is in them."""
    for folder in folders:
        try:
            folder.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return


def _lock(handle: int, folder: Folder) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have failed, and taken the folder away.
        held = os.path.samestat(os.fstat(handle), folder.path.stat())
    except (BlockingIOError, FileNotFoundError):
        held = False
    if not held:
        raise StoreBusyError(
            f"{folder.path}: another process is making a ledger here; wait for it, or end it"
        )


def verify_room(folder: Path, wanted: int, what: str) -> None:
    """Raises FileError where the disk of ``folder`` has less than ``wanted`` bytes free for ``what``."""
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise FileError(
            f"{folder.parent}: {free:,} bytes are free on this disk, {what} takes about {wanted:,}"
        )


def _verify_free(folder: Folder) -> None:
    """Raises FileError where the folder holds anything but what an unfinished making left."""
    if folder.store.exists():
        raise FileError(f"{folder.path}: there is a ledger here already")
    if not folder.path.exists():
        return
    if any(entry != folder.unfinished_store for entry in folder.path.iterdir()):
        raise FileError(f"{folder.path}: is not empty; name a folder of its own for the ledger")
