"""Where a ledger's records are: named tables of ordered keys, snapshots to read, one transaction to write.

May import: focusmesh.engine.support.progress and the leaves; LMDB only when LmdbStore is first asked for.
Start reading at interface.py, then lmdb/lmdb_store.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.state.store.copies import STORE_FILES as STORE_FILES
    from focusmesh.kernel.state.store.folders import sync_folder as sync_folder
    from focusmesh.kernel.state.store.folders import take_place as take_place
    from focusmesh.kernel.state.store.held import HeldStore as HeldStore
    from focusmesh.kernel.state.store.inspection import InspectedStore as InspectedStore
    from focusmesh.kernel.state.store.interface import KEY_BYTES_MAX as KEY_BYTES_MAX
    from focusmesh.kernel.state.store.interface import TABLES as TABLES
    from focusmesh.kernel.state.store.interface import Reader as Reader
    from focusmesh.kernel.state.store.interface import Store as Store
    from focusmesh.kernel.state.store.interface import Writer as Writer
    from focusmesh.kernel.state.store.layers import LayeredStore as LayeredStore
    from focusmesh.kernel.state.store.layers import lasting as lasting
    from focusmesh.kernel.state.store.lmdb.lmdb_store import LmdbStore as LmdbStore
    from focusmesh.kernel.state.store.memory import MemoryStore as MemoryStore
    from focusmesh.kernel.state.store.older import before_upgrade_path as before_upgrade_path
    from focusmesh.kernel.state.store.older import discard_older as discard_older
    from focusmesh.kernel.state.store.older import finish_exchange as finish_exchange
    from focusmesh.kernel.state.store.older import upgrading_path as upgrading_path
    from focusmesh.kernel.state.store.overlay import Overlay as Overlay
    from focusmesh.kernel.state.store.upgrade import Upgraded as Upgraded
    from focusmesh.kernel.state.store.upgrade import undo_upgrade as undo_upgrade
    from focusmesh.kernel.state.store.upgrade import upgrade_store as upgrade_store
else:
    __getattr__, __dir__ = lazily(__name__)
