"""A focus that stays where it was made: figures here, scores with the workers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import Ranked, relevance_of
from focusmesh.errors import InputError
from focusmesh.host.cluster.results import close_folder, open_folder
from focusmesh.host.cluster.tasks import kind_task, scores_task, top_task, write_task

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from focusmesh.engine.cluster import PartBest
    from focusmesh.engine.focus import FocusParams
    from focusmesh.host.cluster.cluster_graph import ClusterGraph


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a focus took on one worker: its particles, time, bytes that it sent to others."""

    particles: int
    seconds: float
    sent_bytes: int
    waited: float


@dataclass(frozen=True)
class ClusterFocus:
    """The focus of a partitioned graph. The true distribution differs from the scores by at most ``bound`` in L1.

    ``sweeps`` are applications of R, and what stands in for it, that this took; ``seconds`` the time, ``workers`` what
    it took on each. Scores stay with the workers: ``top``, ``score`` and ``write`` ask them. Once the graph was
    edited or another focus was asked for they raise InputError: ask for the focus again.
    """

    params: FocusParams
    tolerance: float
    residual: float
    bound: float
    particle_count: int
    sweeps: int
    seconds: float
    workers: tuple[WorkerReport, ...]
    graph: ClusterGraph = field(repr=False, compare=False)
    moment: int = field(repr=False, compare=False)

    @property
    def bytes_per_sweep(self) -> int:
        """What all workers sent each other, by sweeps."""
        return sum(worker.sent_bytes for worker in self.workers) // max(self.sweeps, 1)

    @property
    def straggler(self) -> int:
        """The worker for which the others waited: who waited least itself."""
        waited = [worker.waited for worker in self.workers]
        return waited.index(min(waited))

    def top(self, count: int = 10) -> list[Ranked]:
        """The ``count`` best particles, each marked with whether the bound separates it from the next."""
        told = self._ask(top_task, count + 1)
        return merge_best(told, count, self.bound)

    def score(self, name: Hashable) -> float:
        """Score of one particle; raises UnknownParticleError."""
        return self.scores([name])[0]

    def scores(self, names: Iterable[Hashable]) -> list[float]:
        """Scores of some particles, in one round."""
        numbers = self.graph.names.numbers(list(names))
        found: list[float] = np.sum(self._ask(scores_task, numbers), axis=0).tolist()
        return found

    def write(self, folder: str) -> None:
        """All scores as Parquet, ``particle`` and ``score``, one file a worker, written by the workers.

        ``folder`` is a path that all workers see, or a URL of fsspec. ``_focus.json`` is written last, with the bound.
        Raises FileError where the disk is full: what was there before is then no complete folder any more.
        """
        kinds = {kind for kind in self._ask(kind_task) if kind is not None}
        open_folder(folder)
        kind = kinds.pop() if len(kinds) == 1 else "string"
        files = self._ask(write_task, str(folder), kind)
        told = {
            "particles": self.particle_count,
            "tolerance": self.tolerance,
            "residual": self.residual,
            "bound": self.bound,
            "params": asdict(self.params),
        }
        close_folder(str(folder), told, files)

    def _ask(self, task: Any, *arguments: Any) -> list[Any]:
        if self.graph.moment != self.moment:
            raise InputError(
                "these scores are out of date: the graph was edited, or another focus was computed; "
                "ask for the focus again"
            )
        return self.graph.group.run(task, *arguments)

    def __repr__(self) -> str:
        return (
            f"<ClusterFocus of {self.particle_count:,} particles on {len(self.workers)} workers, "
            f"bound {self.bound:.1e}>"
        )


def merge_best(told: list[PartBest], count: int, bound: float) -> list[Ranked]:
    """The best of what workers listed, ties by number; with their relevance where global scores are told.

    Parts know no bounds of single scores: each is within half of what all are off by together.
    """
    rows = sorted((row for best in told for row in _rows(best)), key=lambda row: row[:2])
    gaps = [low[0] - high[0] for high, low in pairwise(rows[: count + 1])] + [math.inf]
    return [
        Ranked(at + 1, name, -below, gaps[at] > bound, relevance, bound / 2)
        for at, (below, _, name, relevance) in enumerate(rows[:count])
    ]


def _rows(best: PartBest) -> list[tuple[float, int, Hashable, float | None]]:
    """What sorts a particle, its name, and its relevance."""
    scores, numbers = best.scores.tolist(), best.particles.tolist()
    known = [None] * len(scores) if best.known is None else best.known.tolist()
    return [
        (-score, number, name, None if before is None else relevance_of(score, before))
        for score, number, name, before in zip(scores, numbers, best.names, known, strict=True)
    ]
