"""Consensus: engines that agree on one chain of blocks, votes and certificates they do it with, proofs against liars.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.kernel.consensus.accountability import accuse as accuse
from focusmesh.kernel.consensus.batched import BatchedEngine as BatchedEngine
from focusmesh.kernel.consensus.decision_chain import Follower as Follower
from focusmesh.kernel.consensus.decision_chain import TrustTerms as TrustTerms
from focusmesh.kernel.consensus.interface import MESSAGE_BYTES_MAX as MESSAGE_BYTES_MAX
from focusmesh.kernel.consensus.interface import Consensus as Consensus
from focusmesh.kernel.consensus.interface import Effects as Effects
from focusmesh.kernel.consensus.interface import LeaderSlot as LeaderSlot
from focusmesh.kernel.consensus.interface import Message as Message
from focusmesh.kernel.consensus.interface import Orderer as Orderer
from focusmesh.kernel.consensus.interface import ValidationRequest as ValidationRequest
from focusmesh.kernel.consensus.interface import VoteRecord as VoteRecord
from focusmesh.kernel.consensus.lanes.batches import BATCH_BYTES_MAX as BATCH_BYTES_MAX
from focusmesh.kernel.consensus.lanes.batches import SignalBatch as SignalBatch
from focusmesh.kernel.consensus.lanes.batches import Tip as Tip
from focusmesh.kernel.consensus.lanes.batches import in_order as in_order
from focusmesh.kernel.consensus.lanes.cuts import Cut as Cut
from focusmesh.kernel.consensus.lanes.mempool import BatchPool as BatchPool
from focusmesh.kernel.consensus.proposal import Anchor as Anchor
from focusmesh.kernel.consensus.proposal import Decision as Decision
from focusmesh.kernel.consensus.proposal import Proposal as Proposal
from focusmesh.kernel.consensus.proposal import data_digest as data_digest
from focusmesh.kernel.consensus.proposal import end_slot as end_slot
from focusmesh.kernel.consensus.quorum import VOTE_DOMAIN as VOTE_DOMAIN
from focusmesh.kernel.consensus.quorum import Ballot as Ballot
from focusmesh.kernel.consensus.quorum import Certificate as Certificate
from focusmesh.kernel.consensus.quorum import Equivocation as Equivocation
from focusmesh.kernel.consensus.quorum import Slot as Slot
from focusmesh.kernel.consensus.quorum import Tally as Tally
from focusmesh.kernel.consensus.quorum import ValidatorSet as ValidatorSet
from focusmesh.kernel.consensus.quorum import Vote as Vote
from focusmesh.kernel.consensus.quorum import conflicts as conflicts
from focusmesh.kernel.consensus.quorum import guilty_weight as guilty_weight
from focusmesh.kernel.consensus.recovery import Recovery as Recovery
from focusmesh.kernel.consensus.recovery import Start as Start
from focusmesh.kernel.consensus.recovery import epoch_of_number as epoch_of_number
from focusmesh.kernel.consensus.recovery import order_of_number as order_of_number
from focusmesh.kernel.consensus.recovery import turn_of_number as turn_of_number
from focusmesh.kernel.consensus.recovery import vote_number as vote_number
from focusmesh.kernel.consensus.round_timer import Pace as Pace
from focusmesh.kernel.consensus.simplex.simplex import Simplex as Simplex
from focusmesh.kernel.consensus.slots import ANY_ENGINE as ANY_ENGINE
from focusmesh.kernel.consensus.slots import END as END
from focusmesh.kernel.consensus.slots import MOVE as MOVE
from focusmesh.kernel.consensus.slots import NOTARISE as NOTARISE
from focusmesh.kernel.consensus.slots import QUORUM_ENGINE as QUORUM_ENGINE
from focusmesh.kernel.consensus.slots import SNOWMAN_ENGINE as SNOWMAN_ENGINE
from focusmesh.kernel.consensus.slots import SlotName as SlotName
from focusmesh.kernel.consensus.slots import VoteSlots as VoteSlots
from focusmesh.kernel.consensus.snowman.snowflake import SnowflakeParams as SnowflakeParams
from focusmesh.kernel.consensus.snowman.snowflake import safety_error as safety_error
from focusmesh.kernel.consensus.snowman.snowman import Snowman as Snowman
from focusmesh.kernel.consensus.snowman.two_phases import TwoPhaseSnowman as TwoPhaseSnowman
from focusmesh.kernel.consensus.solo import Solo as Solo
from focusmesh.kernel.consensus.statement import HALT as HALT
from focusmesh.kernel.consensus.statement import RESUME as RESUME
from focusmesh.kernel.consensus.statement import Statement as Statement
from focusmesh.kernel.consensus.statement import StatementText as StatementText
