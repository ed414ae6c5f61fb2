"""What one rank answers: its part with its edits, the ledger of the focus that was asked for last, contexts from it.

All ranks are asked the same in the same order. Particles are numbers here: solver positions of the graph as it was
partitioned, then new ones as they came.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.cluster.contexts import PartContexts
from focusmesh.engine.cluster.edited import EditedPart
from focusmesh.engine.cluster.live import PartLedger
from focusmesh.engine.cluster.solve import certify_part
from focusmesh.engine.support.selection import largest
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from focusmesh.engine.cluster.contexts import PartQuery
    from focusmesh.engine.cluster.parts import Part
    from focusmesh.engine.cluster.solve import Keeping, RankReport
    from focusmesh.engine.focus import FocusParams, RankOperator, Ranks
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress


_KINDS = {int: "int64", bytes: "binary", str: "string"}
_LAYOUTS = {"range": "int64", "integers": "int64", "digests": "binary"}


@dataclass(frozen=True, slots=True)
class PartFocus:
    """One rank's word on a focus: ``residual``, ``bound`` and ``pushed`` links of all ranks, and what it took here.

    ``sweeps`` are applications of R and ``sent_bytes`` what went to other ranks since the word before; of ``seconds``
    ``waited`` were spent waiting for others.
    """

    residual: float
    bound: float
    sweeps: int
    pushed: int
    seconds: float
    sent_bytes: int
    waited: float
    particles: int


@dataclass(frozen=True, slots=True)
class PartBest:
    """Own particles, best first: their numbers, names, scores and, in a context, global scores."""

    particles: OffsetArray
    names: list[Hashable]
    scores: FloatArray
    known: FloatArray | None = None
    bound: float = 0.0
    visits: int = 0


@dataclass(frozen=True, slots=True)
class EditBatch:
    """Weights of pairs of particles, to be set or, where ``adding``, added; ``fresh`` names new particles."""

    source: OffsetArray
    target: OffsetArray
    weight: FloatArray
    adding: bool
    fresh: tuple[Hashable, ...] = ()


class PartGraph:
    """One rank's share of an opened graph."""

    def __init__(self, part: Part, base: RankOperator, ranks: Ranks) -> None:
        """``base`` is R on the part."""
        self.edited = EditedPart(part, base, ranks)
        self._names = part.names
        self._fresh: dict[Hashable, int] = {}
        self._ledger: PartLedger | None = None
        self._contexts: PartContexts | None = None

    @property
    def ledger(self) -> PartLedger:
        """The ledger of the focus that was asked for last."""
        if self._ledger is None:
            raise ParameterError("there is no focus yet: ask for the focus of the graph first")
        return self._ledger

    @property
    def name_kind(self) -> str | None:
        """Arrow's name for what own particles are called by, None where there are none."""
        kinds = {_KINDS.get(type(name), "string") for name in self._fresh}
        if len(self._names):
            kinds.add(_LAYOUTS.get(self._names.kind, "string"))
        return "string" if len(kinds) > 1 else next(iter(kinds), None)

    def find(self, names: Sequence[Hashable]) -> OffsetArray:
        """The numbers of those of ``names`` that live here, −1 for others. No other rank is asked."""
        edits, base = self.edited.edits, self.edited.edits.bounds[self.edited.edits.rank]
        found = np.full(len(names), -1, dtype=np.int64)
        for at, name in enumerate(names):
            own = self._names.find(name)
            if own is not None:
                found[at] = base + own
            elif name in self._fresh:
                index = np.array([self._fresh[name]])
                found[at] = int(edits.particle_of(index)[0])
        return found

    def weights(self, source: OffsetArray, target: OffsetArray) -> FloatArray:
        """What pairs weigh whose source lives here, 0 for others. No other rank is asked."""
        return self.edited.edits.weights(source, target)

    def focus(
        self,
        params: FocusParams,
        tolerance: float,
        keeping: Keeping | None = None,
        progress: Progress | None = None,
    ) -> PartFocus:
        """The focus of the graph as it is, from where the ledger stands if it is of these parameters.

        ``keeping``: where a solve from the teleport on is kept on its way.
        """
        begun = self._counters()
        ledger, kept = self._ledger, self._ledger is not None and self._ledger.params == params
        if ledger is None or not kept:
            ledger = self._ledger = PartLedger(self.edited, params, tolerance)
            self._contexts = None
            ledger.begin(keeping, progress)
        else:
            ledger.sharpen(tolerance, progress)
        return self._word(ledger, begun)

    def update(self, batch: EditBatch, progress: Progress | None = None) -> PartFocus | None:
        """Edits links, and brings the bound of the ledger back within its tolerance; None where there is no ledger."""
        begun = self._counters()
        edits, ledger = self.edited.edits, self._ledger
        if ledger is not None:
            ledger.open()
        first = edits.own_count
        edits.add_particles(len(batch.fresh))
        numbers = edits.known + edits.fresh - len(batch.fresh) + np.arange(len(batch.fresh))
        mine = np.flatnonzero(edits.owner_of(numbers) == edits.rank)
        self._fresh |= {batch.fresh[at]: first + k for k, at in enumerate(mine.tolist())}
        edits.apply(batch.source, batch.target, batch.weight, adding=batch.adding)
        self.edited.announce_edits()
        if ledger is None:
            return None
        ledger.follow_edits()
        ledger.settle(progress)
        return self._word(ledger, begun)

    def certify(
        self,
        path: str,
        params: FocusParams | None,
        weight_unit: float | None,
        epsilon: float,
        keeping: Keeping | None = None,
        progress: Progress | None = None,
    ) -> RankReport:
        """The certificate of the graph as it was partitioned: see ``certify_part``."""
        edited = self.edited
        if edited.generation:
            raise ParameterError(
                "the graph was edited since it was partitioned: a certificate is of the parts as they lie in their "
                "files; partition the edited graph"
            )
        return certify_part(
            *(edited.part, edited.ranks, path),
            params=params,
            weight_unit=weight_unit,
            epsilon=epsilon,
            keeping=keeping,
            progress=progress,
            structure=edited.structure,
        )

    def top(self, count: int) -> PartBest:
        """The best own particles. No other rank is asked."""
        scores = self.ledger.scores()
        best = largest(scores, count)
        return PartBest(self._numbers(best), self._names_of(best), scores[best])

    def scores_of(self, particles: OffsetArray) -> FloatArray:
        """Scores of particles that live here, 0 for others. No other rank is asked."""
        edits = self.edited.edits
        found = np.zeros(len(particles))
        here = np.flatnonzero(edits.owner_of(particles) == edits.rank)
        found[here] = self.ledger.scores()[edits.index_of(particles[here])]
        return found

    def context(self, query: PartQuery, progress: Progress | None = None) -> PartBest:
        """The best own particles of a context of the ledger's focus; its bound is of all ranks."""
        ledger = self.ledger
        if self._contexts is None:
            self._contexts = PartContexts(self.edited, ledger)
        told = self._contexts.answer(query, progress)
        names = self._names_of(told.own)
        return PartBest(
            self._numbers(told.own), names, told.scores, told.known, told.bound, told.visits
        )

    def rows(self, most: int) -> Iterator[tuple[list[Hashable], FloatArray]]:
        """Names and scores of own particles in their order, at most so many at a time."""
        scores = self.ledger.scores()
        for first in range(0, len(scores), most):
            own = np.arange(first, min(first + most, len(scores)))
            yield self._names_of(own), scores[own]

    def _counters(self) -> tuple[float, int, float]:
        """The time, what was sent, and how long others were waited for, so far."""
        ranks = self.edited.ranks
        return time.perf_counter(), ranks.bytes, ranks.waited

    def _word(self, ledger: PartLedger, begun: tuple[float, int, float]) -> PartFocus:
        sweeps, pushed = ledger.take_counts()
        seconds, sent, waited = (
            now - then for now, then in zip(self._counters(), begun, strict=True)
        )
        return PartFocus(
            residual=ledger.now.residual,
            bound=ledger.now.bound,
            sweeps=sweeps,
            pushed=pushed,
            seconds=seconds,
            sent_bytes=int(sent),
            waited=waited,
            particles=self.edited.edits.own_count,
        )

    def _numbers(self, own: OffsetArray) -> OffsetArray:
        return self.edited.edits.particle_of(own)

    def _names_of(self, own: OffsetArray) -> list[Hashable]:
        fresh, base = list(self._fresh), self.edited.edits.base
        return [self._names[at] if at < base else fresh[at - base] for at in own.tolist()]
