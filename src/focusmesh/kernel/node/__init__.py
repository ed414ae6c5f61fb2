"""The node of a network: takes signals, makes or follows blocks, and serves what it has to its peers.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.node.executors import AtOnce as AtOnce
    from focusmesh.kernel.node.executors import Workers as Workers
    from focusmesh.kernel.node.mempool import Mempool as Mempool
    from focusmesh.kernel.node.mempool import MempoolLimits as MempoolLimits
    from focusmesh.kernel.node.mempool import NoUsers as NoUsers
    from focusmesh.kernel.node.peers import PeerLimits as PeerLimits
    from focusmesh.kernel.node.peers import Peers as Peers
    from focusmesh.kernel.node.peers import fresh_scores as fresh_scores
    from focusmesh.kernel.node.producer import PATIENCE_MS as PATIENCE_MS
    from focusmesh.kernel.node.producer import Producer as Producer
    from focusmesh.kernel.node.recent_signals import RecentSignals as RecentSignals
    from focusmesh.kernel.node.replica import AgreedParts as AgreedParts
    from focusmesh.kernel.node.replica import Replica as Replica
    from focusmesh.kernel.node.replica import ReplicaSettings as ReplicaSettings
    from focusmesh.kernel.node.replica import ReplicaStatus as ReplicaStatus
    from focusmesh.kernel.node.signal_status import BLOCK_BYTES as BLOCK_BYTES
    from focusmesh.kernel.node.signal_status import next_nonce as next_nonce
    from focusmesh.kernel.node.signal_status import outcomes as outcomes
    from focusmesh.kernel.node.signal_status import portion_bytes as portion_bytes
    from focusmesh.kernel.node.squares import PeerSquares as PeerSquares
    from focusmesh.kernel.node.sync.join import NetworkJoin as NetworkJoin
    from focusmesh.kernel.node.voting.agreement import AgreementSettings as AgreementSettings
    from focusmesh.kernel.node.voting.agreement import AgreementStatus as AgreementStatus
    from focusmesh.kernel.node.voting.finality import FINALITY_BUCKETS as FINALITY_BUCKETS
    from focusmesh.kernel.node.voting.finality import FINALITY_STAGES as FINALITY_STAGES
    from focusmesh.kernel.node.voting.finality import Finality as Finality
    from focusmesh.kernel.node.voting.vote_records import VoteLog as VoteLog
    from focusmesh.kernel.node.voting.votes import Report as Report
    from focusmesh.kernel.node.voting.votes import apply_recovery as apply_recovery
    from focusmesh.kernel.node.voting.votes import begin_book as begin_book
    from focusmesh.kernel.node.voting.votes import combine_votes as combine_votes
    from focusmesh.kernel.node.voting.votes import make_report as make_report
    from focusmesh.kernel.node.voting.votes import mark_new as mark_new
    from focusmesh.kernel.node.voting.votes import mark_unknown as mark_unknown
    from focusmesh.kernel.node.voting.votes import sign_start as sign_start
    from focusmesh.kernel.node.voting.votes import start_of as start_of
else:
    __getattr__, __dir__ = lazily(__name__)
