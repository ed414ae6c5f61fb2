"""What lies beside a store that is upgraded: the new one while it is made, the old one afterwards.

    P                   the store
    P.upgrading         a new one on its way, worth nothing until it takes its place
    P.before-upgrade    the old one, whole
    P.discarded         what is being deleted

The store is never between its places for longer than a rename: P goes to P.before-upgrade, then P.upgrading to P; and
back, P to P.discarded, then P.before-upgrade to P. Whoever opens P next ends what a killed process began.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from focusmesh.errors import StoreError
from focusmesh.kernel.state.store.folders import remove_folder, sync_folder, take_place

if TYPE_CHECKING:
    from pathlib import Path


def upgrading_path(path: Path) -> Path:
    """Where the new store of ``path`` is made."""
    return path.with_name(path.name + ".upgrading")


def before_upgrade_path(path: Path) -> Path:
    """Where the old store of ``path`` is kept."""
    return path.with_name(path.name + ".before-upgrade")


def finish_exchange(path: Path) -> None:
    """Ends what a process that was killed while it exchanged stores began. Two looks at the folder where none was."""
    discarded = _discarded_path(path)
    if not path.exists():
        _restore_name(path)
    if discarded.exists():
        # Whoever may only read leaves it to who may write.
        shutil.rmtree(discarded, ignore_errors=True)


def put_in_place(path: Path) -> None:
    """The new store becomes the store, and that the one before the upgrade. Raises StoreError."""
    try:
        remove_folder(_discarded_path(path))
        take_place(path, before_upgrade_path(path))
        # Another process that met the folder at this moment may have ended it already.
        with suppress(FileNotFoundError):
            take_place(upgrading_path(path), path)
    except OSError as error:
        raise StoreError(f"{path} cannot be exchanged: {error}") from error


def put_back(path: Path) -> None:
    """The store before the upgrade becomes the store again, the new one is deleted. Raises StoreError."""
    try:
        remove_folder(upgrading_path(path))
        remove_folder(_discarded_path(path))
        take_place(path, _discarded_path(path))
        with suppress(FileNotFoundError):
            take_place(before_upgrade_path(path), path)
        remove_folder(_discarded_path(path))
    except OSError as error:
        raise StoreError(f"{path} cannot be exchanged: {error}") from error


def discard_older(path: Path) -> bool:
    """Deletes the store before the upgrade; whether there was one. Half of it is never taken for a store.

    Raises StoreError where it cannot be deleted: what was to be forgotten would be in it.
    """
    older, discarded = before_upgrade_path(path), _discarded_path(path)
    if not older.exists() and not discarded.exists():
        return False
    try:
        remove_folder(discarded)
        with suppress(FileNotFoundError):
            take_place(older, discarded)
        remove_folder(discarded)
    except OSError as error:
        raise StoreError(f"{older} cannot be deleted: {error}") from error
    return True


def _discarded_path(path: Path) -> Path:
    return path.with_name(path.name + ".discarded")


def _restore_name(path: Path) -> None:
    """The store has no name: a new one that was put in its place takes it, or the old one that was put back."""
    older, newer = before_upgrade_path(path), upgrading_path(path)
    if not older.exists():
        return
    put_back = _discarded_path(path).exists() or not newer.exists()
    waiting = older if put_back else newer
    try:
        waiting.rename(path)
        sync_folder(path.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{path} was being exchanged, and cannot be: {error}") from error
