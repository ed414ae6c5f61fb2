"""What a validator of Simplex knows: votes, certificates and proposals since the last decision. It does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus.proposal import TIME_OUT, Decision, Proposal, data_digest
from focusmesh.kernel.consensus.quorum import Ballot, Certificate, Slot, Tally, ValidatorSet, Vote
from focusmesh.kernel.consensus.round_timer import leader
from focusmesh.kernel.consensus.simplex.rounds import KnownProposals, RoundView
from focusmesh.kernel.consensus.slots import END, NOTARISE

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.consensus.messages import ProposalMessage
    from focusmesh.kernel.consensus.quorum import Equivocation
    from focusmesh.kernel.consensus.slots import VoteSlots

AHEAD_ROUNDS = 64
"""Nothing is kept of rounds that are further ahead: their certificates come again."""
PASSED_ROUNDS = 256
"""Of a round that lies further back, undecided, only certificates are kept, and the proposals that somebody backed."""
TRAIL_ROUNDS = 1_024
"""Of so many decided rounds the certificates are kept, in case that they prove a lie."""
_NOTHING = data_digest(b"")


class Knowledge:
    """``root`` is the last decided proposal, ``current`` the round that the validator is in."""

    def __init__(
        self,
        slots: VoteSlots,
        validator_set: ValidatorSet,
        root: Proposal,
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        self.network, self.epoch, self.slots = slots.network, slots.epoch, slots
        self.validator_set = validator_set
        self.proposals = KnownProposals()
        self.rounds: dict[int, RoundView] = {}
        self.root = root
        self.root_digest = root.digest(slots.network)
        self.decision: Decision | None = None
        self.current = root.round + 1
        self.evidence: dict[bytes, Equivocation] = {}
        """A proof against each validator that voted twice: its first one, as one takes the whole bond."""
        self._check = check
        self._no_votes = Tally(validator_set, check)
        self._trail: dict[int, list[Certificate]] = {}

    def view(self, number: int) -> RoundView:
        """Of a round above the root."""
        found = self.rounds.get(number)
        if found is None:
            found = RoundView(number, self.leader(number), Tally(self.validator_set, self._check))
            self.rounds[number] = found
        return found

    def leader(self, number: int) -> bytes:
        """Whose proposal a round has."""
        return leader(self.validator_set, self.network, self.epoch, self.slots.number(number))

    def is_kept(self, epoch: int, number: int) -> bool:
        """Whether what is said of a round is of use: it is neither decided, nor far ahead, nor of another epoch."""
        return epoch == self.epoch and self.root.round < number <= self.current + AHEAD_ROUNDS

    def add_vote(self, vote: Vote) -> None:
        """Counts it. Raises ProofError as ``Tally.add``, ``"vote"`` for a slot or value that Simplex does not have."""
        slot = vote.ballot.slot
        self.check_ballot(vote.ballot)
        if self.is_kept(slot.height, slot.round):
            self.count(vote)

    def count(self, vote: Vote) -> None:
        """Counts a vote of this epoch, however far ahead: one of our own, after a restart. Raises as ``Tally.add``."""
        slot = vote.ballot.slot
        view = self.view(slot.round)
        if view.is_closed or not view.tally.add(vote):
            return
        self._note_evidence(view)
        if view.tally.has_quorum(slot, vote.ballot.value):
            self._settle(view, slot, vote.ballot.value)

    def add_certificate(self, certificate: Certificate) -> None:
        """Takes it and its votes. Raises ProofError as ``Certificate.verify`` and ``add_vote``."""
        ballot = certificate.ballot
        self.check_ballot(ballot)
        if not self.is_kept(ballot.slot.height, ballot.slot.round) or self._has(ballot):
            return
        certificate.verify(self.validator_set)
        view = self.view(ballot.slot.round)
        self._keep(view, certificate)
        if view.is_closed:
            return
        for validator, signature in certificate.signatures:
            view.tally.add(Vote(ballot, validator, signature))
        self._note_evidence(view)
        if self._is_passed(view):
            view.close(self._no_votes)

    def add_proposal(self, tabled: ProposalMessage) -> None:
        """Holds it if it is the leader's first, or a quorum voted for it.

        Raises ProofError ``"motion"`` for one of somebody else, or as ``add_vote``.
        """
        proposal, vote = tabled.proposal, tabled.vote
        if not self.is_kept(proposal.epoch, proposal.round):
            return
        view, digest = self.view(proposal.round), proposal.digest(self.network)
        slot = self.slots.notarise(proposal.round)
        if vote.signer != view.leader or vote.ballot != Ballot(slot, digest):
            raise ProofError("motion", f"{vote.signer.hex()} does not lead round {proposal.round}")
        self.add_vote(vote)
        for certificate in tabled.shown:
            self.add_certificate(certificate)
        self.hold(tabled)

    def hold(self, tabled: ProposalMessage) -> None:
        """The leader's first of a round, until the round is long passed; one that somebody backed, until a decision."""
        proposal = tabled.proposal
        view, digest = self.view(proposal.round), proposal.digest(self.network)
        if view.first is None:
            view.first = digest
        is_first = digest == view.first and not self._is_passed(view)
        if is_first or digest in view.endorsements() or digest in self._ancestors():
            self.proposals.held.setdefault(digest, tabled._replace(shown=()))

    def leave(self) -> None:
        """Goes on to the next round, and lets go of what is of no use in the one PASSED_ROUNDS back. O(rounds)."""
        self.current += 1
        view = self.rounds.get(self.current - PASSED_ROUNDS)
        if view is None:
            return
        view.close(self._no_votes)
        first = view.first
        if (
            first is not None
            and first not in view.endorsements()
            and first not in self._ancestors()
        ):
            self.proposals.let_go(first)

    def proposal(self, digest: bytes) -> Proposal | None:
        """A proposal that is known, the root among them."""
        if digest == self.root_digest:
            return self.root
        held = self.proposals.held.get(digest)
        return None if held is None else held.proposal

    def is_good(self, digest: bytes) -> bool:
        """Whether the root, or judged to be a good block."""
        return digest == self.root_digest or self.proposals.good.get(digest, False)

    def base(self, number: int) -> bytes | None:
        """The proposal that a leader's proposal in a round can follow: the last one that is notarised and good.

        None where it has first to hear more.
        """
        for before in range(number - 1, self.root.round, -1):
            view = self.view(before)
            good = next((digest for digest in view.notarised if self.is_good(digest)), None)
            if good is not None:
                return good
            if view.timed_out is None:
                return None
        return self.root_digest

    def is_justified(self, proposal: Proposal) -> bool:
        """Whether its parent is notarised, and every round between them has a time-out certificate."""
        parent = self.proposal(proposal.parent)
        if parent is None or parent.round >= proposal.round:
            return False
        notarised = proposal.parent == self.root_digest or (
            proposal.parent in self.view(parent.round).notarised
        )
        between = range(parent.round + 1, proposal.round)
        return notarised and all(self.view(each).timed_out is not None for each in between)

    def shown_for(self, proposal: Proposal) -> list[Certificate]:
        """What justifies a proposal of ours, the newest first; nothing where we forgot (a crash) what it follows."""
        parent = self.proposal(proposal.parent)
        if parent is None:
            return []
        found = []
        for number in range(proposal.round - 1, parent.round, -1):
            timed_out = self.view(number).timed_out
            if timed_out is not None:
                found.append(timed_out)
        if proposal.parent != self.root_digest:
            found.extend(self.view(parent.round).notarised.values())
        return found

    def missing_proposals(self) -> list[bytes]:
        """Those that a quorum voted for, or that such a one follows, and that are not here."""
        voted = [
            digest
            for number in sorted(self.rounds)
            for digest in {**self.rounds[number].notarised, **self.rounds[number].final}
        ]
        followed = self.proposals.ancestors(voted) - {self.root_digest, *voted}
        return [each for each in (*voted, *sorted(followed)) if each not in self.proposals.held]

    def lacking_rounds(self) -> list[int]:
        """Those of which a certificate is missing for the proposal of the current round."""
        first = self.view(self.current).first
        if first is None:
            return []
        proposal = self.proposals.held[first].proposal
        parent = self.proposal(proposal.parent)
        if parent is None:
            return list(range(self.root.round + 1, proposal.round))[-AHEAD_ROUNDS:]
        return [
            each
            for each in range(max(parent.round, self.root.round + 1), proposal.round)
            if (each == parent.round and proposal.parent not in self.view(each).notarised)
            or (each > parent.round and self.view(each).timed_out is None)
        ]

    def votes_on(self, proposal: Proposal) -> tuple[Vote, ...]:
        """The votes that say that an open proposal is right: its leader's own, and those to notarise it."""
        view = self.rounds.get(proposal.round)
        slot = self.slots.notarise(proposal.round)
        return () if view is None else view.tally.votes(slot, proposal.digest(self.network))

    def newest_final(self) -> Decision | None:
        """The last proposal above the root that is known and that a quorum finalised."""
        for number in sorted(self.rounds, reverse=True):
            for digest, certificate in self.rounds[number].final.items():
                proposal = self.proposal(digest)
                if proposal is not None:
                    return Decision(proposal, certificate)
        return None

    def decide(self, decision: Decision) -> None:
        """The root moves on; everything up to it is let go."""
        self.decision, self.root = decision, decision.proposal
        self.root_digest = decision.proposal.digest(self.network)
        self.proposals.forget(decision.proposal.round)
        self.note(decision.certificate)
        for number in [each for each in sorted(self.rounds) if each <= decision.proposal.round]:
            view = self.rounds.pop(number)
            self.note(*view.certificates(), *view.final.values())
        self.current = max(self.current, decision.proposal.round + 1)

    def note(self, *certificates: Certificate) -> None:
        """Keeps what may once prove a lie, of as many rounds as TRAIL_ROUNDS."""
        for certificate in certificates:
            self._trail.setdefault(certificate.ballot.slot.round, []).append(certificate)
        while len(self._trail) > TRAIL_ROUNDS:
            del self._trail[next(iter(self._trail))]

    def certificates(self) -> list[Certificate]:
        """All that are kept, of decided rounds and open ones: what ``accuse`` looks through."""
        kept = [each for found in self._trail.values() for each in found]
        for view in self.rounds.values():
            kept.extend((*view.certificates(), *view.final.values()))
        return kept

    def contradicts(self, proposal: Proposal) -> bool:
        """Whether a final proposal above the root's round is known not to follow the root.

        Where proposals between them are unknown, whoever fetches their blocks will see. The last block of an epoch may
        be named by several in a row, which carry nothing: what is unknown before one of those may name it too.
        """
        before: Proposal = proposal
        while before.height > self.root.height and before.parent != self.root_digest:
            parent = self.proposal(before.parent)
            if parent is None:
                return before.height == self.root.height + 1 and before.data != _NOTHING
            before = parent
        follows = before.parent == self.root_digest or before.subject == self.root.subject
        return before.height < self.root.height or not follows

    def check_ballot(self, ballot: Ballot) -> None:
        """Raises ProofError ``"vote"`` for a slot or value that there is not here."""
        slot, value = ballot
        step = self.slots._replace(epoch=slot.height).step(slot)
        if step not in (NOTARISE, END) or (step == NOTARISE and value == TIME_OUT):
            raise ProofError(
                "vote", f"Simplex has no votes for {value.hex() or 'nothing'} at {slot}"
            )

    @property
    def final_number(self) -> int:
        """What a validator says of where its last decision is."""
        return self.root.round

    def restore(self, tabled: ProposalMessage) -> None:
        """What this validator voted for before it was started again."""
        self.count(tabled.vote)
        self.hold(tabled)

    @property
    def has_open(self) -> bool:
        """Whether something is notarised and not decided."""
        return any(view.notarised for view in self.rounds.values())

    def _has(self, ballot: Ballot) -> bool:
        view, value = self.view(ballot.slot.round), ballot.value
        if self.slots.step(ballot.slot) == NOTARISE:
            return value in view.notarised
        return view.timed_out is not None if value == TIME_OUT else value in view.final

    def _settle(self, view: RoundView, slot: Slot, value: bytes) -> None:
        if not self._has(Ballot(slot, value)):
            self._keep(view, view.tally.certificate(slot, value))
            if self._is_passed(view):
                view.close(self._no_votes)

    def _keep(self, view: RoundView, certificate: Certificate) -> None:
        slot, value = certificate.ballot
        if self.slots.step(slot) == NOTARISE:
            view.notarised[value] = certificate
        elif value == TIME_OUT:
            view.timed_out = certificate
        else:
            view.final[value] = certificate

    def _is_passed(self, view: RoundView) -> bool:
        return view.number <= self.current - PASSED_ROUNDS

    def _ancestors(self) -> set[bytes]:
        """What backed proposals follow: a quorum voted for each of them, whether that is known here or not."""
        backed = (each for view in self.rounds.values() for each in view.endorsements())
        return self.proposals.ancestors(backed)

    def _note_evidence(self, view: RoundView) -> None:
        for (_, validator), proof in view.tally.evidence.items():
            self.evidence.setdefault(validator, proof)
