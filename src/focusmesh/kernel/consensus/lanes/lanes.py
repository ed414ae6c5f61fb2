"""The lanes of batches that are in no block yet, one an author: what is here, what is certified, what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus.lanes.batches import NO_BATCH, SignalBatch, Tip, hold_slot
from focusmesh.kernel.consensus.quorum import (
    NUMBER_MAX,
    Ballot,
    Certificate,
    Tally,
    ValidatorSet,
    Vote,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.kernel.consensus.quorum import Equivocation, Slot

OPEN_MAX = 64
"""A batch that is further ahead of its lane's floor is not read."""
KEPT_MAX = 4 * OPEN_MAX
"""So many batches of one lane are kept: of a liar's that forks there are several of a number."""
_CUTS_WANTED = 4
"""What as many of the last cuts name is asked for."""


@dataclass
class BatchLane:
    """``floor`` is the last batch that is in a block; all else is of later ones. ``voted`` is by number.

    ``durable`` are batches that a vote record keeps. An honest author has one batch of a number; a liar's lane may
    fork, and goes on wherever blocks do.
    """

    floor: Tip
    batches: dict[bytes, SignalBatch] = field(default_factory=dict)
    signatures: dict[bytes, bytes] = field(default_factory=dict)
    certificates: dict[bytes, Certificate] = field(default_factory=dict)
    certified: dict[int, bytes] = field(default_factory=dict)
    voted: dict[int, bytes] = field(default_factory=dict)
    durable: set[bytes] = field(default_factory=set)
    tallies: dict[int, Tally] = field(default_factory=dict)
    _after: dict[bytes, bytes] = field(default_factory=dict)
    """What follows a batch: of several that is certified, else the first."""
    changes: int = 0
    """How often it changed."""

    def has_place(self, number: int) -> bool:
        """Whether it is of use to know of a batch: it is in no block, and not too far ahead."""
        return self.floor.number < number <= self.floor.number + OPEN_MAX

    def is_free(self, number: int) -> bool:
        """Whether its author may make this batch: there is a place for it, and none from there on was ever heard of."""
        heard = (batch.number for batch in self.batches.values())
        last = max((*heard, *self.voted, *self.certified), default=0)
        return self.has_place(number) and last < number

    def certified_tip(self) -> Tip:
        """The last certified batch, else the floor."""
        number = max(self.certified, default=None)
        return (
            self.floor if number is None else Tip(self.floor.author, number, self.certified[number])
        )

    def tip(self, after: Tip | None = None, number_max: int = NUMBER_MAX) -> Tip:
        """The last batch that is here with all between ``after`` (the floor) and it; ``after`` where there is none."""
        at = self.floor if after is None or after.number < self.floor.number else after
        while at.number < number_max and (digest := self._after.get(at.digest)) is not None:
            if self.batches[digest].number != at.number + 1:
                break
            at = Tip(at.author, at.number + 1, digest)
        return at

    def put(self, digest: bytes, batch: SignalBatch, signature: bytes) -> None:
        """Keeps a batch, in place of the oldest that nothing needs where a liar made too many."""
        if len(self.batches) >= KEPT_MAX:
            needed = self.durable | set(self.back_from(self.tip()) or ())
            gone = next((each for each in self.batches if each not in needed), digest)
            self.batches.pop(gone, None)
            self.signatures.pop(gone, None)
            self._after = {key: value for key, value in self._after.items() if value != gone}
        self.changes += 1
        self.batches[digest] = batch
        self.signatures[digest] = signature
        self._link(digest)

    def certify(self, number: int, certificate: Certificate) -> None:
        """Keeps a certificate."""
        digest = certificate.ballot.value
        self.changes += 1
        self.certificates[digest] = certificate
        self.certified[number] = digest
        self._link(digest)

    def _link(self, digest: bytes) -> None:
        batch = self.batches.get(digest)
        if batch is not None and (digest in self.certificates or batch.previous not in self._after):
            self._after[batch.previous] = digest

    def back_from(self, tip: Tip, above: Tip | None = None) -> dict[bytes, SignalBatch] | None:
        """The batches after ``above`` (the floor) up to one; None where one is missing, or it does not follow."""
        start = self.floor if above is None or above.number < self.floor.number else above
        found: dict[bytes, SignalBatch] = {}
        digest, number = tip.digest, tip.number
        if number <= start.number:
            return found if number < start.number or digest == start.digest else None
        while number > start.number:
            batch = self.batches.get(digest)
            if batch is None or batch.number != number:
                return None
            found[digest] = batch
            digest, number = batch.previous, number - 1
        return found if digest == start.digest else None

    def missing(self, digest: bytes, number: int) -> bytes | None:
        """The last batch that is not here of those up to one; None where all are."""
        while number > self.floor.number:
            batch = self.batches.get(digest)
            if batch is None:
                return digest
            digest, number = batch.previous, number - 1
        return None

    def raise_floor(self, tip: Tip) -> None:
        """The floor rises; everything up to it goes."""
        if tip.number <= self.floor.number:
            return
        self.floor = tip
        self.changes += 1
        for digest in [key for key, batch in self.batches.items() if batch.number <= tip.number]:
            del self.batches[digest]
            self.signatures.pop(digest, None)
        for numbered in (self.certified, self.voted, self.tallies):
            for number in [each for each in numbered if each <= tip.number]:
                del numbered[number]
        self.durable.intersection_update(self.batches)
        kept = set(self.certified.values())
        self.certificates = {key: value for key, value in self.certificates.items() if key in kept}
        self._after = {key: value for key, value in self._after.items() if value in self.batches}


