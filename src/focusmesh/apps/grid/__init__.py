"""The grid's applications: histories of arrays that prove every block, where they are kept, tiles in a ledger.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.apps.grid.bad_places import BAD_WAYS as BAD_WAYS
    from focusmesh.apps.grid.certificates import COMMIT_DOMAIN as COMMIT_DOMAIN
    from focusmesh.apps.grid.certificates import SignedCommits as SignedCommits
    from focusmesh.apps.grid.certificates import certifier as certifier
    from focusmesh.apps.grid.certificates import grid_key as grid_key
    from focusmesh.apps.grid.certificates import verify_commit as verify_commit
    from focusmesh.apps.grid.chunks import ChunksProof as ChunksProof
    from focusmesh.apps.grid.chunks import prove_chunks as prove_chunks
    from focusmesh.apps.grid.chunks import verify_chunks as verify_chunks
    from focusmesh.apps.grid.commit import Commit as Commit
    from focusmesh.apps.grid.commit import tile_leaf as tile_leaf
    from focusmesh.apps.grid.face import APPLICATION as APPLICATION
    from focusmesh.apps.grid.history import History as History
    from focusmesh.apps.grid.letters import ASK as ASK
    from focusmesh.apps.grid.letters import LEAVE as LEAVE
    from focusmesh.apps.grid.letters import LETTER_BYTES_MAX as LETTER_BYTES_MAX
    from focusmesh.apps.grid.letters import REFUSED as REFUSED
    from focusmesh.apps.grid.letters import Letter as Letter
    from focusmesh.apps.grid.letters import Mailbox as Mailbox
    from focusmesh.apps.grid.letters import opened_letter as opened_letter
    from focusmesh.apps.grid.memory_store import MemoryArrayStore as MemoryArrayStore
    from focusmesh.apps.grid.memory_store import conflict as conflict
    from focusmesh.apps.grid.operations import ARRAY_PREFIX as ARRAY_PREFIX
    from focusmesh.apps.grid.operations import GRID_OPERATIONS as GRID_OPERATIONS
    from focusmesh.apps.grid.operations import TILE_PREFIX as TILE_PREFIX
    from focusmesh.apps.grid.operations import CommitTiles as CommitTiles
    from focusmesh.apps.grid.opinions import validator_set_of as validator_set_of
    from focusmesh.apps.grid.opinions import vertex_keys as vertex_keys
    from focusmesh.apps.grid.proofs import BlockProof as BlockProof
    from focusmesh.apps.grid.publication import last_publication as last_publication
    from focusmesh.apps.grid.publication import published_array as published_array
    from focusmesh.apps.grid.publication import publishing_steps as publishing_steps
    from focusmesh.apps.grid.store import SCHEMA_VERSION as SCHEMA_VERSION
    from focusmesh.apps.grid.store import ArrayReader as ArrayReader
    from focusmesh.apps.grid.store import ArrayStore as ArrayStore
    from focusmesh.apps.grid.store import ArrayWriter as ArrayWriter
    from focusmesh.apps.grid.store import KeptCommit as KeptCommit
    from focusmesh.apps.grid.store import KeptTile as KeptTile
    from focusmesh.apps.grid.store import Run as Run
    from focusmesh.apps.grid.verification import Fault as Fault
    from focusmesh.apps.grid.verification import VerifiedHistory as VerifiedHistory
    from focusmesh.apps.grid.verification import verify_history as verify_history
    from focusmesh.apps.grid.vote import FIRST_PREVIOUS as FIRST_PREVIOUS
    from focusmesh.apps.grid.vote import VoteCertificate as VoteCertificate
    from focusmesh.apps.grid.vote import VoteResult as VoteResult
    from focusmesh.apps.grid.vote import hold_vote as hold_vote
    from focusmesh.apps.grid.vote import proposer_order as proposer_order
    from focusmesh.apps.grid.vote import verify_votes as verify_votes
else:
    __getattr__, __dir__ = lazily(__name__)
