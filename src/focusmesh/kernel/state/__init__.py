"""State: one key-space under one Merkle root, in a store that commits a block at a time.

May import: focusmesh.engine, focusmesh.protocol and the leaves; each module only when one of its names is first asked
for: checking a proof loads neither a store nor a compiler. Start reading at state.py, then working.py and tree.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.state.accounts import (
        Account,
        Accounts,
        account_key,
        changed,
        endow,
        key_holder,
        read_account,
        read_supply,
    )
    from focusmesh.kernel.state.differing import StateDifference, state_differences
    from focusmesh.kernel.state.hashing import sha256_many, sha256_rows
    from focusmesh.kernel.state.ics23 import verify_membership, verify_non_membership
    from focusmesh.kernel.state.ics23_codec import decode_proof, encode_proof
    from focusmesh.kernel.state.ics23_forms import CommitmentProof
    from focusmesh.kernel.state.key_space import (
        ACCOUNT_PREFIX,
        BLOB_PREFIX,
        FOCUS_KEY,
        FORGOTTEN_PREFIX,
        GRID_PREFIX,
        KEY_PREFIX,
        PARAMETERS_KEY,
        PIN_PREFIX,
        PROPERTY_PREFIX,
        ROW_PREFIX,
        SIZE_KEY,
        SUPPLY_KEY,
    )
    from focusmesh.kernel.state.links import (
        LINK_KEY_BYTES,
        AxonArrays,
        LinkArrays,
        LinkTable,
        RowChanges,
    )
    from focusmesh.kernel.state.links_past import Past
    from focusmesh.kernel.state.merkle import MerkleTree, merkle_root, verify_inclusion
    from focusmesh.kernel.state.moved import Moved, base_of, write_base
    from focusmesh.kernel.state.parameters import Parameters
    from focusmesh.kernel.state.particles import NOT_FOUND, Particles
    from focusmesh.kernel.state.rows import Row, entries_of
    from focusmesh.kernel.state.rows_proof import (
        AUTHORS,
        WEIGHTS,
        PageProof,
        RowValue,
        subtree,
        verify_authors,
        verify_axon,
        verify_link,
        verify_weights,
    )
    from focusmesh.kernel.state.snapshot_cut import (
        LONG_ROW_LINKS,
        LeafTable,
        PageOfLeaves,
        Span,
        cut,
        decode_cut,
        encode_cut,
        root_of_cut,
    )
    from focusmesh.kernel.state.snapshot_links import PageLinks
    from focusmesh.kernel.state.snapshot_page import (
        PageMaker,
        pack,
        take_leaves,
        take_part,
        unpack,
    )
    from focusmesh.kernel.state.state import State
    from focusmesh.kernel.state.store import (
        STORE_FILES,
        TABLES,
        InspectedStore,
        LmdbStore,
        MemoryStore,
        Reader,
        Store,
        Upgraded,
        Writer,
        before_upgrade_path,
        discard_older,
        finish_exchange,
        sync_folder,
        take_place,
        undo_upgrade,
        upgrade_store,
        upgrading_path,
    )
    from focusmesh.kernel.state.tree import Tree
    from focusmesh.kernel.state.tree_audit import wrong_node
    from focusmesh.kernel.state.tree_recount import recomputed_root
    from focusmesh.kernel.state.view import StateView
    from focusmesh.kernel.state.working import NO_RELATION, Working, link_key

__all__ = [
    "ACCOUNT_PREFIX",
    "AUTHORS",
    "BLOB_PREFIX",
    "FOCUS_KEY",
    "FORGOTTEN_PREFIX",
    "GRID_PREFIX",
    "KEY_PREFIX",
    "LINK_KEY_BYTES",
    "LONG_ROW_LINKS",
    "NOT_FOUND",
    "NO_RELATION",
    "PARAMETERS_KEY",
    "PIN_PREFIX",
    "PROPERTY_PREFIX",
    "ROW_PREFIX",
    "SIZE_KEY",
    "STORE_FILES",
    "SUPPLY_KEY",
    "TABLES",
    "WEIGHTS",
    "Account",
    "Accounts",
    "AxonArrays",
    "CommitmentProof",
    "InspectedStore",
    "LeafTable",
    "LinkArrays",
    "LinkTable",
    "LmdbStore",
    "MemoryStore",
    "MerkleTree",
    "Moved",
    "PageLinks",
    "PageMaker",
    "PageOfLeaves",
    "PageProof",
    "Parameters",
    "Particles",
    "Past",
    "Reader",
    "Row",
    "RowChanges",
    "RowValue",
    "Span",
    "State",
    "StateDifference",
    "StateView",
    "Store",
    "Tree",
    "Upgraded",
    "Working",
    "Writer",
    "account_key",
    "base_of",
    "before_upgrade_path",
    "changed",
    "cut",
    "decode_cut",
    "decode_proof",
    "discard_older",
    "encode_cut",
    "encode_proof",
    "endow",
    "entries_of",
    "finish_exchange",
    "key_holder",
    "link_key",
    "merkle_root",
    "pack",
    "read_account",
    "read_supply",
    "recomputed_root",
    "root_of_cut",
    "sha256_many",
    "sha256_rows",
    "state_differences",
    "subtree",
    "sync_folder",
    "take_leaves",
    "take_part",
    "take_place",
    "undo_upgrade",
    "unpack",
    "upgrade_store",
    "upgrading_path",
    "verify_authors",
    "verify_axon",
    "verify_inclusion",
    "verify_link",
    "verify_membership",
    "verify_non_membership",
    "verify_weights",
    "write_base",
    "wrong_node",
]

# A name goes in three places: the import above, the sorted list, and here.
_HOMES = {
    "focusmesh.kernel.state.links": (
        "AxonArrays",
        "LINK_KEY_BYTES",
        "LinkArrays",
        "LinkTable",
        "RowChanges",
    ),
    "focusmesh.kernel.state.links_past": ("Past",),
    "focusmesh.kernel.state.moved": ("Moved", "base_of", "write_base"),
    "focusmesh.kernel.state.snapshot_cut": (
        "LONG_ROW_LINKS",
        "LeafTable",
        "PageOfLeaves",
        "Span",
        "cut",
        "decode_cut",
        "encode_cut",
        "root_of_cut",
    ),
    "focusmesh.kernel.state.snapshot_links": ("PageLinks",),
    "focusmesh.kernel.state.snapshot_page": (
        "PageMaker",
        "pack",
        "take_leaves",
        "take_part",
        "unpack",
    ),
    "focusmesh.kernel.state.state": ("State",),
    "focusmesh.kernel.state.view": ("StateView",),
    "focusmesh.kernel.state.particles": ("NOT_FOUND", "Particles"),
    "focusmesh.kernel.state.rows": ("Row", "entries_of"),
    "focusmesh.kernel.state.rows_proof": (
        "AUTHORS",
        "PageProof",
        "RowValue",
        "WEIGHTS",
        "subtree",
        "verify_authors",
        "verify_axon",
        "verify_link",
        "verify_weights",
    ),
    "focusmesh.kernel.state.accounts": (
        "Account",
        "Accounts",
        "account_key",
        "changed",
        "endow",
        "key_holder",
        "read_account",
        "read_supply",
    ),
    "focusmesh.kernel.state.differing": ("StateDifference", "state_differences"),
    "focusmesh.kernel.state.hashing": ("sha256_many", "sha256_rows"),
    "focusmesh.kernel.state.ics23": ("verify_membership", "verify_non_membership"),
    "focusmesh.kernel.state.ics23_codec": ("decode_proof", "encode_proof"),
    "focusmesh.kernel.state.ics23_forms": ("CommitmentProof",),
    "focusmesh.kernel.state.key_space": (
        "ACCOUNT_PREFIX",
        "BLOB_PREFIX",
        "FOCUS_KEY",
        "FORGOTTEN_PREFIX",
        "GRID_PREFIX",
        "KEY_PREFIX",
        "PARAMETERS_KEY",
        "PIN_PREFIX",
        "PROPERTY_PREFIX",
        "ROW_PREFIX",
        "SIZE_KEY",
        "SUPPLY_KEY",
    ),
    "focusmesh.kernel.state.merkle": ("MerkleTree", "merkle_root", "verify_inclusion"),
    "focusmesh.kernel.state.parameters": ("Parameters",),
    "focusmesh.kernel.state.store": (
        "InspectedStore",
        "LmdbStore",
        "MemoryStore",
        "Reader",
        "STORE_FILES",
        "Store",
        "TABLES",
        "Upgraded",
        "Writer",
        "before_upgrade_path",
        "discard_older",
        "finish_exchange",
        "sync_folder",
        "take_place",
        "undo_upgrade",
        "upgrade_store",
        "upgrading_path",
    ),
    "focusmesh.kernel.state.tree": ("Tree",),
    "focusmesh.kernel.state.tree_audit": ("wrong_node",),
    "focusmesh.kernel.state.tree_recount": ("recomputed_root",),
    "focusmesh.kernel.state.working": ("NO_RELATION", "Working", "link_key"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
