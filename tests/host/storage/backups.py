"""Ledgers that are backed up and restored beside each other."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import focusmesh
from focusmesh.host.storage.backups import make_backup, restore_backup
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.kernel.state import TABLES, LmdbStore

if TYPE_CHECKING:
    from pathlib import Path


def filled(ledger: Path, blocks: int = 3) -> Path:
    """The ledger with some blocks that name their particles."""
    with focusmesh.open(ledger) as graph:
        for number in range(blocks):
            graph.update([(f"paper {number}", "data", 2), ("data", f"author {number}")])
    return ledger


def records(folder: Path) -> dict[str, list[tuple[bytes, bytes]]]:
    with closing(LmdbStore(folder / "store", readonly=True)) as store, store.read() as reader:
        return {table: list(reader.scan(table)) for table in TABLES}


def backed_up(ledger: Path, name: str = "monday") -> Path:
    where = ledger.with_name(name)
    make_backup(Folder(ledger), where)
    return where


def restored(where: Path, name: str = "again") -> Path:
    folder = where.with_name(name)
    restore_backup(where, Folder(folder))
    return folder
