"""One key decides: every proposal of it is final at once. For networks that trust who runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.interface import MESSAGE_BYTES_MAX, Effects, LeaderSlot, Message
from focusmesh.kernel.consensus.proposal import Decision, Proposal, data_digest, end_slot
from focusmesh.kernel.consensus.quorum import Ballot, Certificate, ValidatorSet, Vote
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.proposal import Anchor
    from focusmesh.protocol.identity import SigningKey


class Solo:
    """The engine of ``proposer``'s network; whoever has its key as ``signing`` moves, all others follow.

    Nobody votes, so nothing is asked before it is decided: who follows checks the block as it takes it. A proposer that
    forgot what it decided (an old disk) and decides otherwise leaves two certificates for one slot, which is a proof.
    """

    deadline: int | None = None

    def __init__(
        self, network: bytes, proposer: bytes, root: Anchor, signing: SigningKey | None = None
    ) -> None:
        """Raises ProofError ``"validator_set"`` where ``signing`` is another key than ``proposer``."""
        if signing is not None and signing.public != proposer:
            raise ProofError("electorate", "this key is not the one that decides")
        self.validator_set = ValidatorSet({proposer: 1})
        self._network = network
        self._signing = signing
        self._tip = root.proposal(0)._replace(round=root.height)

    def begin(self, now: int) -> Effects:
        """Nothing is done unasked."""
        return Effects()

    def tick(self, now: int) -> Effects:
        """Time changes nothing."""
        return Effects()

    def rouse(self, now: int) -> Effects:
        """The proposer's turn, as often as it is asked for until there is a block."""
        if self._signing is None:
            return Effects()
        height = self._tip.height + 1
        return Effects(turns=(LeaderSlot(height, height, self._tip.subject),))

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        """The block is decided; its round is its height."""
        signing = self._signing
        if signing is None or round_ != self._tip.height + 1:
            return Effects()
        parent = self._tip.digest(self._network)
        proposal = Proposal(0, round_, round_, parent, subject, data_digest(data))
        ballot = Ballot(end_slot(self._network, 0, round_), proposal.digest(self._network))
        vote = Vote.sign(ballot, signing)
        decision = Decision(proposal, Certificate(ballot, ((vote.signer, vote.signature),)))
        self._tip = proposal
        notice = Message(None, encode([decision.to_bytes(), data]))
        return Effects(notices=(notice,), decisions=(decision,))

    def judge(self, now: int, digest: bytes, good: bool) -> Effects:
        """Nothing was asked."""
        return Effects()

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """A decision of the proposer, whoever brings it. Raises ProofError ``"notice"``, or as ``Decision.verify``."""
        decision = self._read(data)
        if decision.proposal.height <= self._tip.height:
            return Effects()
        decision.verify(self._network, self.validator_set)
        self._tip = decision.proposal
        return Effects(decisions=(decision,))

    def _read(self, data: bytes) -> Decision:
        try:
            if len(data) > MESSAGE_BYTES_MAX:
                raise CodecError("too many bytes")
            decided, carried = decode(data)
            if {type(decided), type(carried)} != {bytes}:
                raise CodecError("a decision and its data must be bytes")
            decision = Decision.from_bytes(decided)
            if decision.proposal.data != data_digest(carried):
                raise CodecError("the data does not belong to the decision")
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise ProofError(
                "notice", f"these bytes are not a message of validators: {error}"
            ) from error
        return decision