class Lanes:
    """All lanes of an epoch."""

    def __init__(
        self,
        network: bytes,
        epoch: int,
        validator_set: ValidatorSet,
        check: Callable[[Vote], bool],
        floors: Mapping[bytes, Tip],
    ) -> None:
        self.network, self.epoch, self.validator_set = network, epoch, validator_set
        self.authors = tuple(validator_set.weights)
        self.evidence: dict[tuple[Slot, bytes], Equivocation] = {}
        self._check = check
        self._lanes = {
            author: BatchLane(floors.get(author, Tip(author, 0, NO_BATCH)))
            for author in self.authors
        }
        self._wanted: dict[Tip, None] = {}
        """What cuts name and was not here, the last named last."""
        self._wants = 0
        self._lacking: tuple[int, list[bytes]] = (-1, [])

    def lane(self, author: bytes) -> BatchLane:
        """Raises ProofError ``"batch"`` where the author is no validator."""
        found = self._lanes.get(author)
        if found is None:
            raise ProofError("batch", f"{author.hex()} is not a validator and has no lane")
        return found

    def find(self, digest: bytes) -> tuple[BatchLane, SignalBatch] | None:
        """A batch that is here, and its lane."""
        for lane in self._lanes.values():
            batch = lane.batches.get(digest)
            if batch is not None:
                return lane, batch
        return None

    def ballot(self, batch: SignalBatch) -> Ballot:
        """What is voted of a batch."""
        slot = hold_slot(self.network, self.epoch, batch.author, batch.number)
        return Ballot(slot, batch.digest(self.network, self.epoch))

    def add(self, batch: SignalBatch, signature: bytes) -> bytes:
        """Keeps a batch that its author signed, the first of its number or one that is needed; gives its digest.

        Raises ProofError: ``"batch"``, and ``"vote"`` where the author did not sign it.
        """
        lane, ballot = self.lane(batch.author), self.ballot(batch)
        if lane.has_place(batch.number) and ballot.value not in lane.batches:
            vote = Vote(ballot, batch.author, signature)
            if not self.count(batch.author, batch.number, vote) and not self._check(vote):
                # Nobody looked at it: the tally has a vote for this batch.
                raise ProofError("vote", f"a batch of {batch.author.hex()} is not signed by it")
            others = any(each.number == batch.number for each in lane.batches.values())
            if not others or self.is_asked_for(batch.author, ballot.value):
                lane.put(ballot.value, batch, signature)
        return ballot.value

    def count(self, author: bytes, number: int, vote: Vote) -> bool:
        """A vote that somebody has a batch; whether it is new, and so checked. Raises ProofError as ``Tally.add``."""
        lane = self.lane(author)
        if not lane.has_place(number):
            return False
        vote.ballot.digest()
        tally = lane.tallies.setdefault(number, Tally(self.validator_set, self._check))
        is_new = tally.add(vote)
        self.evidence.update(tally.evidence)
        slot, value = vote.ballot
        if value not in lane.certificates and tally.has_quorum(slot, value):
            lane.certify(number, tally.certificate(slot, value))
        return is_new

    def take(self, author: bytes, number: int, data: bytes) -> None:
        """A certificate. Raises ProofError ``"certificate"`` where it is of something else, else as its ``verify``."""
        lane, certificate = self.lane(author), Certificate.from_bytes(data)
        if certificate.ballot.slot != hold_slot(self.network, self.epoch, author, number):
            raise ProofError("certificate", "these votes are not for that batch")
        if not lane.has_place(number) or certificate.ballot.value in lane.certificates:
            return
        certificate.verify(self.validator_set)
        lane.certify(number, certificate)

    def want(self, tip: Tip) -> None:
        """A leader names a batch: it is asked for until it is here, or later ones are named."""
        if self.lane(tip.author).has_place(tip.number):
            self._wants += 1
            self._wanted.pop(tip, None)
            self._wanted[tip] = None
            while len(self._wanted) > _CUTS_WANTED * len(self.authors):
                del self._wanted[next(iter(self._wanted))]

    def lacking(self) -> list[bytes]:
        """What is to be asked for: what was named last first, then of what is certified, then of what is here."""
        state = self._wants + sum(lane.changes for lane in self._lanes.values())
        if self._lacking[0] != state:
            wanted = (self.lane(tip.author).missing(tip.digest, tip.number) for tip in self._wanted)
            certified = [[*lane.certified.items()] for lane in self._lanes.values()]
            here = [
                [(batch.number, digest) for digest, batch in lane.batches.items()]
                for lane in self._lanes.values()
            ]
            found = [*reversed([*wanted]), *self._in_slot(certified), *self._in_slot(here)]
            self._lacking = state, list(dict.fromkeys(each for each in found if each is not None))
        return self._lacking[1]

    def _in_slot(self, ends: list[list[tuple[int, bytes]]]) -> list[bytes | None]:
        """What is missing before the batches of all lanes: the first of each lane, the second of each, …"""
        found = [
            list(dict.fromkeys(lane.missing(digest, number) for number, digest in each))
            for lane, each in zip(self._lanes.values(), ends, strict=True)
        ]
        return [each for row in zip_longest(*found) for each in row]

    def is_asked_for(self, author: bytes, digest: bytes) -> bool:
        """Whether blocks, or certified batches, need a batch that is not here."""
        lane = self.lane(author)
        ends = [(tip.number, tip.digest) for tip in self._wanted if tip.author == author]
        ends += lane.certified.items()
        return any(lane.missing(end, number) == digest for number, end in ends)

    def is_here(self, tip: Tip) -> bool:
        """Whether nothing up to a batch has to be asked for; what is here may follow something else than the floor."""
        return self.lane(tip.author).missing(tip.digest, tip.number) is None

    def is_whole(self, tip: Tip) -> bool:
        """Whether a batch and all of its lane before it is here, or in a block."""
        return self.lane(tip.author).back_from(tip) is not None

    def follows(self, cut: Iterable[Tip], above: Iterable[Tip]) -> bool:
        """Whether each lane of a whole cut goes on from that of another one."""
        starts = {tip.author: tip for tip in above}
        return all(
            self.lane(tip.author).back_from(tip, starts.get(tip.author)) is not None for tip in cut
        )

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
