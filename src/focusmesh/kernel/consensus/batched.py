"""The engine of validators: an orderer (Simplex, or Snowman) on batches of signals that they have before they vote.

Who leads moves a cut: the newest batch of every lane that is here. It is voted for by those who have all of the cut,
durably, so a quorum's votes are the certificate that it is available; what a block does not bring is in the next one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus.interface import Effects, ValidationRequest
from focusmesh.kernel.consensus.lanes.batches import BatchYields, Tip
from focusmesh.kernel.consensus.lanes.cuts import Cut, OpenCut, cut_of
from focusmesh.kernel.consensus.lanes.lanes import OPEN_MAX
from focusmesh.kernel.consensus.lanes.mempool import BatchPool
from focusmesh.kernel.consensus.messages import write
from focusmesh.kernel.consensus.proposal import data_digest
from focusmesh.kernel.consensus.quorum import NUMBER_MAX, Vote
from focusmesh.kernel.consensus.round_timer import Pace
from focusmesh.kernel.consensus.simplex.simplex import Simplex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.kernel.consensus.interface import Orderer, VoteRecord
    from focusmesh.kernel.consensus.lanes.batches import SignalBatch
    from focusmesh.kernel.consensus.proposal import Anchor, Decision, Proposal
    from focusmesh.kernel.consensus.quorum import Certificate, ValidatorSet
    from focusmesh.protocol.identity import SigningKey

CROWDED = OPEN_MAX // 4 * 3
"""A lane with so many batches in no block gets a block of its author, though that may have no signal."""
_OF_BATCHES = (b"\x65batch", b"\x64hold", b"\x64held", b"\x64seek")
"""How their notices go on after the byte that says how long the array is."""


class BatchedEngine:
    """One epoch as one node sees it. ``rank`` is the stake-weighted focus of an author, the same for every node.

    ``order`` makes what orders blocks; it is called as ``Simplex`` is.
    ``decision`` is the last one, ``cut`` what travelled with its proposal (None: not known now), ``vote_records`` what
    it was
    told to keep, where it was here before. One that ``weighs`` is told what batches bring (``weigh``): those that bring
    nothing rouse nobody. To another all do.
    """

    _noted_round = 0
    """The round in which it was last looked at what the orderer let go of."""

    def __init__(
        self,
        network: bytes,
        validator_set: ValidatorSet,
        root: Anchor,
        signing: SigningKey | None = None,
        *,
        order: Callable[..., Orderer] = Simplex,
        rank: Callable[[bytes], int] = lambda author: 0,
        epoch: int = 0,
        decision: Decision | None = None,
        cut: bytes | None = None,
        vote_records: Iterable[VoteRecord] = (),
        last_height: int | None = None,
        pace: Pace = Pace(),  # noqa: B008
        check: Callable[[Vote], bool] = Vote.holds,
        weighs: bool = False,
    ) -> None:
        record_vote = list(vote_records)
        self.lacking: Proposal | None = None
        """The last decided proposal, where nobody told what travelled with it: until ``settle`` nothing is judged."""
        self._root = self._begin(decision, cut)
        self.orderer = order(
            network,
            validator_set,
            root,
            signing,
            epoch=epoch,
            decision=decision,
            vote_records=[each for each in record_vote if each.round < NUMBER_MAX],
            last_height=last_height,
            pace=pace,
            check=check,
        )
        self.pool = BatchPool(
            network,
            validator_set,
            signing,
            epoch=epoch,
            floors={tip.author: tip for tip in self._root},
            vote_records=[each for each in record_vote if each.round == NUMBER_MAX],
            resend_ms=pace.resend,
            check=check,
        )
        self._rank, self._weighs, self._yields = rank, weighs, BatchYields()
        self.pool.rests, self.pool.is_barren = self.lacking is not None, self._yields.is_barren
        self._cuts: dict[bytes, OpenCut] = {}
        self._early: list[ValidationRequest] = []
        self._waiting: list[tuple[ValidationRequest, Cut]] = []

    def _begin(self, decision: Decision | None, cut: bytes | None) -> tuple[Tip, ...]:
        if decision is None or decision.proposal.data == data_digest(b""):
            return ()
        if cut is None:
            self.lacking = decision.proposal
            return ()
        return cut_of(decision.proposal, cut).tips

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due."""
        dues = (self.orderer.deadline, self.pool.deadline)
        return min((due for due in dues if due is not None), default=None)

    @property
    def round(self) -> int:
        """Turns of another one are over."""
        return self.orderer.round

    @property
    def round_told(self) -> int:
        """The round as people count it."""
        return self.orderer.round_told

    @property
    def base(self) -> bytes | None:
        """The proposal that the turn of this round follows; None while there is no turn."""
        return self.orderer.base

    @property
    def root(self) -> Proposal:
        """The last decided proposal, or where the epoch begins."""
        return self.orderer.root

    def has_let_go(self, inquiry: ValidationRequest) -> bool:
        """Whether nothing comes of a proposal any more: its round is long past, and was not decided."""
        return self.is_open(inquiry.proposal) and inquiry.digest not in self._cuts

    def is_open(self, proposal: Proposal) -> bool:
        """Whether a proposal comes after the last decided one."""
        return self.orderer.number(proposal) > self.orderer.number(self.root)

    def note_block(self, subject: bytes, *, ends_epoch: bool) -> None:
        """Whether a block says that it ends the epoch: to be told before its proposal is made or judged good."""
        if ends_epoch:
            self.orderer.note_last(subject)

    def certificates(self) -> list[Certificate]:
        """What ``accuse`` needs."""
        return self.orderer.certificates()

    def votes_on(self, proposal: Proposal) -> tuple[Vote, ...]:
        """The votes that are kept by which somebody said that a proposal is right."""
        return self.orderer.votes_on(proposal)

    def begin(self, now: int) -> Effects:
        """Enters its first round."""
        return self._finish(now, self.orderer.begin(now))

    def add(self, now: int, signals: Iterable[bytes]) -> Effects:
        """Signals for this validator's next batch; they rouse everybody by themselves."""
        return self._finish(now, self.pool.add(now, signals))

    def tick(self, now: int) -> Effects:
        """Time has passed."""
        return self._finish(now, _join(self.orderer.tick(now), self.pool.tick(now)))

    def rouse(self, now: int) -> Effects:
        """There is something to decide, though no signal: a block is wanted."""
        return self._finish(now, self.orderer.rouse(now))

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """Takes a notice, of batches or of rounds. Raises ProofError as ``BatchPool`` and the orderer."""
        of_batches = data[1:].startswith(_OF_BATCHES)
        told: BatchPool | Orderer = self.pool if of_batches else self.orderer
        return self._finish(now, told.deliver(now, sender, data))

    def unweighed_batches(self, subject: bytes) -> dict[bytes, SignalBatch]:
        """The batches of which it was not told over the state of the block ``subject``, by their digests.

        Of what was told over another state it is asked again once that of the last decided block is known.
        """
        over = subject if subject == self.root.subject else None
        return {
            digest: batch
            for digest, batch in self.pool.waiting(self._root).items()
            if self._weighs and not self._yields.is_told(digest, over)
        }

    def weigh(self, now: int, subject: bytes, yields: Mapping[bytes, bool]) -> Effects:
        """Whether a block that follows ``subject`` could have a signal of a batch, by the digests of batches."""
        self._yields.tell(subject, yields)
        effects = Effects()
        if self.orderer.is_roused and not self._has_news():
            effects = self.orderer.rest(now)
        return self._finish(now, effects)

    def leaves_some(self, cut: Iterable[Tip]) -> bool:
        """Whether batches after a cut bring something: where a block had no room for all, the next one goes on."""
        return any(map(self._yields.brings, self.pool.waiting(cut)))

    def is_crowded(self, author: bytes, cut: Iterable[Tip], above: Iterable[Tip]) -> bool:
        """Whether a cut brings so much of one lane that it has to go on, or its author could make no more batches."""
        starts = {tip.author: tip.number for tip in above}
        return any(
            tip.number - starts.get(author, 0) >= CROWDED for tip in cut if tip.author == author
        )

    def cut(self, batches_max: int = OPEN_MAX, lanes_max: int | None = None) -> tuple[Tip, ...]:
        """What a block of ours is to bring in this turn, at most so many batches of so many lanes; () while lacking."""
        if self.lacking is not None:
            return ()
        tips = {tip.author: tip for tip in self.cut_of(self.base)}
        ahead = [tip for tip in self.pool.cut(tips, batches_max) if _is_ahead(tip, tips)]
        ahead.sort(key=lambda tip: (-self._rank(tip.author), tip.author))
        tips.update((tip.author, tip) for tip in ahead[:lanes_max])
        return tuple(tips[author] for author in sorted(tips))

    def cut_of(self, digest: bytes | None) -> tuple[Tip, ...]:
        """The cut of a proposal that is open, else of the last decided one."""
        found = None if digest is None else self._cuts.get(digest)
        return self._root if found is None else found.tips

    def signals(self, cut: Iterable[Tip], parent: bytes | None) -> list[bytes]:
        """The signals of a cut in their order, without those that the proposal ``parent`` and all before it had."""
        return self.pool.signals(cut, self._rank, self.cut_of(parent))

    def propose(
        self, now: int, round_: int, subject: bytes, data: bytes, cut: tuple[Tip, ...] = ()
    ) -> Effects:
        """Moves the block that was made of a cut."""
        record_vote, carried = self.pool.record_vote(cut), Cut(cut, data).to_bytes()
        effects = self.orderer.propose(now, round_, subject, carried)
        moved = [
            self.orderer.own_proposal(round_),
            *(each.certificate.ballot.value for each in effects.decisions),
        ]
        if moved[-1] is not None:
            # Who votes alone has decided it by now.
            self._cuts.setdefault(moved[-1], OpenCut(round_, data_digest(carried), cut))
        return self._finish(
            now, replace(effects, vote_records=(*record_vote, *effects.vote_records))
        )

    def judge(self, now: int, digest: bytes, good: bool, wanted: bool = True) -> Effects:
        """Whether a block is what its cut makes of its parent; who votes for it keeps its batches for good.

        A good one that is not ``wanted`` gets no vote of this validator, which follows it where a quorum decides it.
        """
        votes = good and wanted and digest in self._cuts
        record_vote = self.pool.record_vote(self._cuts[digest].tips) if votes else ()
        effects = self.orderer.judge(now, digest, good, wanted)
        return self._finish(
            now, replace(effects, vote_records=(*record_vote, *effects.vote_records))
        )

    def hear(self, now: int, decision: Decision) -> Effects:
        """A decision that came with its block. Raises ProofError as ``Decision.verify``."""
        return self.deliver(now, b"", write(decision))

    def settle(self, now: int, data: bytes) -> Effects:
        """What travelled with the proposal ``lacking``. Raises ProofError ``"batch"`` for anything else."""
        if self.lacking is not None:
            cut = cut_of(self.lacking, data)
            self.lacking = None
            self._settle(cut.tips)
        return self._finish(now, Effects())

    def kept_records(self) -> tuple[VoteRecord, ...]:
        """Vote records of the mempool that still matter; those of rounds do above the last decided one."""
        return self.pool.kept_records()

    def _settle(self, tips: tuple[Tip, ...]) -> None:
        self._root = tips
        self.pool.release_cut(tips)
        self._yields.keep(self.pool.waiting(tips))

    def _finish(self, now: int, effects: Effects) -> Effects:
        self._note(effects)
        if self._has_news() and not self.orderer.is_roused:
            more = self.orderer.rouse(now)
            self._note(more)
            effects = _join(effects, more)
        open_, effects = [*self._early, *effects.inquiries], replace(effects, inquiries=())
        self._early.clear()
        if self.lacking is not None:
            self._early, open_ = open_, []
        while open_:
            more = self._look(now, open_.pop(0))
            self._note(more)
            open_.extend(more.inquiries)
            effects = _join(effects, replace(more, inquiries=()))
        ready = [pair for pair in self._waiting if self.pool.is_here(pair[1].tips)]
        self._waiting = [pair for pair in self._waiting if pair not in ready]
        asked: list[ValidationRequest] = []
        for inquiry, cut in ready:
            if self.pool.follows(cut.tips, self.cut_of(inquiry.proposal.parent)):
                asked.append(inquiry._replace(data=cut.data))
            else:
                more = self.orderer.judge(now, inquiry.digest, False)
                self._note(more)
                effects = _join(effects, more)
        return replace(effects, inquiries=tuple(asked))

    def _has_news(self) -> bool:
        """Whether something is in no decided block."""
        waiting = self.pool.waiting(self._root)
        if not self._weighs or any(map(self._yields.brings, waiting)):
            return bool(waiting)
        me = self.pool.author
        return me is not None and self.is_crowded(me, self.pool.cut(), self._root)

    def _look(self, now: int, inquiry: ValidationRequest) -> Effects:
        """A proposal whose cut is none, or goes back behind its parent's, is bad; another waits for its cut."""
        try:
            cut = Cut.from_bytes(inquiry.data)
            numbers = {tip.author: tip.number for tip in cut.tips}
            before = self.cut_of(inquiry.proposal.parent)
            goes_back = any(tip.number > numbers.get(tip.author, 0) for tip in before)
            if goes_back or not set(numbers) <= set(self.pool.authors):
                raise ProofError("batch", "the cut leaves out what its parent had")
        except ProofError:
            return self.orderer.judge(now, inquiry.digest, False)
        number = self.orderer.number(inquiry.proposal)
        self._cuts[inquiry.digest] = OpenCut(number, inquiry.proposal.data, cut.tips)
        self._waiting.append((inquiry, cut))
        return Effects() if self.pool.is_here(cut.tips) else self.pool.want(now, cut.tips)

    def _note(self, effects: Effects) -> None:
        """What was decided lets its batches go."""
        for decision in effects.decisions:
            number = self.orderer.number(decision.proposal)
            tips = self._decided_cut(decision)
            if tips is not None:
                self.lacking = None
                self._settle(tips)
            elif decision.proposal.data != data_digest(b""):
                self.lacking = decision.proposal
            self._cuts = {key: each for key, each in self._cuts.items() if each.number > number}
            self._waiting = [pair for pair in self._waiting if self.is_open(pair[0].proposal)]
            self._early = [each for each in self._early if self.is_open(each.proposal)]
        if self.round != self._noted_round:
            self._noted_round, holds = self.round, self.orderer.holds
            self._cuts = {key: each for key, each in self._cuts.items() if holds(key)}
            self._waiting = [pair for pair in self._waiting if holds(pair[0].digest)]
            self._early = [each for each in self._early if holds(each.digest)]

    def _decided_cut(self, decision: Decision) -> tuple[Tip, ...] | None:
        """What was decided may name what another proposal named, whose cut is known; None where none is."""
        found = self._cuts.get(decision.certificate.ballot.value)
        if found is not None or decision.proposal.data == data_digest(b""):
            return None if found is None else found.tips
        same = (each for each in self._cuts.values() if each.data == decision.proposal.data)
        return next((each.tips for each in same), None)


def _is_ahead(tip: Tip, tips: Mapping[bytes, Tip]) -> bool:
    return tip.author not in tips or tip.number > tips[tip.author].number


def _join(first: Effects, second: Effects) -> Effects:
    parts: dict[str, Any] = {
        name: (*getattr(first, name), *getattr(second, name)) for name in vars(first)
    }
    return Effects(**parts)
