"""The book of a validator's votes and the ledger that it belongs to: each names the other, so a lost one is noticed.

May import: focusmesh.kernel.block, focusmesh.errors and the modules of replication. Start reading at completeness.py.
"""

from __future__ import annotations

from focusmesh.kernel.node.voting.votes.completeness import NEVER as NEVER
from focusmesh.kernel.node.voting.votes.completeness import UNKNOWN as UNKNOWN
from focusmesh.kernel.node.voting.votes.completeness import begin_book as begin_book
from focusmesh.kernel.node.voting.votes.completeness import bind as bind
from focusmesh.kernel.node.voting.votes.completeness import mark_new as mark_new
from focusmesh.kernel.node.voting.votes.completeness import mark_unknown as mark_unknown
from focusmesh.kernel.node.voting.votes.completeness import why_incomplete as why_incomplete
from focusmesh.kernel.node.voting.votes.permission import VotePermission as VotePermission
from focusmesh.kernel.node.voting.votes.recovery import Report as Report
from focusmesh.kernel.node.voting.votes.recovery import apply_recovery as apply_recovery
from focusmesh.kernel.node.voting.votes.recovery import combine_votes as combine_votes
from focusmesh.kernel.node.voting.votes.recovery import make_report as make_report
from focusmesh.kernel.node.voting.votes.recovery import sign_start as sign_start
from focusmesh.kernel.node.voting.votes.recovery import start_of as start_of
