"""Where a ledger's records are: named tables of ordered keys, snapshots to read, one transaction to write.

May import: nothing of the project but its leaves; LMDB only when LmdbStore is first asked for.
Start reading at interface.py, then lmdb.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.state.store.interface import (
        KEY_BYTES_MAX,
        TABLES,
        Reader,
        Store,
        Writer,
    )
    from focusmesh.kernel.state.store.lmdb import LmdbStore
    from focusmesh.kernel.state.store.memory import MemoryStore
    from focusmesh.kernel.state.store.overlay import Overlay

__all__ = [
    "KEY_BYTES_MAX",
    "TABLES",
    "LmdbStore",
    "MemoryStore",
    "Overlay",
    "Reader",
    "Store",
    "Writer",
]

_HOMES = {
    "focusmesh.kernel.state.store.interface": (
        "KEY_BYTES_MAX",
        "Reader",
        "Store",
        "TABLES",
        "Writer",
    ),
    "focusmesh.kernel.state.store.lmdb": ("LmdbStore",),
    "focusmesh.kernel.state.store.memory": ("MemoryStore",),
    "focusmesh.kernel.state.store.overlay": ("Overlay",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
