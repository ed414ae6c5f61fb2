"""The grid's applications: histories of arrays that prove every block, where they are kept, tiles in a ledger.

May import: focusmesh.{kernel,protocol,engine,ids,errors}; no disk, no net and no clock, which the interface brings.
Start reading at history.py, then store.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.apps.grid.bad_places import BAD_WAYS
    from focusmesh.apps.grid.chunks import (
        ChunksProof,
        prove_chunks,
        verify_chunks,
    )
    from focusmesh.apps.grid.commit import (
        Commit,
        tile_leaf,
    )
    from focusmesh.apps.grid.history import (
        History,
    )
    from focusmesh.apps.grid.memory_store import (
        MemoryArrayStore,
        conflict,
    )
    from focusmesh.apps.grid.opinions import (
        electorate_of,
        vertex_keys,
    )
    from focusmesh.apps.grid.proofs import (
        BlockProof,
    )
    from focusmesh.apps.grid.store import (
        SCHEMA_VERSION,
        ArrayReader,
        ArrayStore,
        ArrayWriter,
        KeptCommit,
        KeptTile,
        Run,
    )
    from focusmesh.apps.grid.verifying import (
        Fault,
        VerifiedHistory,
        verify_history,
    )
    from focusmesh.apps.grid.vote import (
        FIRST_PREVIOUS,
        VoteCertificate,
        VoteResult,
        hold_vote,
        proposer_order,
        verify_votes,
    )

__all__ = [
    "BAD_WAYS",
    "FIRST_PREVIOUS",
    "SCHEMA_VERSION",
    "ArrayReader",
    "ArrayStore",
    "ArrayWriter",
    "BlockProof",
    "ChunksProof",
    "Commit",
    "Fault",
    "History",
    "KeptCommit",
    "KeptTile",
    "MemoryArrayStore",
    "Run",
    "VerifiedHistory",
    "VoteCertificate",
    "VoteResult",
    "conflict",
    "electorate_of",
    "hold_vote",
    "proposer_order",
    "prove_chunks",
    "tile_leaf",
    "verify_chunks",
    "verify_history",
    "verify_votes",
    "vertex_keys",
]

# A name goes in three places: the import above, the sorted list, and here.
_HOMES = {
    "focusmesh.apps.grid.bad_places": ("BAD_WAYS",),
    "focusmesh.apps.grid.opinions": (
        "electorate_of",
        "vertex_keys",
    ),
    "focusmesh.apps.grid.vote": (
        "FIRST_PREVIOUS",
        "VoteCertificate",
        "VoteResult",
        "hold_vote",
        "proposer_order",
        "verify_votes",
    ),
    "focusmesh.apps.grid.chunks": (
        "ChunksProof",
        "prove_chunks",
        "verify_chunks",
    ),
    "focusmesh.apps.grid.commit": (
        "Commit",
        "tile_leaf",
    ),
    "focusmesh.apps.grid.history": ("History",),
    "focusmesh.apps.grid.memory_store": (
        "MemoryArrayStore",
        "conflict",
    ),
    "focusmesh.apps.grid.proofs": ("BlockProof",),
    "focusmesh.apps.grid.store": (
        "ArrayReader",
        "ArrayStore",
        "ArrayWriter",
        "KeptCommit",
        "KeptTile",
        "Run",
        "SCHEMA_VERSION",
    ),
    "focusmesh.apps.grid.verifying": (
        "Fault",
        "VerifiedHistory",
        "verify_history",
    ),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
