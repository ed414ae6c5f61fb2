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
    from focusmesh.apps.grid.letters import (
        ASK,
        LEAVE,
        LETTER_BYTES_MAX,
        REFUSED,
        Letter,
        Mailbox,
        opened_letter,
    )
    from focusmesh.apps.grid.memory_store import (
        MemoryArrayStore,
        conflict,
    )
    from focusmesh.apps.grid.operations import (
        ARRAY_PREFIX,
        GRID_OPERATIONS,
        TILE_PREFIX,
        CommitTiles,
    )
    from focusmesh.apps.grid.opinions import (
        electorate_of,
        vertex_keys,
    )
    from focusmesh.apps.grid.proofs import (
        BlockProof,
    )
    from focusmesh.apps.grid.publishing import (
        published,
        published_array,
        publishing_steps,
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
    "ARRAY_PREFIX",
    "ASK",
    "BAD_WAYS",
    "FIRST_PREVIOUS",
    "GRID_OPERATIONS",
    "LEAVE",
    "LETTER_BYTES_MAX",
    "REFUSED",
    "SCHEMA_VERSION",
    "TILE_PREFIX",
    "ArrayReader",
    "ArrayStore",
    "ArrayWriter",
    "BlockProof",
    "ChunksProof",
    "Commit",
    "CommitTiles",
    "Fault",
    "History",
    "KeptCommit",
    "KeptTile",
    "Letter",
    "Mailbox",
    "MemoryArrayStore",
    "Run",
    "VerifiedHistory",
    "VoteCertificate",
    "VoteResult",
    "conflict",
    "electorate_of",
    "hold_vote",
    "opened_letter",
    "proposer_order",
    "prove_chunks",
    "published",
    "published_array",
    "publishing_steps",
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
    "focusmesh.apps.grid.letters": (
        "ASK",
        "LEAVE",
        "LETTER_BYTES_MAX",
        "REFUSED",
        "Letter",
        "Mailbox",
        "opened_letter",
    ),
    "focusmesh.apps.grid.memory_store": (
        "MemoryArrayStore",
        "conflict",
    ),
    "focusmesh.apps.grid.operations": (
        "ARRAY_PREFIX",
        "CommitTiles",
        "GRID_OPERATIONS",
        "TILE_PREFIX",
    ),
    "focusmesh.apps.grid.publishing": (
        "published",
        "published_array",
        "publishing_steps",
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
