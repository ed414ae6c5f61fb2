"""The mempool: signals wait in batches that validators have before they vote, so that who leads moves names, not bytes.

A leader names what it has itself; who votes for its block has made all of that durable, so a quorum's votes are the
certificate that it is available (the optimistic tips of Autobahn). What no block has named for a while is told again,
and then gets a certificate of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.interface import MESSAGE_BYTES_MAX, Effects, Message, VoteRecord
from focusmesh.kernel.consensus.lanes.batches import (
    BATCH_BYTES_MAX,
    NO_BATCH,
    OTHERS_MAX,
    SIGNALS_MAX,
    SignalBatch,
    Tip,
    hold_slot,
    in_order,
)
from focusmesh.kernel.consensus.lanes.lanes import OPEN_MAX, BatchLane, Lanes
from focusmesh.kernel.consensus.quorum import NUMBER_MAX, Ballot, Vote
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.kernel.consensus.quorum import Equivocation, ValidatorSet
    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.identity import SigningKey

SOUGHT_MAX = 16
"""As many batches as one notice asks for."""
_PARTS: dict[str, list[type]] = {
    "batch": [bytes, bytes, bytes, bytes],
    "hold": [bytes, int, bytes, bytes],
    "held": [bytes, int, bytes],
    "seek": [list],
}


class BatchPool:
    """One validator's view of all lanes. It votes for a batch that is told again, once it has all its lane before it.

    What it votes for, be it a batch or a block, is a vote record, durable before the vote is sent: a certificate means
    that more than a third of honest weight can give the batch even after all of them crashed. ``kept_records``
    says which still matter.
    """

    def __init__(
        self,
        network: bytes,
        validator_set: ValidatorSet,
        signing: SigningKey | None = None,
        *,
        epoch: int = 0,
        floors: Mapping[bytes, Tip] | None = None,
        vote_records: Iterable[VoteRecord] = (),
        resend_ms: int = 500,
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        """``floors``: the last batch of each lane that is in a block, where the node was here before."""
        is_validator = signing is not None and validator_set.weight(signing.public) > 0
        self._signing = signing if is_validator else None
        self._lanes = Lanes(network, epoch, validator_set, check, floors or {})
        self._resend_ms = resend_ms
        self._resend: int | None = None
        self._queue: dict[bytes, None] = {}
        self.rests = False
        """Where it is not known what is in blocks, nothing is made or voted for: it may have been before."""
        self.is_barren: Callable[[bytes], bool] = lambda digest: False
        """Whether a batch brings nothing, by its digest: such a one is not told again."""
        self._waited: Tip | None = None
        """The last batch of its own that was in no block when it was last time to say again."""
        self._told = 0
        """The number of the last batch of its own whose certificate everybody was told."""
        self._notices: list[Message] = []
        self._pledges: list[VoteRecord] = []
        self._accused: set[object] = set()
        for vote_record in vote_records:
            self._recall(vote_record)

    @property
    def authors(self) -> tuple[bytes, ...]:
        """Whose lanes there are, by rising key."""
        return self._lanes.authors

    @property
    def author(self) -> bytes | None:
        """Whose batches it makes; None where it has no vote."""
        return None if self._signing is None else self._signing.public

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due; None while nothing is missing, and nothing of its own waits for a block."""
        return self._resend

    def add(self, now: int, signals: Iterable[bytes]) -> Effects:
        """Signals that are to be in a block; they go into the next batches of this validator, the first first."""
        self._queue.update((each, None) for each in signals if len(each) <= BATCH_BYTES_MAX)
        return self._finish(now)

    def tick(self, now: int) -> Effects:
        """Says again what is its own and in no block for long, and asks for what it lacks."""
        if self._resend is not None and now >= self._resend:
            self._resend = None
            self._say_own()
            lacking: list[Value] = list(self._lanes.lacking()[:SOUGHT_MAX])
            if lacking:
                self._say("seek", lacking)
        return self._finish(now)

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """Takes a notice. Raises ProofError: ``"notice"``, or as what it says is refused."""
        try:
            kind, *parts = decode(data, bytes_max=MESSAGE_BYTES_MAX)
            self._hear(sender, kind, parts)
        except (CodecError, TypeError, ValueError) as error:
            if isinstance(error, ProofError):
                raise
            raise ProofError(
                "notice", f"these bytes are not a message of validators: {error}"
            ) from error
        return self._finish(now)

    def cut(
        self, above: Mapping[bytes, Tip] | None = None, batches_max: int = OPEN_MAX
    ) -> tuple[Tip, ...]:
        """Of each lane the newest batch with all before it here, or the last in a block: a leader's.

        No more than ``batches_max`` after that of ``above``.
        """
        starts = {} if above is None else above
        tips = []
        for author in self._lanes.authors:
            lane = self._lanes.lane(author)
            start = starts.get(author, lane.floor)
            tips.append(lane.tip(start, max(start.number, lane.floor.number) + batches_max))
        return tuple(tip for tip in tips if tip.number)

    def is_here(self, cut: Iterable[Tip]) -> bool:
        """Whether nothing of a leader's cut has to be asked for; nobody votes for its block before."""
        return all(self._lanes.is_here(tip) for tip in cut)

    def follows(self, cut: Iterable[Tip], above: Iterable[Tip]) -> bool:
        """Whether a cut that is here goes on from another one (what is in blocks): the lanes of liars fork."""
        return self._lanes.follows(cut, above)

    def record_vote(self, cut: Iterable[Tip]) -> tuple[VoteRecord, ...]:
        """What has to be durable before a vote for the block of a ready cut: its batches that are not yet."""
        found: list[VoteRecord] = []
        if self._signing is None:
            return ()
        for tip in cut:
            lane = self._lanes.lane(tip.author)
            for digest, batch in (lane.back_from(tip) or {}).items():
                if digest not in lane.durable:
                    lane.voted.setdefault(batch.number, digest)
                    found.append(self._record_vote(lane, digest))
        return tuple(found)

    def want(self, now: int, cut: Iterable[Tip]) -> Effects:
        """Asks for what a leader's cut needs; it comes by ``deliver``."""
        for tip in cut:
            if not self._lanes.is_here(tip):
                self._lanes.want(tip)
        missing: list[Value] = list(self._lanes.lacking()[:SOUGHT_MAX])
        if missing:
            self._say("seek", missing)
        return self._finish(now)

    def signals(
        self, cut: Iterable[Tip], rank: Callable[[bytes], int], above: Iterable[Tip] = ()
    ) -> list[bytes]:
        """What a ready cut brings after that of its parent, each signal once, in the order of ``in_order``."""
        found = self._lanes.history(cut, above)
        ordered = in_order(found, rank)
        return list(dict.fromkeys(each for digest in ordered for each in found[digest].signals))

    def waiting(self, above: Iterable[Tip] = ()) -> dict[bytes, SignalBatch]:
        """The batches of all lanes that are here with all before them and in no block, the last of each first."""
        starts = {tip.author: tip for tip in above}
        found: dict[bytes, SignalBatch] = {}
        for author in self._lanes.authors:
            lane = self._lanes.lane(author)
            start = starts.get(author, lane.floor)
            found.update(lane.back_from(lane.tip(start), start) or {})
        return found

    def release_cut(self, cut: Iterable[Tip]) -> None:
        """The block of this cut is final: what it brings is let go."""
        self.rests = False
        for tip in cut:
            self._lanes.lane(tip.author).raise_floor(tip)

    def kept_records(self) -> tuple[VoteRecord, ...]:
        """The vote records that still matter; all others may be deleted."""
        lanes = [self._lanes.lane(author) for author in self._lanes.authors]
        return tuple(
            self._record_vote(lane, digest) for lane in lanes for digest in sorted(lane.durable)
        )

    # What it does.

    def _finish(self, now: int) -> Effects:
        self._certify()
        self._make()
        if self._resend is None and (self._own_tip() or self._lanes.lacking()):
            self._resend = now + self._resend_ms
        evidence = tuple(self._new_evidence())
        effects = Effects(tuple(self._pledges), tuple(self._notices), evidence=evidence)
        self._pledges.clear()
        self._notices.clear()
        return effects

    def _own_tip(self) -> Tip | None:
        """The last batch of its own that is in no block and brings something."""
        if self._signing is None:
            return None
        lane = self._lanes.lane(self._signing.public)
        tip = lane.tip()
        for digest, batch in (lane.back_from(tip) or {}).items():
            if not self.is_barren(digest):
                return Tip(tip.author, batch.number, digest)
        return None

    def _say_own(self) -> None:
        """What was in no block the last time either: those who have it vote for it now."""
        tip, waited = self._own_tip(), self._waited
        if tip is not None and waited is not None:
            lane = self._lanes.lane(tip.author)
            if waited.digest in lane.batches:
                self._say_batch(waited.digest)
            self._say_held(lane.certified_tip())
        self._waited = tip

    def _new_evidence(self) -> list[Equivocation]:
        found = [item for item in self._lanes.evidence.items() if item[0] not in self._accused]
        self._accused.update(key for key, _ in found)
        return [proof for _, proof in found]

    def _make(self) -> None:
        """The next batch of its own, where its lane has a place."""
        if self._signing is None or self.rests or not self._queue:
            return
        me = self._signing.public
        lane = self._lanes.lane(me)
        last = lane.tip()
        if not lane.is_free(last.number + 1):
            return
        taken: list[bytes] = []
        size_bytes = 0
        for signal in self._queue:
            size_bytes += len(signal)
            if size_bytes > BATCH_BYTES_MAX or len(taken) == SIGNALS_MAX:
                break
            taken.append(signal)
        for signal in taken:
            del self._queue[signal]
        others = [self._lanes.lane(author).tip() for author in self._lanes.authors if author != me]
        names = sorted(tip.digest for tip in others if tip.number)[:OTHERS_MAX]
        batch = SignalBatch(me, last.number + 1, last.digest, tuple(names), tuple(taken))
        digest = self._lanes.add(batch, self._vote(batch).signature)
        # The signature of its author is a vote for it, be what comes before it here or not.
        lane.voted[batch.number] = digest
        self._pledges.append(self._record_vote(lane, digest))
        self._say_batch(digest)

    def _hold(self, batch: SignalBatch, digest: bytes) -> None:
        """Votes for a batch that is whole, one of each lane and number, and says it again."""
        lane = self._lanes.lane(batch.author)
        is_here = digest in lane.batches and self._lanes.is_whole(
            Tip(batch.author, batch.number, digest)
        )
        if self._signing is None or self.rests or not is_here:
            return
        if lane.voted.setdefault(batch.number, digest) != digest:
            return
        vote = self._vote(batch)
        if digest not in lane.durable:
            self._pledges.append(self._record_vote(lane, digest))
        self._lanes.count(batch.author, batch.number, vote)
        self._say_hold(batch, vote)

    def _say_hold(self, batch: SignalBatch, vote: Vote) -> None:
        if batch.author != vote.signer:
            parts: list[Value] = [batch.author, batch.number, vote.ballot.value, vote.signature]
            self._say("hold", *parts, to=batch.author)

    def _help(self, batch: SignalBatch, digest: bytes) -> None:
        """Whoever says a batch again without its certificate has not heard of votes for it, or forgot them."""
        lane = self._lanes.lane(batch.author)
        if digest in lane.certificates and digest in lane.batches:
            self._say_batch(digest, batch.author)
        else:
            self._hold(batch, digest)

    def _certify(self) -> None:
        """Tells everybody that a batch of its own is certified."""
        if self._signing is None:
            return
        tip = self._lanes.lane(self._signing.public).certified_tip()
        if tip.number > self._told:
            self._told = tip.number
            self._say_held(tip)

    def _say_held(self, tip: Tip) -> None:
        certificate = self._lanes.lane(tip.author).certificates.get(tip.digest)
        if certificate is not None:
            self._say("held", tip.author, tip.number, certificate.to_bytes())

    def _vote(self, batch: SignalBatch) -> Vote:
        assert self._signing is not None, "who has no key does not vote"
        return Vote.sign(self._lanes.ballot(batch), self._signing)

    def _record_vote(self, lane: BatchLane, digest: bytes) -> VoteRecord:
        lane.durable.add(digest)
        batch = lane.batches[digest]
        return VoteRecord(NUMBER_MAX, encode([batch.to_bytes(), lane.signatures[digest]]))

    def _recall(self, vote_record: VoteRecord) -> None:
        """What it kept before it was started again. Raises ProofError ``"batch"`` for a vote record that is none."""
        try:
            data, signature = decode(vote_record.data)
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError(
                "batch", f"this is not a vote record: {vote_record.data.hex()}"
            ) from error
        batch = SignalBatch.from_bytes(data)
        lane = self._lanes.lane(batch.author)
        if batch.number <= lane.floor.number:
            return
        digest = batch.digest(self._lanes.network, self._lanes.epoch)
        lane.put(digest, batch, signature)
        lane.durable.add(digest)
        # It may have voted for either of two of one number, and does for neither again.
        lane.voted[batch.number] = NO_BATCH if batch.number in lane.voted else digest

    # What it hears and says.

    def _hear(self, sender: bytes, kind: str, parts: list[Any]) -> None:
        if [type(part) for part in parts] != _PARTS.get(kind):
            raise CodecError(
                f"{kind!r} is not a kind of message between validators, or its parts are wrong"
            )
        if kind == "batch":
            data, signature, *certificates = parts
            batch = SignalBatch.from_bytes(data)
            for number, certificate in zip(
                (batch.number - 1, batch.number), certificates, strict=True
            ):
                if certificate:
                    self._lanes.take(batch.author, number, certificate)
            kept = self._lanes.lane(batch.author).batches
            was_there = batch.digest(self._lanes.network, self._lanes.epoch) in kept
            digest = self._lanes.add(batch, signature)
            if digest in kept and not was_there:
                missing = self._lanes.lane(batch.author).missing(digest, batch.number)
                if missing is not None:
                    self._say("seek", [missing], to=sender)
            elif not certificates[-1]:
                self._help(batch, digest)
        elif kind == "hold":
            author, number, digest, signature = parts
            slot = hold_slot(self._lanes.network, self._lanes.epoch, author, number)
            self._lanes.count(author, number, Vote(Ballot(slot, digest), sender, signature))
        elif kind == "held":
            self._lanes.take(*parts)
        else:
            (digests,) = parts
            for digest in dict.fromkeys(digests[:SOUGHT_MAX]):
                if self._lanes.find(digest) is not None:
                    self._say_batch(digest, sender)

    def _say_batch(self, digest: bytes, to: bytes | None = None) -> None:
        found = self._lanes.find(digest)
        assert found is not None, "what is said is here"
        lane, batch = found
        shown: list[Value] = [
            lane.certificates[each].to_bytes() if each in lane.certificates else b""
            for each in (batch.previous, digest)
        ]
        self._say("batch", batch.to_bytes(), lane.signatures[digest], *shown, to=to)

    def _say(self, *parts: Value, to: bytes | None = None) -> None:
        self._notices.append(Message(to, encode(list(parts))))
