"""State: one key-space under one Merkle root, in a store that commits a block at a time.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.state.accounts.accounts import Account as Account
    from focusmesh.kernel.state.accounts.accounts import Accounts as Accounts
    from focusmesh.kernel.state.accounts.accounts import account_key as account_key
    from focusmesh.kernel.state.accounts.accounts import changed as changed
    from focusmesh.kernel.state.accounts.accounts import key_holder as key_holder
    from focusmesh.kernel.state.accounts.accounts import read_account as read_account
    from focusmesh.kernel.state.accounts.accounts import read_supply as read_supply
    from focusmesh.kernel.state.accounts.agreement import SNOWMAN as SNOWMAN
    from focusmesh.kernel.state.accounts.agreement import Agreement as Agreement
    from focusmesh.kernel.state.accounts.agreement import Bonded as Bonded
    from focusmesh.kernel.state.accounts.base_price import BasePrice as BasePrice
    from focusmesh.kernel.state.accounts.base_price import next_price as next_price
    from focusmesh.kernel.state.accounts.base_price import read_price as read_price
    from focusmesh.kernel.state.accounts.bonds import Bond as Bond
    from focusmesh.kernel.state.accounts.bonds import Unbonding as Unbonding
    from focusmesh.kernel.state.accounts.bonds import bond_account as bond_account
    from focusmesh.kernel.state.accounts.bonds import bond_key as bond_key
    from focusmesh.kernel.state.accounts.bonds import first_key as first_key
    from focusmesh.kernel.state.accounts.bonds import read_bond as read_bond
    from focusmesh.kernel.state.accounts.bonds import read_bonds as read_bonds
    from focusmesh.kernel.state.accounts.bonds import release_bond as release_bond
    from focusmesh.kernel.state.accounts.bonds import voting_weights as voting_weights
    from focusmesh.kernel.state.accounts.bounds import Bound as Bound
    from focusmesh.kernel.state.accounts.change_rules import ChangeRules as ChangeRules
    from focusmesh.kernel.state.accounts.epochs import EpochStart as EpochStart
    from focusmesh.kernel.state.accounts.epochs import read_epoch as read_epoch
    from focusmesh.kernel.state.accounts.fee_rules import FeeRules as FeeRules
    from focusmesh.kernel.state.accounts.order_rules import ROOM_PARTS as ROOM_PARTS
    from focusmesh.kernel.state.accounts.order_rules import OrderRules as OrderRules
    from focusmesh.kernel.state.accounts.parameter_bounds import BOUNDS as BOUNDS
    from focusmesh.kernel.state.accounts.parameter_bounds import CHANGES_MAX as CHANGES_MAX
    from focusmesh.kernel.state.accounts.parameter_bounds import FIRST_BOUNDS as FIRST_BOUNDS
    from focusmesh.kernel.state.accounts.parameter_bounds import ParameterValue as ParameterValue
    from focusmesh.kernel.state.accounts.parameter_bounds import (
        changed_parameters as changed_parameters,
    )
    from focusmesh.kernel.state.accounts.parameter_bounds import parameter_of as parameter_of
    from focusmesh.kernel.state.accounts.parameter_bounds import read_changes as read_changes
    from focusmesh.kernel.state.accounts.parameter_bounds import step_limits as step_limits
    from focusmesh.kernel.state.accounts.parameter_bounds import window_ms as window_ms
    from focusmesh.kernel.state.accounts.parameters import PAYING_RULES as PAYING_RULES
    from focusmesh.kernel.state.accounts.parameters import SIZE_MAX as SIZE_MAX
    from focusmesh.kernel.state.accounts.parameters import SOLO as SOLO
    from focusmesh.kernel.state.accounts.parameters import (
        VERSION_CHANGING as VERSION_CHANGING,
    )
    from focusmesh.kernel.state.accounts.parameters import (
        VERSION_PAYING as VERSION_PAYING,
    )
    from focusmesh.kernel.state.accounts.parameters import Parameters as Parameters
    from focusmesh.kernel.state.accounts.staking_rules import StakingRules as StakingRules
    from focusmesh.kernel.state.block_writes import BlockWrites as BlockWrites
    from focusmesh.kernel.state.block_writes import base_of as base_of
    from focusmesh.kernel.state.block_writes import began_with_snapshot as began_with_snapshot
    from focusmesh.kernel.state.block_writes import write_base as write_base
    from focusmesh.kernel.state.byte_deposits import BYTE_DEPOSIT_ACCOUNT as BYTE_DEPOSIT_ACCOUNT
    from focusmesh.kernel.state.byte_deposits import PARTICLE_BYTES as PARTICLE_BYTES
    from focusmesh.kernel.state.byte_deposits import add_deposited_link as add_deposited_link
    from focusmesh.kernel.state.byte_deposits import has_deposits as has_deposits
    from focusmesh.kernel.state.byte_deposits import lock_deposit as lock_deposit
    from focusmesh.kernel.state.byte_deposits import read_deposit as read_deposit
    from focusmesh.kernel.state.byte_deposits import read_deposits as read_deposits
    from focusmesh.kernel.state.byte_deposits import return_deposit as return_deposit
    from focusmesh.kernel.state.diff import StateDifference as StateDifference
    from focusmesh.kernel.state.diff import state_differences as state_differences
    from focusmesh.kernel.state.endowment import bond_first as bond_first
    from focusmesh.kernel.state.endowment import endow as endow
    from focusmesh.kernel.state.hashing import sha256_many as sha256_many
    from focusmesh.kernel.state.hashing import sha256_rows as sha256_rows
    from focusmesh.kernel.state.ics23.codec import decode_proof as decode_proof
    from focusmesh.kernel.state.ics23.codec import encode_proof as encode_proof
    from focusmesh.kernel.state.ics23.forms import CommitmentProof as CommitmentProof
    from focusmesh.kernel.state.ics23.verifier import verify_membership as verify_membership
    from focusmesh.kernel.state.ics23.verifier import verify_non_membership as verify_non_membership
    from focusmesh.kernel.state.key_space import ACCOUNT_PREFIX as ACCOUNT_PREFIX
    from focusmesh.kernel.state.key_space import BLOB_PREFIX as BLOB_PREFIX
    from focusmesh.kernel.state.key_space import CHANGE_PREFIX as CHANGE_PREFIX
    from focusmesh.kernel.state.key_space import DELEGATION_PREFIX as DELEGATION_PREFIX
    from focusmesh.kernel.state.key_space import DEPOSIT_PREFIX as DEPOSIT_PREFIX
    from focusmesh.kernel.state.key_space import EPOCH_KEY as EPOCH_KEY
    from focusmesh.kernel.state.key_space import FOCUS_KEY as FOCUS_KEY
    from focusmesh.kernel.state.key_space import FORGOTTEN_PREFIX as FORGOTTEN_PREFIX
    from focusmesh.kernel.state.key_space import GRID_PREFIX as GRID_PREFIX
    from focusmesh.kernel.state.key_space import KEY_PREFIX as KEY_PREFIX
    from focusmesh.kernel.state.key_space import LINKED_PREFIX as LINKED_PREFIX
    from focusmesh.kernel.state.key_space import MIGRATION_KEY as MIGRATION_KEY
    from focusmesh.kernel.state.key_space import OPERATIONS_KEY as OPERATIONS_KEY
    from focusmesh.kernel.state.key_space import PARAMETERS_KEY as PARAMETERS_KEY
    from focusmesh.kernel.state.key_space import PIN_PREFIX as PIN_PREFIX
    from focusmesh.kernel.state.key_space import POOL_PREFIX as POOL_PREFIX
    from focusmesh.kernel.state.key_space import PRESENCE_PREFIX as PRESENCE_PREFIX
    from focusmesh.kernel.state.key_space import PRICE_KEY as PRICE_KEY
    from focusmesh.kernel.state.key_space import PROPERTY_PREFIX as PROPERTY_PREFIX
    from focusmesh.kernel.state.key_space import ROW_PREFIX as ROW_PREFIX
    from focusmesh.kernel.state.key_space import SIZE_KEY as SIZE_KEY
    from focusmesh.kernel.state.key_space import SLASH_PREFIX as SLASH_PREFIX
    from focusmesh.kernel.state.key_space import STATEMENT_KEY as STATEMENT_KEY
    from focusmesh.kernel.state.key_space import SUPPLY_KEY as SUPPLY_KEY
    from focusmesh.kernel.state.key_space import VALIDATOR_PREFIX as VALIDATOR_PREFIX
    from focusmesh.kernel.state.links.history import Past as Past
    from focusmesh.kernel.state.links.links import LINK_KEY_BYTES as LINK_KEY_BYTES
    from focusmesh.kernel.state.links.links import AxonArrays as AxonArrays
    from focusmesh.kernel.state.links.links import LinkArrays as LinkArrays
    from focusmesh.kernel.state.links.links import LinkTable as LinkTable
    from focusmesh.kernel.state.links.links import RowChanges as RowChanges
    from focusmesh.kernel.state.links.row import Row as Row
    from focusmesh.kernel.state.links.row import entries_of as entries_of
    from focusmesh.kernel.state.merkle import MerkleTree as MerkleTree
    from focusmesh.kernel.state.merkle import merkle_root as merkle_root
    from focusmesh.kernel.state.merkle import verify_inclusion as verify_inclusion
    from focusmesh.kernel.state.overlay import NO_RELATION as NO_RELATION
    from focusmesh.kernel.state.overlay import StateOverlay as StateOverlay
    from focusmesh.kernel.state.overlay import link_key as link_key
    from focusmesh.kernel.state.particles import NOT_FOUND as NOT_FOUND
    from focusmesh.kernel.state.particles import Particles as Particles
    from focusmesh.kernel.state.rows.proof import AUTHORS as AUTHORS
    from focusmesh.kernel.state.rows.proof import WEIGHTS as WEIGHTS
    from focusmesh.kernel.state.rows.proof import PageProof as PageProof
    from focusmesh.kernel.state.rows.proof import RowValue as RowValue
    from focusmesh.kernel.state.rows.proof import subtree as subtree
    from focusmesh.kernel.state.rows.proof import verify_authors as verify_authors
    from focusmesh.kernel.state.rows.proof import verify_axon as verify_axon
    from focusmesh.kernel.state.rows.proof import verify_link as verify_link
    from focusmesh.kernel.state.rows.proof import verify_weights as verify_weights
    from focusmesh.kernel.state.snapshot.links import PageLinks as PageLinks
    from focusmesh.kernel.state.snapshot.page_cuts import LONG_ROW_LINKS as LONG_ROW_LINKS
    from focusmesh.kernel.state.snapshot.page_cuts import LeafTable as LeafTable
    from focusmesh.kernel.state.snapshot.page_cuts import PageOfLeaves as PageOfLeaves
    from focusmesh.kernel.state.snapshot.page_cuts import Span as Span
    from focusmesh.kernel.state.snapshot.page_cuts import cut as cut
    from focusmesh.kernel.state.snapshot.page_cuts import decode_cut as decode_cut
    from focusmesh.kernel.state.snapshot.page_cuts import encode_cut as encode_cut
    from focusmesh.kernel.state.snapshot.page_cuts import root_of_cut as root_of_cut
    from focusmesh.kernel.state.snapshot.page_reader import PageReader as PageReader
    from focusmesh.kernel.state.snapshot.pages import PageMaker as PageMaker
    from focusmesh.kernel.state.snapshot.pages import pack as pack
    from focusmesh.kernel.state.snapshot.pages import take_leaves as take_leaves
    from focusmesh.kernel.state.snapshot.pages import take_part as take_part
    from focusmesh.kernel.state.snapshot.pages import unpack as unpack
    from focusmesh.kernel.state.staking.delegations import Delegation as Delegation
    from focusmesh.kernel.state.staking.delegations import carry_delegation as carry_delegation
    from focusmesh.kernel.state.staking.delegations import delegators_of as delegators_of
    from focusmesh.kernel.state.staking.delegations import read_delegation as read_delegation
    from focusmesh.kernel.state.staking.delegations import validators_of as validators_of
    from focusmesh.kernel.state.staking.exits import read_exit as read_exit
    from focusmesh.kernel.state.staking.leaves import EndState as EndState
    from focusmesh.kernel.state.staking.leaves import move_held as move_held
    from focusmesh.kernel.state.staking.moves import claim as claim
    from focusmesh.kernel.state.staking.moves import delegate as delegate
    from focusmesh.kernel.state.staking.moves import redelegate as redelegate
    from focusmesh.kernel.state.staking.moves import undelegate as undelegate
    from focusmesh.kernel.state.staking.penalties import Conviction as Conviction
    from focusmesh.kernel.state.staking.penalties import note_last_stake as note_last_stake
    from focusmesh.kernel.state.staking.penalties import penalty_part as penalty_part
    from focusmesh.kernel.state.staking.penalties import punish_validator as punish_validator
    from focusmesh.kernel.state.staking.penalties import read_convictions as read_convictions
    from focusmesh.kernel.state.staking.pools import Pool as Pool
    from focusmesh.kernel.state.staking.pools import pool_account as pool_account
    from focusmesh.kernel.state.staking.pools import put_pool as put_pool
    from focusmesh.kernel.state.staking.pools import read_pool as read_pool
    from focusmesh.kernel.state.staking.pools import read_pools as read_pools
    from focusmesh.kernel.state.staking.presence import Presence as Presence
    from focusmesh.kernel.state.staking.presence import jail_absent as jail_absent
    from focusmesh.kernel.state.staking.presence import note_presence as note_presence
    from focusmesh.kernel.state.staking.presence import note_workers as note_workers
    from focusmesh.kernel.state.staking.presence import read_presence as read_presence
    from focusmesh.kernel.state.staking.rewards import StakeEpoch as StakeEpoch
    from focusmesh.kernel.state.staking.rewards import note_votes as note_votes
    from focusmesh.kernel.state.staking.rewards import pay_stake as pay_stake
    from focusmesh.kernel.state.staking.rewards import settle_exits as settle_exits
    from focusmesh.kernel.state.staking.slashes import slash_pool as slash_pool
    from focusmesh.kernel.state.staking.weights import validator_weight as validator_weight
    from focusmesh.kernel.state.staking.weights import weight_limit as weight_limit
    from focusmesh.kernel.state.state import State as State
    from focusmesh.kernel.state.store import STORE_FILES as STORE_FILES
    from focusmesh.kernel.state.store import TABLES as TABLES
    from focusmesh.kernel.state.store import HeldStore as HeldStore
    from focusmesh.kernel.state.store import InspectedStore as InspectedStore
    from focusmesh.kernel.state.store import LayeredStore as LayeredStore
    from focusmesh.kernel.state.store import LmdbStore as LmdbStore
    from focusmesh.kernel.state.store import MemoryStore as MemoryStore
    from focusmesh.kernel.state.store import Reader as Reader
    from focusmesh.kernel.state.store import Store as Store
    from focusmesh.kernel.state.store import Upgraded as Upgraded
    from focusmesh.kernel.state.store import Writer as Writer
    from focusmesh.kernel.state.store import before_upgrade_path as before_upgrade_path
    from focusmesh.kernel.state.store import discard_older as discard_older
    from focusmesh.kernel.state.store import finish_exchange as finish_exchange
    from focusmesh.kernel.state.store import lasting as lasting
    from focusmesh.kernel.state.store import sync_folder as sync_folder
    from focusmesh.kernel.state.store import take_place as take_place
    from focusmesh.kernel.state.store import undo_upgrade as undo_upgrade
    from focusmesh.kernel.state.store import upgrade_store as upgrade_store
    from focusmesh.kernel.state.store import upgrading_path as upgrading_path
    from focusmesh.kernel.state.tree.audit import wrong_node as wrong_node
    from focusmesh.kernel.state.tree.recount import recomputed_root as recomputed_root
    from focusmesh.kernel.state.tree.tree import Tree as Tree
    from focusmesh.kernel.state.view import StateView as StateView
    from focusmesh.kernel.state.votes.agreement_change import SoloKeys as SoloKeys
    from focusmesh.kernel.state.votes.agreement_change import agreement_bytes as agreement_bytes
    from focusmesh.kernel.state.votes.agreement_change import read_agreement as read_agreement
    from focusmesh.kernel.state.votes.agreement_change import (
        waiting_agreement as waiting_agreement,
    )
    from focusmesh.kernel.state.votes.agreement_change import with_agreement as with_agreement
    from focusmesh.kernel.state.votes.deposits import DEPOSIT_ACCOUNT as DEPOSIT_ACCOUNT
    from focusmesh.kernel.state.votes.halts import ShownStatement as ShownStatement
    from focusmesh.kernel.state.votes.halts import read_statement as read_statement
    from focusmesh.kernel.state.votes.laws import EpochEnd as EpochEnd
    from focusmesh.kernel.state.votes.laws import has_news as has_news
    from focusmesh.kernel.state.votes.laws import settle_changes as settle_changes
    from focusmesh.kernel.state.votes.proposals import PROPOSAL_NUMBER_KEY as PROPOSAL_NUMBER_KEY
    from focusmesh.kernel.state.votes.proposals import ChangeProposal as ChangeProposal
    from focusmesh.kernel.state.votes.proposals import ChangeVote as ChangeVote
    from focusmesh.kernel.state.votes.proposals import own_proposal_key as own_proposal_key
    from focusmesh.kernel.state.votes.proposals import proposal_key as proposal_key
    from focusmesh.kernel.state.votes.proposals import read_proposal as read_proposal
    from focusmesh.kernel.state.votes.proposals import read_proposals as read_proposals
    from focusmesh.kernel.state.votes.proposals import read_votes as read_votes
    from focusmesh.kernel.state.votes.proposals import set_proposal_key as set_proposal_key
    from focusmesh.kernel.state.votes.proposals import vote_key as vote_key
    from focusmesh.kernel.state.votes.proposals import vote_value as vote_value
    from focusmesh.kernel.state.votes.recent_values import recent_values as recent_values
    from focusmesh.kernel.state.votes.transition import CHANGE_PARTICLE as CHANGE_PARTICLE
    from focusmesh.kernel.state.votes.transition import CHANGE_PROPERTY as CHANGE_PROPERTY
    from focusmesh.kernel.state.votes.transition import change_version as change_version
    from focusmesh.kernel.state.votes.transition import read_transition as read_transition
    from focusmesh.kernel.state.votes.transition import transition_value as transition_value
    from focusmesh.kernel.state.votes.vote_count import NO_MIGRATION_ROOT as NO_MIGRATION_ROOT
    from focusmesh.kernel.state.votes.vote_count import ChangeCount as ChangeCount
    from focusmesh.kernel.state.votes.vote_count import count_votes as count_votes
    from focusmesh.kernel.state.votes.vote_count import electors_of as electors_of
    from focusmesh.kernel.state.votes.vote_count import is_ready as is_ready
    from focusmesh.kernel.state.votes.vote_count import read_ready as read_ready
    from focusmesh.kernel.state.votes.vote_count import ready_key as ready_key
else:
    __getattr__, __dir__ = lazily(__name__)
