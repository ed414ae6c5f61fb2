"""Where a ledger's records are: named tables of ordered keys, snapshots to read, one transaction to write.

May import: focusmesh.engine.progress and the leaves; LMDB only when LmdbStore is first asked for.
Start reading at interface.py, then lmdb.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.state.store.copying import STORE_FILES
    from focusmesh.kernel.state.store.folders import sync_folder, take_place
    from focusmesh.kernel.state.store.inspected import InspectedStore
    from focusmesh.kernel.state.store.interface import (
        KEY_BYTES_MAX,
        TABLES,
        Reader,
        Store,
        Writer,
    )
    from focusmesh.kernel.state.store.layered import LayeredStore, lasting
    from focusmesh.kernel.state.store.lmdb import LmdbStore
    from focusmesh.kernel.state.store.memory import MemoryStore
    from focusmesh.kernel.state.store.older import (
        before_upgrade_path,
        discard_older,
        finish_exchange,
        upgrading_path,
    )
    from focusmesh.kernel.state.store.overlay import Overlay
    from focusmesh.kernel.state.store.upgrading import Upgraded, undo_upgrade, upgrade_store

__all__ = [
    "KEY_BYTES_MAX",
    "STORE_FILES",
    "TABLES",
    "InspectedStore",
    "LayeredStore",
    "LmdbStore",
    "MemoryStore",
    "Overlay",
    "Reader",
    "Store",
    "Upgraded",
    "Writer",
    "before_upgrade_path",
    "discard_older",
    "finish_exchange",
    "lasting",
    "sync_folder",
    "take_place",
    "undo_upgrade",
    "upgrade_store",
    "upgrading_path",
]

_HOMES = {
    "focusmesh.kernel.state.store.copying": ("STORE_FILES",),
    "focusmesh.kernel.state.store.folders": ("sync_folder", "take_place"),
    "focusmesh.kernel.state.store.inspected": ("InspectedStore",),
    "focusmesh.kernel.state.store.interface": (
        "KEY_BYTES_MAX",
        "Reader",
        "Store",
        "TABLES",
        "Writer",
    ),
    "focusmesh.kernel.state.store.layered": ("LayeredStore", "lasting"),
    "focusmesh.kernel.state.store.lmdb": ("LmdbStore",),
    "focusmesh.kernel.state.store.memory": ("MemoryStore",),
    "focusmesh.kernel.state.store.older": (
        "before_upgrade_path",
        "discard_older",
        "finish_exchange",
        "upgrading_path",
    ),
    "focusmesh.kernel.state.store.overlay": ("Overlay",),
    "focusmesh.kernel.state.store.upgrading": ("Upgraded", "undo_upgrade", "upgrade_store"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
