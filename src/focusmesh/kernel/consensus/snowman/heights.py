"""What is known of the votes of each height, where samples choose what is notarised and Simplex decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus.proposal import TIME_OUT, Anchor
from focusmesh.kernel.consensus.quorum import Ballot, Tally, Vote
from focusmesh.kernel.consensus.simplex.knowledge import Knowledge
from focusmesh.kernel.consensus.simplex.rounds import KnownProposals, RoundView
from focusmesh.kernel.consensus.slots import END, MOVE, SNOWMAN_ENGINE, SlotName, VoteSlots
from focusmesh.kernel.consensus.snowman.acceptance import (
    BEHIND_HEIGHTS,
    TRAIL_HEIGHTS,
    Acceptances,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.consensus.messages import ProposalMessage
    from focusmesh.kernel.consensus.proposal import Decision, Proposal
    from focusmesh.kernel.consensus.quorum import Certificate, ValidatorSet


def anchor_block(proposal: Proposal) -> Proposal:
    """What the next height follows: the same for every proposal that may have decided a block."""
    return Anchor(proposal.height, proposal.subject).proposal(proposal.epoch)


class HeightKnowledge(Knowledge):
    """The rounds of one height. Nobody leads round 0: whoever moves a block there signs it in the move slot."""

    def __init__(
        self,
        slots: VoteSlots,
        validator_set: ValidatorSet,
        root: Proposal,
        check: Callable[[Vote], bool],
        early: Tally | None = None,
    ) -> None:
        """``root`` is an anchor, ``early`` the votes of round 0 that came before it was known."""
        super().__init__(slots, validator_set, root, check)
        # Whatever round decided it, it lies before the first one of this height.
        self.root, self.current = root._replace(round=-1), 0
        tally = Tally(validator_set, check) if early is None else early
        view = self.rounds[0] = RoundView(0, b"", tally)
        self._note_evidence(view)
        for slot in (slots.notarise(0), slots.end(0)):
            value = tally.value_with_quorum(slot)
            if value is not None:
                self._settle(view, slot, value)

    @property
    def height(self) -> int:
        """The height itself."""
        return self.root.height + 1

    @property
    def final_number(self) -> int:
        """The height of the last decision."""
        return self.root.height

    def add_vote(self, vote: Vote) -> None:
        """As of ``Knowledge``; one that moves a block of round 0 is counted for what it proves alone."""
        if vote.ballot.slot != self.slots.move():
            super().add_vote(vote)
        elif self.rounds[0].tally.add(vote):
            self._note_evidence(self.rounds[0])

    def hold(self, tabled: ProposalMessage) -> None:
        """As of ``Knowledge``; of round 0 what is sampled, which is judged there, and what a quorum voted for."""
        if tabled.proposal.round:
            super().hold(tabled)
            return
        self.proposals.held.setdefault(tabled.proposal.digest(self.network), tabled)

    def restore(self, tabled: ProposalMessage) -> None:
        """As of ``Knowledge``."""
        if tabled.proposal.round:
            super().restore(tabled)
        else:
            self.hold(tabled)

    def contents(self, proposal: Proposal) -> bytes | None:
        """A proposal of round 0 or later that was judged, and is of the same block behind the same parent."""
        for digest, held in self.proposals.held.items():
            if held.proposal[2:] == proposal[2:] and digest in self.proposals.good:
                return digest
        return None

    def close(self) -> None:
        """The height is decided: votes still come, and may prove a lie."""
        self.proposals = KnownProposals()


class HeightVotes(Acceptances):
    """Those of the next height are in ``open``. ``root`` is the last decided proposal, as of ``Acceptances``."""

    def __init__(
        self,
        network: bytes,
        epoch: int,
        validator_set: ValidatorSet,
        root: Proposal,
        decision: Decision | None,
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        super().__init__(network, epoch, validator_set, root, decision, check)
        self._past: dict[int, HeightKnowledge] = {}
        self._subjects = {root.height: root.subject}
        self.open = self._begin()

    @property
    def has_open(self) -> bool:
        """Whether something is notarised and not decided."""
        return self.open.has_open

    def slots(self, height: int) -> VoteSlots:
        """Those of a height. Raises ProofError ``"vote"`` for one too high."""
        return VoteSlots.of(SNOWMAN_ENGINE, self.network, self.epoch, height)

    def add(self, vote: Vote) -> None:
        """Counts it. Raises ProofError ``"vote"`` for one that is none here or is not signed, ``"voter"``."""
        height, slot = self.height_of(vote.ballot), vote.ballot.slot
        if not self.is_kept(slot.height, height):
            return
        if height > self.open.height:
            if slot.round == 0:
                early = self._tallies.setdefault(height, Tally(self.validator_set, self._check))
                early.add(vote)
            return
        known = self.open if height == self.open.height else self._past.get(height)
        if known is not None:
            known.add_vote(vote)
            self._note_guilty(known)

    def add_move(self, tabled: ProposalMessage) -> None:
        """Raises ProofError ``"motion"`` for one that is none of round 0, else as ``add``."""
        proposal, vote = tabled.proposal, tabled.vote
        ballot = Ballot(self.slots(proposal.height).move(), proposal.digest(self.network))
        right = (proposal.epoch, proposal.round) == (self.epoch, 0)
        self._check_move(vote, right and vote.ballot == ballot)
        self.add(vote)

    def add_proposal(self, tabled: ProposalMessage) -> None:
        """One of a later round of the next height. Raises ProofError as ``Knowledge.add_proposal``."""
        if tabled.proposal.height == self.open.height:
            self.open.add_proposal(tabled)
            self._note_guilty(self.open)

    def add_certificate(self, certificate: Certificate) -> None:
        """One of the next height. Raises ProofError as ``Knowledge.add_certificate``."""
        if self.height_of(certificate.ballot) == self.open.height:
            self.open.add_certificate(certificate)
            self._note_guilty(self.open)

    def height_of(self, ballot: Ballot) -> int:
        """That whose slot it is. Raises ProofError ``"vote"``."""
        slot, value = ballot
        name = SlotName.read(slot.step)
        is_here = slot.network == self.network and name.engine == SNOWMAN_ENGINE
        allowed = name.step == END or (value != TIME_OUT and (name.step != MOVE or not slot.round))
        if not is_here or name.height is None or not allowed:
            raise ProofError(
                "vote", f"Snowman has no votes for {value.hex() or 'nothing'} at {slot}"
            )
        return name.height

    def decide(self, decision: Decision) -> None:
        """The root moves on, and the rounds of the next height begin."""
        done, height = self.open, decision.proposal.height
        self.root, self.decision = decision.proposal, decision
        self._subjects[height] = decision.proposal.subject
        for certificate in done.certificates():
            self._note(certificate)
        self._note(decision.certificate)
        done.close()
        self._past[done.height] = done
        least = height - BEHIND_HEIGHTS
        self._past = {at: each for at, each in self._past.items() if at > least}
        self.open = self._begin()
        self._tallies = {at: each for at, each in self._tallies.items() if at > height + 1}

    def contradicts(self, decision: Decision) -> bool:
        """Whether it excludes what is decided here: another block of its height, or the next one after another.

        Where the proposal that it follows is unknown, whoever fetches its block will see.
        """
        proposal = decision.proposal
        if proposal.height <= self.root.height:
            return proposal.subject != self._subjects.get(proposal.height, proposal.subject)
        before: Proposal | None = proposal
        while before is not None and before.round and before.parent != self.open.root_digest:
            before = self.open.proposal(before.parent)
        is_next = proposal.height == self.root.height + 1
        return is_next and before is not None and before.parent != self.open.root_digest

    def votes_on(self, proposal: Proposal) -> tuple[Vote, ...]:
        """The votes that say that a proposal is right: of who moved it, and those to notarise it."""
        is_next = proposal.height == self.open.height
        known = self.open if is_next else self._past.get(proposal.height)
        view = None if known is None else known.rounds.get(proposal.round)
        if known is None or view is None:
            return ()
        moved = [] if proposal.round else [known.slots.move()]
        slots = *moved, known.slots.notarise(proposal.round)
        digest = proposal.digest(self.network)
        return tuple(vote for slot in slots for vote in view.tally.votes(slot, digest))

    def certificates(self) -> list[Certificate]:
        """All that are kept: what ``accuse`` looks through."""
        past = [each for known in self._past.values() for each in known.certificates()]
        return [*super().certificates(), *past, *self.open.certificates()]

    def _begin(self) -> HeightKnowledge:
        height = self.root.height + 1
        early = self._tallies.pop(height, None)
        given = self.slots(height), self.validator_set, anchor_block(self.root), self._check
        begun = HeightKnowledge(*given, early)
        self._note_guilty(begun)
        return begun

    def _note_guilty(self, known: HeightKnowledge) -> None:
        for validator, proof in known.evidence.items():
            if validator not in self.guilty:
                self.guilty[validator] = None
                self.evidence[proof.first.ballot.slot, validator] = proof

    def _note(self, certificate: Certificate) -> None:
        height = SlotName.read(certificate.ballot.slot.step).height or 0
        self._trail.setdefault(height, {})[certificate.ballot.digest()] = certificate
        while len(self._trail) > TRAIL_HEIGHTS:
            gone = next(iter(self._trail))
            del self._trail[gone]
            self._subjects.pop(gone, None)
