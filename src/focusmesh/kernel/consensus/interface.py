"""What every way to agree offers: a state machine that is told what happened, and says what to do.

Nothing here waits, sends, keeps or reads a clock. ``now`` is in milliseconds of any clock that does not go back.
Effects are carried out in the order of their fields: vote records are durable before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.proposal import Decision, Proposal
    from focusmesh.kernel.consensus.quorum import Certificate, Equivocation, Vote

MESSAGE_BYTES_MAX = 1 << 19
"""The longest notice that an engine writes or reads."""


class VoteRecord(NamedTuple):
    """What a validator must still know after a crash, so that it votes once. Needless when its round is decided.

    Those of a mempool belong to no round (the highest number there is); ``kept`` says which of them matter.
    """

    round: int
    data: bytes


class Message(NamedTuple):
    """Bytes for one validator, or for all of them (``to`` is None)."""

    to: bytes | None
    data: bytes


class ValidationRequest(NamedTuple):
    """Is ``proposal.subject`` a valid block after ``parent``? ``data`` came with it from ``proposer``."""

    digest: bytes
    proposal: Proposal
    parent: bytes
    proposer: bytes
    data: bytes


class LeaderSlot(NamedTuple):
    """A block is wanted for ``height``, after the block ``parent``."""

    round: int
    height: int
    parent: bytes


@dataclass(frozen=True)
class Effects:
    """What is to be done, in this order; none of it may be left out.

    ``conflicts`` are final and yet no successors of what was decided here: more than a third of the weight
    lied. Whoever meets one stops, and proves it with ``accuse``.
    """

    vote_records: tuple[VoteRecord, ...] = ()
    notices: tuple[Message, ...] = ()
    inquiries: tuple[ValidationRequest, ...] = ()
    turns: tuple[LeaderSlot, ...] = ()
    decisions: tuple[Decision, ...] = ()
    conflicts: tuple[Decision, ...] = ()
    evidence: tuple[Equivocation, ...] = ()


class Consensus(Protocol):
    """One epoch of one network, as one of its nodes sees it; a node without a key follows and votes on nothing."""

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due; None while nothing is."""

    def begin(self, now: int) -> Effects:
        """First of all, and once."""

    def tick(self, now: int) -> Effects:
        """Time has passed; too early does nothing."""

    def rouse(self, now: int) -> Effects:
        """There is something to make a block of; until somebody says so, everybody rests."""

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """A notice came from who has proved to be ``sender``. Raises ProofError for what nobody honest sends."""

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        """The answer to a turn: the block is made. Does nothing where the round is over by now."""

    def judge(self, now: int, digest: bytes, good: bool) -> Effects:
        """The answer to a validation request. Who gives none does not vote."""


class Orderer(Consensus, Protocol):
    """What decides which proposal is next, under an engine that fills blocks with batches (``Quorum``)."""

    @property
    def round(self) -> int:
        """Turns of another one are over."""

    @property
    def round_told(self) -> int:
        """The round as people and validators count it: from the beginning of a height that has rounds of its own."""

    @property
    def base(self) -> bytes | None:
        """The proposal that the turn of this round follows; None while there is no turn."""

    @property
    def root(self) -> Proposal:
        """The last decided proposal, or where the epoch begins."""

    @property
    def is_roused(self) -> bool:
        """Whether somebody said, since the last decision, that there is something to decide."""

    def judge(self, now: int, digest: bytes, good: bool, wanted: bool = True) -> Effects:
        """As of ``Consensus``; a good proposal that is not ``wanted`` is followed, and not voted for."""

    def number(self, proposal: Proposal) -> int:
        """By which proposals, turns and vote records are ordered; it rises from one decision to the next."""

    def note_last(self, subject: bytes) -> None:
        """A block says that it ends the epoch: to be told before its proposal is made or judged good."""

    def rest(self, now: int) -> Effects:
        """Nothing is left of what it was roused for."""

    def holds(self, digest: bytes) -> bool:
        """Whether a proposal is known and open: of one that nothing can come of any more nothing is kept."""

    def own_proposal(self, number: int) -> bytes | None:
        """The digest of its own proposal of a round, if it made one that is not decided."""

    def votes_on(self, proposal: Proposal) -> tuple[Vote, ...]:
        """The votes that are kept by which somebody said that a proposal is right; who gives one has carried it out."""

    def certificates(self) -> list[Certificate]:
        """All that it keeps: with those of another validator, what ``accuse`` needs."""
