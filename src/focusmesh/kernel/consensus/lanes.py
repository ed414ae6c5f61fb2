"""The lanes of batches that are in no block yet, one an author: what is here, what is certified, what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus.batches import NO_BATCH, SignalBatch, Tip, hold_slot
from focusmesh.kernel.consensus.quorum import (
    NUMBER_MAX,
    Ballot,
    Certificate,
    Electorate,
    Tally,
    Vote,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.kernel.consensus.quorum import Equivocation, Slot

OPEN_MAX = 64
"""As many batches of one lane as are kept above its floor: one that is further ahead is not read."""


@dataclass
class BatchLane:
    """``floor`` is the last batch that is in a block; all else is of later ones. ``voted`` is by number."""

    floor: Tip
    batches: dict[bytes, SignalBatch] = field(default_factory=dict)
    signatures: dict[bytes, bytes] = field(default_factory=dict)
    certificates: dict[bytes, Certificate] = field(default_factory=dict)
    certified: dict[int, bytes] = field(default_factory=dict)
    voted: dict[int, bytes] = field(default_factory=dict)
    wanted: dict[int, bytes] = field(default_factory=dict)
    tallies: dict[int, Tally] = field(default_factory=dict)
    _whole: Tip | None = None
    """The last that ``whole_tip`` found: what is whole stays so while the floor does."""

    def has_place(self, number: int) -> bool:
        """Whether it is of use to know of a batch: it is in no block, and not too far ahead."""
        return self.floor.number < number <= self.floor.number + OPEN_MAX

    def is_free(self, number: int) -> bool:
        """Whether its author may make this batch: there is a place for it, and none was signed, be it forgotten."""
        is_taken = any(batch.number == number for batch in self.batches.values())
        return self.has_place(number) and number not in self.voted and not is_taken

    def tip(self) -> Tip:
        """The last certified batch."""
        number = max(self.certified, default=None)
        return (
            self.floor if number is None else Tip(self.floor.author, number, self.certified[number])
        )

    def whole_tip(self, number_max: int = NUMBER_MAX) -> Tip | None:
        """The last certified batch of which all before it is here; None where none is above the floor."""
        found = self._whole
        if found is None or not self.floor.number < found.number <= number_max:
            found = None
        before = found or self.floor
        while (digest := self.certified.get(before.number + 1)) is not None:
            if before.number >= number_max:
                break
            batch = self.batches.get(digest)
            if batch is None or batch.previous != before.digest:
                break
            found = before = Tip(before.author, before.number + 1, digest)
        if found is not None and (self._whole is None or found.number > self._whole.number):
            self._whole = found
        return found

    def back_from(self, tip: Tip, above: Tip | None = None) -> dict[bytes, SignalBatch] | None:
        """The batches after ``above`` (the floor) up to a certified one; None where one is missing."""
        start = self.floor if above is None or above.number < self.floor.number else above
        found: dict[bytes, SignalBatch] = {}
        digest, number = tip.digest, tip.number
        if number <= start.number:
            return found if number < start.number or digest == start.digest else None
        if digest not in self.certificates:
            return None
        while number > start.number:
            batch = self.batches.get(digest)
            if batch is None or batch.number != number:
                return None
            found[digest] = batch
            digest, number = batch.previous, number - 1
        return found if digest == start.digest else None

    def to_hold(self) -> list[SignalBatch]:
        """What can be voted for: not voted in its place, and all of the lane before it certified and here."""
        whole = self.whole_tip() or self.floor
        return [
            batch
            for batch in self.batches.values()
            if batch.number not in self.voted
            and self.floor.number < batch.number <= whole.number + 1
            and batch.previous == self._before(batch.number, whole)
        ]

    def decided(self, tip: Tip) -> None:
        """The floor rises; everything up to it goes."""
        if tip.number <= self.floor.number:
            return
        self.floor = tip
        self._whole = None
        for digest in [key for key, batch in self.batches.items() if batch.number <= tip.number]:
            del self.batches[digest]
            self.signatures.pop(digest, None)
        for numbered in (self.certified, self.voted, self.wanted, self.tallies):
            for number in [each for each in numbered if each <= tip.number]:
                del numbered[number]
        kept = set(self.certified.values())
        self.certificates = {key: value for key, value in self.certificates.items() if key in kept}

    def _before(self, number: int, whole: Tip) -> bytes:
        return self.floor.digest if number == self.floor.number + 1 else self.certified[number - 1]


class Lanes:
    """All lanes of an epoch."""

    def __init__(
        self,
        network: bytes,
        epoch: int,
        electorate: Electorate,
        check: Callable[[Vote], bool],
        floors: Mapping[bytes, Tip],
    ) -> None:
        self.network, self.epoch, self.electorate = network, epoch, electorate
        self.authors = tuple(electorate.weights)
        self.evidence: dict[tuple[Slot, bytes], Equivocation] = {}
        self._check = check
        self._lanes = {
            author: BatchLane(floors.get(author, Tip(author, 0, NO_BATCH)))
            for author in self.authors
        }

    def lane(self, author: bytes) -> BatchLane:
        """Raises ProofError ``"batch"`` where the author is no voter."""
        found = self._lanes.get(author)
        if found is None:
            raise ProofError("batch", f"{author.hex()} is no voter and has no lane")
        return found

    def batches(self) -> dict[bytes, SignalBatch]:
        """All that are here, by digest."""
        return {key: value for lane in self._lanes.values() for key, value in lane.batches.items()}

    def certificates(self) -> dict[bytes, Certificate]:
        """All that are known, by digest."""
        return {
            key: value for lane in self._lanes.values() for key, value in lane.certificates.items()
        }

    def ballot(self, batch: SignalBatch) -> Ballot:
        """What is voted of a batch."""
        slot = hold_slot(self.network, self.epoch, batch.author, batch.number)
        return Ballot(slot, batch.digest(self.network, self.epoch))

    def add(self, batch: SignalBatch, signature: bytes) -> bytes:
        """Keeps a batch that its author signed, the first of its number or one that is certified; gives its digest.

        Raises ProofError: ``"batch"``, and ``"vote"`` where the author did not sign it.
        """
        lane, ballot = self.lane(batch.author), self.ballot(batch)
        if lane.has_place(batch.number):
            self.count(batch.author, batch.number, Vote(ballot, batch.author, signature))
            others = any(each.number == batch.number for each in lane.batches.values())
            if not others or ballot.value in lane.certificates:
                lane.batches[ballot.value] = batch
                lane.signatures[ballot.value] = signature
        return ballot.value

    def count(self, author: bytes, number: int, vote: Vote) -> None:
        """A vote that somebody has a batch. Raises ProofError as ``Tally.add``."""
        lane = self.lane(author)
        if not lane.has_place(number):
            return
        vote.ballot.digest()
        tally = lane.tallies.setdefault(number, Tally(self.electorate, self._check))
        tally.add(vote)
        self.evidence.update(tally.evidence)
        slot, value = vote.ballot
        if value not in lane.certificates and tally.has_quorum(slot, value):
            self._keep(lane, number, tally.certificate(slot, value))

    def take(self, author: bytes, number: int, data: bytes) -> None:
        """A certificate. Raises ProofError ``"certificate"`` where it is of something else, else as its ``verify``."""
        lane, certificate = self.lane(author), Certificate.from_bytes(data)
        if certificate.ballot.slot != hold_slot(self.network, self.epoch, author, number):
            raise ProofError("certificate", "these votes are not for that batch")
        if not lane.has_place(number) or certificate.ballot.value in lane.certificates:
            return
        certificate.verify(self.electorate)
        self._keep(lane, number, certificate)

    def want(self, tip: Tip) -> None:
        """A leader names a batch: it is asked for until it is here."""
        lane = self.lane(tip.author)
        if lane.has_place(tip.number) and tip.digest not in lane.certificates:
            lane.wanted[tip.number] = tip.digest

    def lacking(self) -> list[bytes]:
        """What is certified and not here, and what comes before something that is."""
        found: dict[bytes, None] = {}
        for lane in self._lanes.values():
            found.update(
                (each, None) for each in lane.wanted.values() if each not in lane.certificates
            )
            for number in sorted(lane.certified):
                digest = lane.certified[number]
                batch = lane.batches.get(digest)
                if batch is None:
                    found[digest] = None
                elif number > lane.floor.number + 1 and batch.previous not in lane.batches:
                    found[batch.previous] = None
        return list(found)

    def is_whole(self, tip: Tip) -> bool:
        """Whether a batch and all of its lane before it is certified and here, or in a block."""
        return self.lane(tip.author).back_from(tip) is not None

    def history(self, cut: Iterable[Tip], above: Iterable[Tip]) -> dict[bytes, SignalBatch]:
        """The batches that a cut brings after another one. Raises ProofError ``"batch"`` where it is not whole."""
        found: dict[bytes, SignalBatch] = {}
        starts = {tip.author: tip for tip in above}
        for tip in cut:
            part = self.lane(tip.author).back_from(tip, starts.get(tip.author))
            if part is None:
                raise ProofError("batch", f"batch {tip.number} of {tip.author.hex()} is not whole")
            found.update(part)
        return found

    def _keep(self, lane: BatchLane, number: int, certificate: Certificate) -> None:
        lane.certificates[certificate.ballot.value] = certificate
        lane.certified[number] = certificate.ballot.value
