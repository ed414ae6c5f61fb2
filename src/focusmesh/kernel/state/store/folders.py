"""Folders that take another name durably: after a crash they have the old one or the new one."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from focusmesh.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


_ATTEMPTS = 2
"""Where two delete the same folder, the first attempt may fail at what the other one takes away."""


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def take_place(beside: Path, place: Path) -> None:
    """Gives a file or folder the name ``place`` of the same folder; what is in it has to be durable before.

    Raises OSError. Where ``beside`` is a folder, the names in it are made durable first.
    """
    if beside.is_dir():
        sync_folder(beside)
    beside.rename(place)
    sync_folder(place.parent)


def remove_folder(folder: Path) -> None:
    """Deletes a folder with all that is in it, durably; raises StoreError where something of it stays."""
    if not folder.exists():
        return
    for _ in range(_ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise StoreError(f"{folder} cannot be deleted: look who owns it, and delete it by hand")
    sync_folder(folder.parent)
