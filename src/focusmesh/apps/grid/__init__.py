"""The grid's applications: histories of arrays that prove every block, where they are kept, tiles in a ledger.

May import: focusmesh.{kernel,protocol,engine,ids,errors}; no disk, no net and no clock, which the interface brings.
Start reading at history.py, then store.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.apps.grid.memory_store import MemoryArrayStore, conflict
    from focusmesh.apps.grid.store import (
        SCHEMA_VERSION,
        ArrayReader,
        ArrayStore,
        ArrayWriter,
        KeptCommit,
        Run,
    )

__all__ = [
    "SCHEMA_VERSION",
    "ArrayReader",
    "ArrayStore",
    "ArrayWriter",
    "KeptCommit",
    "MemoryArrayStore",
    "Run",
    "conflict",
]

# A name goes in three places: the import above, the sorted list, and here.
_HOMES = {
    "focusmesh.apps.grid.memory_store": ("MemoryArrayStore", "conflict"),
    "focusmesh.apps.grid.store": (
        "ArrayReader",
        "ArrayStore",
        "ArrayWriter",
        "KeptCommit",
        "Run",
        "SCHEMA_VERSION",
    ),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
