"""How well links that were kept out are found: the rank of each among all that could be linked instead.

From the source of a link all particles are candidates but itself and what it is known to link to otherwise. AUC is the
share of candidates behind the right one (a tie counts half), so it is exact: no negatives are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from focusmesh.engine.evaluation import Resampled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.engine.support.arrays import BoolArray, FloatArray, OffsetArray
    from focusmesh.engine.tuning.split import Targets

Scorer: TypeAlias = "Callable[[OffsetArray], FloatArray]"
"""Places of sources (c,) → scores of all particles from there, (n, c); larger is likelier."""

_TOGETHER = 64
_HITS = 10


@dataclass(frozen=True)
class LinkRanks:
    """One entry a link that was kept out: its rank (1 is best, ties in the middle) and its AUC."""

    rank: FloatArray
    auc: FloatArray

    @property
    def reciprocal(self) -> FloatArray:
        """1/rank, whose mean is the MRR."""
        return 1.0 / self.rank

    @property
    def hits(self) -> FloatArray:
        """1 where the rank is 10 or better."""
        return (self.rank <= _HITS).astype(np.float64)

    def measures(self) -> Mapping[str, FloatArray]:
        """Each measure, link by link."""
        return {"auc": self.auc, "mrr": self.reciprocal, "hits@10": self.hits}


def found(scorer: Scorer, wanted: Targets, known: Targets, count: int) -> LinkRanks:
    """Ranks of ``wanted`` where ``known`` links are no candidates. O(n) a link."""
    sources, place = np.unique(wanted.source, return_inverse=True)
    linked = LinkRows.of(known, count)
    ranks, areas = np.empty(len(wanted)), np.empty(len(wanted))
    for at in range(0, len(sources), _TOGETHER):
        some = sources[at : at + _TOGETHER]
        scores, allowed = scorer(some), linked.free_targets(some)
        for row in np.flatnonzero((place >= at) & (place < at + len(some))):
            column, target = place[row] - at, wanted.target[row]
            own = scores[target, column]
            others = allowed[:, column].copy()
            others[target] = False
            rivals = scores[others, column]
            above, level = np.count_nonzero(rivals > own), np.count_nonzero(rivals == own)
            ranks[row] = 1 + above + level / 2
            areas[row] = 1 - (above + level / 2) / max(len(rivals), 1)
    return LinkRanks(ranks, areas)


@dataclass(frozen=True)
class LinkRows:
    """What each particle links to, by rows."""

    starts: OffsetArray
    target: OffsetArray
    count: int

    @classmethod
    def of(cls, links: Targets, count: int) -> LinkRows:
        order = np.argsort(links.source, kind="stable")
        sizes = np.bincount(links.source, minlength=count)
        return cls(np.concatenate(([0], np.cumsum(sizes))), links.target[order], count)

    def free_targets(self, sources: OffsetArray) -> BoolArray:
        """Which particles could be linked anew from each source, (n, c)."""
        free = np.ones((self.count, len(sources)), dtype=np.bool_)
        for column, source in enumerate(sources.tolist()):
            free[self.target[self.starts[source] : self.starts[source + 1]], column] = False
            free[source, column] = False
        return free


def interval(values: FloatArray) -> tuple[float, float, float]:
    """Mean, and between which values it lies in 95 % of 2,000 bootstrap samples; not a number for no values."""
    if not len(values):
        return float("nan"), float("nan"), float("nan")
    told = Resampled(len(values)).interval(values)
    return told.mean, told.low, told.high
