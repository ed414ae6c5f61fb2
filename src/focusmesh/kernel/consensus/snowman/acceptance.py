"""What a validator of Snowman knows of others' acceptances: votes, proofs against who votes twice, certificates.

A motion's round is its height, so all blocks of one height that are accepted are values of one slot: the ``end_slot``
in which Simplex finalises and ``Solo`` signs. Which of the three a network has is in its genesis, and so in its id,
which every slot has: no vote of one serves in another, and whoever verifies decisions need not know who made them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus.proposal import END, MOVE, Decision, Proposal, end_slot, move_slot
from focusmesh.kernel.consensus.quorum import Ballot, Certificate, Tally, ValidatorSet, Vote
from focusmesh.kernel.consensus.snowman.preference import AHEAD_HEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.consensus.messages import ProposalMessage
    from focusmesh.kernel.consensus.quorum import Equivocation, Slot

BEHIND_HEIGHTS = 16
"""Votes for blocks that were decided so lately are still looked at: who votes twice may do so late."""
TRAIL_HEIGHTS = 1_024
"""Of so many decided heights the certificates are kept, in case that they prove a lie."""


class Acceptances:
    """``root`` is the last decided proposal, ``decision`` what decided it, None where the epoch begins."""

    def __init__(
        self,
        network: bytes,
        epoch: int,
        validator_set: ValidatorSet,
        root: Proposal,
        decision: Decision | None,
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        self.network, self.epoch, self.validator_set = network, epoch, validator_set
        self.root, self.decision = root, decision
        self.evidence: dict[tuple[Slot, bytes], Equivocation] = {}
        self.guilty: dict[bytes, None] = {}
        """Who was proved in this epoch to have signed twice: nobody asks them, nor prefers what they move."""
        self._check = check
        self._tallies: dict[int, Tally] = {}
        self._trail: dict[int, dict[bytes, Certificate]] = {}
        if decision is not None:
            self._note(decision.certificate)

    @property
    def has_open(self) -> bool:
        """Whether somebody accepted a block that is not decided."""
        return any(
            height > self.root.height and tally.signers(self._slot(height))
            for height, tally in self._tallies.items()
        )

    def is_kept(self, epoch: int, height: int) -> bool:
        """Whether what is said of a height is of use."""
        least, most = self.root.height - BEHIND_HEIGHTS, self.root.height + AHEAD_HEIGHTS
        return epoch == self.epoch and least < height <= most

    def add(self, vote: Vote) -> None:
        """Counts it. Raises ProofError ``"vote"`` for one that is none here or is not signed, ``"voter"``."""
        slot, value = vote.ballot
        if slot.network != self.network or slot.step not in (END, MOVE) or not value:
            raise ProofError(
                "vote", f"Snowman has no votes for {value.hex() or 'nothing'} at {slot}"
            )
        if not self.is_kept(slot.height, slot.round):
            return
        tally = self._tallies.get(slot.round)
        if tally is None:
            tally = self._tallies[slot.round] = Tally(self.validator_set, self._check)
        tally.add(vote)
        self.evidence.update(tally.evidence)
        self.guilty.update((validator, None) for _, validator in tally.evidence)

    def add_move(self, tabled: ProposalMessage) -> None:
        """Raises ProofError ``"motion"`` for one that is none here, else as ``add``."""
        proposal, vote = tabled.proposal, tabled.vote
        slot = move_slot(self.network, self.epoch, proposal.height)
        right = (proposal.epoch, proposal.round) == (self.epoch, proposal.height)
        self._check_move(vote, right and vote.ballot == Ballot(slot, proposal.digest(self.network)))
        self.add(vote)

    def _check_move(self, vote: Vote, right: bool) -> None:
        if not right:
            raise ProofError(
                "motion", f"that is not a proposal of {vote.signer.hex()} for one height"
            )
        if not self.validator_set.weight(vote.signer):
            raise ProofError("voter", f"{vote.signer.hex()} is not a validator")
        # A tally looks at no signature of whoever is guilty already.
        if not self._check(vote):
            raise ProofError("vote", f"a proposal of {vote.signer.hex()} is not signed by it")

    def final(self) -> tuple[bytes, Certificate] | None:
        """What a quorum accepted as the next block."""
        height = self.root.height + 1
        tally, slot = self._tallies.get(height), self._slot(height)
        value = None if tally is None else tally.value_with_quorum(slot)
        return None if tally is None or value is None else (value, tally.certificate(slot, value))

    def decide(self, decision: Decision) -> None:
        """The root moves on."""
        self.root, self.decision = decision.proposal, decision
        self._note(decision.certificate)
        least = self.root.height - BEHIND_HEIGHTS
        self._tallies = {at: each for at, each in self._tallies.items() if at > least}
        self.evidence = {key: each for key, each in self.evidence.items() if key[0].round > least}

    def contradicts(self, decision: Decision) -> bool:
        """Whether it excludes what is decided here: another one of its height, or the next one after something else.

        Where proposals between them are unknown, whoever fetches their blocks will see.
        """
        proposal, digest = decision.proposal, decision.certificate.ballot.value
        if proposal.height > self.root.height:
            is_next = proposal.height == self.root.height + 1
            return is_next and proposal.parent != self.root.digest(self.network)
        return any(value != digest for value in self._trail.get(proposal.height, {}))

    def note(self, decision: Decision) -> None:
        """Keeps what proves a lie."""
        self._note(decision.certificate)

    def votes_on(self, proposal: Proposal) -> tuple[Vote, ...]:
        """The votes that say that a proposal is right: of who moved it."""
        tally = self._tallies.get(proposal.height)
        slot = move_slot(self.network, self.epoch, proposal.height)
        return () if tally is None else tally.votes(slot, proposal.digest(self.network))

    def certificates(self) -> list[Certificate]:
        """All that are kept: what ``accuse`` looks through."""
        return [each for found in self._trail.values() for each in found.values()]

    def _note(self, certificate: Certificate) -> None:
        ballot = certificate.ballot
        self._trail.setdefault(ballot.slot.round, {})[ballot.value] = certificate
        while len(self._trail) > TRAIL_HEIGHTS:
            del self._trail[next(iter(self._trail))]

    def _slot(self, height: int) -> Slot:
        return end_slot(self.network, self.epoch, height)
