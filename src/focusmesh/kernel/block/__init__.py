"""Blocks: a header that commits to everything, a body that travels, and the chain of them.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.block.audit.difference import Difference as Difference
    from focusmesh.kernel.block.audit.difference import VerifiedChain as VerifiedChain
    from focusmesh.kernel.block.audit.verification import first_difference as first_difference
    from focusmesh.kernel.block.audit.verification import read_blocks as read_blocks
    from focusmesh.kernel.block.audit.verification import verify_chain as verify_chain
    from focusmesh.kernel.block.block import Block as Block
    from focusmesh.kernel.block.body import Body as Body
    from focusmesh.kernel.block.body import Outcome as Outcome
    from focusmesh.kernel.block.body import body_of_parts as body_of_parts
    from focusmesh.kernel.block.chain.archive import Archived as Archived
    from focusmesh.kernel.block.chain.archive import ArchiveWriter as ArchiveWriter
    from focusmesh.kernel.block.chain.archive import read_archive as read_archive
    from focusmesh.kernel.block.chain.block_import import BlockImport as BlockImport
    from focusmesh.kernel.block.chain.candidates import Candidates as Candidates
    from focusmesh.kernel.block.chain.chain import Chain as Chain
    from focusmesh.kernel.block.chain.chain_rules import parameters_of_view as parameters_of_view
    from focusmesh.kernel.block.chain.decisions import check_decision as check_decision
    from focusmesh.kernel.block.chain.dry_run import DryRun as DryRun
    from focusmesh.kernel.block.chain.dry_run import dry_run_block as dry_run_block
    from focusmesh.kernel.block.chain.header_builder import certificate_of as certificate_of
    from focusmesh.kernel.block.chain.header_builder import focus_entry as focus_entry
    from focusmesh.kernel.block.chain.header_builder import is_focus_turn as is_focus_turn
    from focusmesh.kernel.block.chain.header_builder import parameters_bytes as parameters_bytes
    from focusmesh.kernel.block.chain.header_builder import proposers_after as proposers_after
    from focusmesh.kernel.block.chain.header_builder import validators_hash as validators_hash
    from focusmesh.kernel.block.chain.header_chain import HeaderChain as HeaderChain
    from focusmesh.kernel.block.chain.header_chain import SignedHeader as SignedHeader
    from focusmesh.kernel.block.chain.header_chain import read_signed_headers as read_signed_headers
    from focusmesh.kernel.block.chain.rotations import proved_proposers as proved_proposers
    from focusmesh.kernel.block.chain.rule_records import is_voted_on as is_voted_on
    from focusmesh.kernel.block.chain.rule_records import votes_or_will as votes_or_will
    from focusmesh.kernel.block.chain.upgrade import undo_chain_upgrade as undo_chain_upgrade
    from focusmesh.kernel.block.chain.upgrade import upgrade_chain as upgrade_chain
    from focusmesh.kernel.block.chain.validator_sets import epoch_end as epoch_end
    from focusmesh.kernel.block.chain.validator_sets import epoch_of as epoch_of
    from focusmesh.kernel.block.chain.validator_sets import read_validator_set as read_validator_set
    from focusmesh.kernel.block.chain.validator_sets import (
        validator_set_bytes as validator_set_bytes,
    )
    from focusmesh.kernel.block.genesis import Genesis as Genesis
    from focusmesh.kernel.block.genesis import Grant as Grant
    from focusmesh.kernel.block.header import BLOCK_DOMAIN as BLOCK_DOMAIN
    from focusmesh.kernel.block.header import VERSION_CHANGING as VERSION_CHANGING
    from focusmesh.kernel.block.header import FocusCertificate as FocusCertificate
    from focusmesh.kernel.block.header import Header as Header
    from focusmesh.kernel.block.inclusion import Inclusion as Inclusion
    from focusmesh.kernel.block.parameters import read_parameters as read_parameters
    from focusmesh.kernel.block.records import read_book_name as read_book_name
    from focusmesh.kernel.block.records import read_genesis as read_genesis
    from focusmesh.kernel.block.records import read_recovery as read_recovery
    from focusmesh.kernel.block.records import restoring_of as restoring_of
    from focusmesh.kernel.block.records import write_book_name as write_book_name
    from focusmesh.kernel.block.records import write_recovery as write_recovery
    from focusmesh.kernel.block.signal_order import signals_root as signals_root
    from focusmesh.kernel.block.snapshot.rebuild import RebuiltState as RebuiltState
    from focusmesh.kernel.block.snapshot.rebuild import StateRebuild as StateRebuild
    from focusmesh.kernel.block.snapshot.restore import SnapshotRestore as SnapshotRestore
    from focusmesh.kernel.block.snapshot.snapshot import Snapshots as Snapshots
    from focusmesh.kernel.block.succession import HeaderPosition as HeaderPosition
    from focusmesh.kernel.block.succession import epoch_of_header as epoch_of_header
    from focusmesh.kernel.block.succession import proved_parameters as proved_parameters
    from focusmesh.kernel.block.validation import check_data_root as check_data_root
    from focusmesh.kernel.block.validation import check_header as check_header
    from focusmesh.kernel.block.validation import check_proof as check_proof
    from focusmesh.kernel.block.validation import square_of as square_of
else:
    __getattr__, __dir__ = lazily(__name__)
