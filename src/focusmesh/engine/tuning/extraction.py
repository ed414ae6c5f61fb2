"""Links that are not there: the pairs that a method puts nearest to one, best first.

A model says how much more of its focus lies on j as seen from i than without a context, the lift φ_i(j)/φ(j). A pair
counts d_i·lift_i(j) + d_j·lift_j(i), d being the neighbours that an end has: who has many is likelier to lack one.
Scores as they are, and shares of what could be linked, were tried and found less than half as many links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.support.progress import Throttle
from focusmesh.engine.tuning.baselines import scores_of
from focusmesh.engine.tuning.split import keys

if TYPE_CHECKING:
    from focusmesh.engine.compile import CompiledModel, Heads
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress
    from focusmesh.engine.tuning.link_scores import Scorer
    from focusmesh.engine.tuning.split import Targets

_TOGETHER = 128


@dataclass(frozen=True)
class Pairs:
    """Pairs without a link, strongest first; each goes from the end that asks for it more. Shapes (k,)."""

    source: OffsetArray
    target: OffsetArray
    score: FloatArray


def lifts(model: CompiledModel) -> Scorer:
    """d_i·φ_i(j)/φ(j) by the answers of a model."""
    count, answers = len(model.particles), scores_of(model)
    heads = model.heads
    degree = np.bincount(np.append(heads.first, heads.second), minlength=count)
    (plain,) = model.trace_layers(np.full((count, 1), 1 / count), [model.layers])

    def score(sources: OffsetArray) -> FloatArray:
        lifted: FloatArray = answers(sources) / plain * degree[sources][None, :]
        return lifted

    return score


def ranked_pairs(
    scorer: Scorer,
    heads: Heads,
    count: int,
    without: Targets | None = None,
    progress: Progress | None = None,
) -> Pairs:
    """The ``count`` strongest pairs that ``heads`` do not link either way, nor ``without``; ties by place. O(n²)."""
    size = heads.particle_count
    scores, told = (
        np.empty((size, size)),
        Throttle(progress, "looking for links", size, "particles"),
    )
    for at in range(0, size, _TOGETHER):
        some = np.arange(at, min(at + _TOGETHER, size))
        scores[some] = scorer(some).T
        told.at(at)
    told.finish(size)
    both = scores + scores.T
    both[np.tril_indices(size)] = -np.inf
    both[heads.first, heads.second] = -np.inf
    if without is not None:
        low, high = np.divmod(keys(without.source, without.target, size), size)
        both[low, high] = -np.inf
    flat = both.ravel()
    best = np.argsort(-flat, kind="stable")[: min(count, int(np.isfinite(flat).sum()))]
    first, second = np.divmod(best, size)
    turned = scores[second, first] > scores[first, second]
    return Pairs(np.where(turned, second, first), np.where(turned, first, second), flat[best])


def precision(pairs: Pairs, wanted: Targets, count: int) -> FloatArray:
    """1 for each pair that is among ``wanted``, whichever way round, else 0."""
    asked = keys(wanted.source, wanted.target, count)
    return np.isin(keys(pairs.source, pairs.target, count), asked).astype(np.float64)
