"""What a voter of Simplex knows: votes, certificates and motions since the last decision. It says and does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus.motion import (
    END,
    NOTARISE,
    TIME_OUT,
    Decision,
    Motion,
    notarise_slot,
)
from focusmesh.kernel.consensus.pacing import leader
from focusmesh.kernel.consensus.quorum import Ballot, Certificate, Electorate, Slot, Tally, Vote
from focusmesh.kernel.consensus.rounds import Motions, RoundView

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.consensus.notices import Tabled
    from focusmesh.kernel.consensus.quorum import Equivocation

AHEAD_ROUNDS = 64
"""Nothing is kept of rounds that are further ahead: their certificates come again."""
TRAIL_ROUNDS = 1_024
"""Of so many decided rounds the certificates are kept, in case that they prove a lie."""


class Knowledge:
    """``root`` is the last decided motion, ``current`` the round that the voter is in."""

    def __init__(
        self,
        network: bytes,
        epoch: int,
        electorate: Electorate,
        root: Motion,
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        self.network = network
        self.epoch = epoch
        self.electorate = electorate
        self.motions = Motions()
        self.rounds: dict[int, RoundView] = {}
        self.root = root
        self.root_digest = root.digest(network)
        self.decision: Decision | None = None
        self.current = root.round + 1
        self.evidence: dict[tuple[Slot, bytes], Equivocation] = {}
        self._check = check
        self._trail: dict[int, list[Certificate]] = {}

    def view(self, number: int) -> RoundView:
        """Of a round above the root."""
        found = self.rounds.get(number)
        if found is None:
            first = leader(self.electorate, self.network, self.epoch, number)
            found = RoundView(number, first, Tally(self.electorate, self._check))
            self.rounds[number] = found
        return found

    def is_kept(self, epoch: int, number: int) -> bool:
        """Whether what is said of a round is of use: it is neither decided, nor far ahead, nor of another epoch."""
        return epoch == self.epoch and self.root.round < number <= self.current + AHEAD_ROUNDS

    def add_vote(self, vote: Vote) -> None:
        """Counts it. Raises ProofError as ``Tally.add``, ``"vote"`` for a slot or value that Simplex does not have."""
        slot = vote.ballot.slot
        _check_ballot(vote.ballot, self.network)
        if not self.is_kept(slot.height, slot.round):
            return
        view = self.view(slot.round)
        if not view.tally.add(vote):
            return
        self._note_evidence(view)
        if view.tally.has_quorum(slot, vote.ballot.value):
            self._settle(view, slot, vote.ballot.value)

    def add_certificate(self, certificate: Certificate) -> None:
        """Takes it and its votes. Raises ProofError as ``Certificate.verify`` and ``add_vote``."""
        ballot = certificate.ballot
        _check_ballot(ballot, self.network)
        if not self.is_kept(ballot.slot.height, ballot.slot.round) or self._has(ballot):
            return
        certificate.verify(self.electorate)
        view = self.view(ballot.slot.round)
        self._keep(view, certificate)
        for voter, signature in certificate.signatures:
            view.tally.add(Vote(ballot, voter, signature))
        self._note_evidence(view)

    def add_motion(self, tabled: Tabled) -> None:
        """Holds it if it is the leader's first, or a quorum voted for it.

        Raises ProofError ``"motion"`` for one of somebody else, or as ``add_vote``.
        """
        motion, vote = tabled.motion, tabled.vote
        if not self.is_kept(motion.epoch, motion.round):
            return
        view, digest = self.view(motion.round), motion.digest(self.network)
        slot = notarise_slot(self.network, self.epoch, motion.round)
        if vote.voter != view.leader or vote.ballot != Ballot(slot, digest):
            raise ProofError("motion", f"round {motion.round} is not that of {vote.voter.hex()}")
        self.add_vote(vote)
        for certificate in tabled.shown:
            self.add_certificate(certificate)
        if view.first is None:
            view.first = digest
        if digest == view.first or digest in view.notarised or digest in view.final:
            self.motions.held.setdefault(digest, tabled._replace(shown=()))

    def motion(self, digest: bytes) -> Motion | None:
        """A motion that is known, the root among them."""
        if digest == self.root_digest:
            return self.root
        held = self.motions.held.get(digest)
        return None if held is None else held.motion

    def is_good(self, digest: bytes) -> bool:
        """Whether the root, or judged to be a good block."""
        return digest == self.root_digest or self.motions.good.get(digest, False)

    def base(self, number: int) -> bytes | None:
        """The motion that a leader's motion in a round can follow: the last one that is notarised and good.

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

    def is_justified(self, motion: Motion) -> bool:
        """Whether its parent is notarised, and every round between them has a time-out certificate."""
        parent = self.motion(motion.parent)
        if parent is None or parent.round >= motion.round:
            return False
        notarised = motion.parent == self.root_digest or (
            motion.parent in self.view(parent.round).notarised
        )
        between = range(parent.round + 1, motion.round)
        return notarised and all(self.view(each).timed_out is not None for each in between)

    def shown_for(self, motion: Motion) -> list[Certificate]:
        """What justifies a motion of ours, the newest first; nothing where we forgot (a crash) what it follows."""
        parent = self.motion(motion.parent)
        if parent is None:
            return []
        found = []
        for number in range(motion.round - 1, parent.round, -1):
            timed_out = self.view(number).timed_out
            if timed_out is not None:
                found.append(timed_out)
        if motion.parent != self.root_digest:
            found.extend(self.view(parent.round).notarised.values())
        return found

    def lacking_motions(self) -> list[bytes]:
        """Those that a quorum voted for, and that never came."""
        return [
            digest
            for number in sorted(self.rounds)
            for digest in {**self.rounds[number].notarised, **self.rounds[number].final}
            if digest not in self.motions.held
        ]

    def lacking_rounds(self) -> list[int]:
        """Those of which a certificate is missing for the motion of the current round."""
        first = self.view(self.current).first
        if first is None:
            return []
        motion = self.motions.held[first].motion
        parent = self.motion(motion.parent)
        if parent is None:
            return list(range(self.root.round + 1, motion.round))[-AHEAD_ROUNDS:]
        return [
            each
            for each in range(max(parent.round, self.root.round + 1), motion.round)
            if (each == parent.round and motion.parent not in self.view(each).notarised)
            or (each > parent.round and self.view(each).timed_out is None)
        ]

    def newest_final(self) -> Decision | None:
        """The last motion above the root that is known and that a quorum finalised."""
        for number in sorted(self.rounds, reverse=True):
            for digest, certificate in self.rounds[number].final.items():
                motion = self.motion(digest)
                if motion is not None:
                    return Decision(motion, certificate)
        return None

    def decide(self, decision: Decision) -> None:
        """The root moves on; everything up to it is let go."""
        self.decision, self.root = decision, decision.motion
        self.root_digest = decision.motion.digest(self.network)
        self.motions.forget(decision.motion.round)
        self.note(decision.certificate)
        for number in [each for each in sorted(self.rounds) if each <= decision.motion.round]:
            view = self.rounds.pop(number)
            self.note(*view.certificates(), *view.final.values())
        self.current = max(self.current, decision.motion.round + 1)

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

    def contradicts(self, motion: Motion) -> bool:
        """Whether a final motion above the root's round is known not to follow the root.

        Where motions between them are unknown, whoever fetches their blocks will see.
        """
        before: Motion = motion
        while before.height > self.root.height and before.parent != self.root_digest:
            parent = self.motion(before.parent)
            if parent is None:
                return before.height == self.root.height + 1
            before = parent
        follows = before.parent == self.root_digest or before.subject == self.root.subject
        return before.height < self.root.height or not follows

    @property
    def has_open(self) -> bool:
        """Whether something is notarised and not decided."""
        return any(view.notarised for view in self.rounds.values())

    def _has(self, ballot: Ballot) -> bool:
        view, value = self.view(ballot.slot.round), ballot.value
        if ballot.slot.step == NOTARISE:
            return value in view.notarised
        return view.timed_out is not None if value == TIME_OUT else value in view.final

    def _settle(self, view: RoundView, slot: Slot, value: bytes) -> None:
        if not self._has(Ballot(slot, value)):
            self._keep(view, view.tally.certificate(slot, value))

    def _keep(self, view: RoundView, certificate: Certificate) -> None:
        slot, value = certificate.ballot
        if slot.step == NOTARISE:
            view.notarised[value] = certificate
        elif value == TIME_OUT:
            view.timed_out = certificate
        else:
            view.final[value] = certificate

    def _note_evidence(self, view: RoundView) -> None:
        self.evidence.update(view.tally.evidence)


def _check_ballot(ballot: Ballot, network: bytes) -> None:
    slot, value = ballot
    known = slot.step == END or (slot.step == NOTARISE and value != TIME_OUT)
    if slot.network != network or not known:
        raise ProofError("vote", f"Simplex has no votes for {value.hex() or 'nothing'} at {slot}")
