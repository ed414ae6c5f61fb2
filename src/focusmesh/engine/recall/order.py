"""In which order an answer lists particles: by focus, by what the question adds, with or without much of the same."""

from __future__ import annotations

import re
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.recall.documents import passage
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.focus import ContextScores
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.recall.params import RecallParams
    from focusmesh.engine.support.arrays import BoolArray, FloatArray, OffsetArray

DEPTH = 1_000
"""So many particles an answer has at most, over all its pages."""
DIVERSE_DEPTH = 200
"""So many of the first ones take turns where much of the same is to be avoided; the others follow."""
_BLOCK = 64
"""So many values make a block, of which the largest is looked at first."""
_ROOT = 0.5
"""The popularity that divides by a root."""
_WORD = re.compile(r"\w+")


def values_of(
    context: ContextScores,
    entries: OffsetArray,
    shares: FloatArray,
    params: RecallParams,
    divisor: FloatArray,
) -> FloatArray:
    """What particles are listed by: (1 − text)·v + text·w, v ∝ φ_c·φ*^(popularity − 1). O(n)."""
    values = context.scores / divisor
    if params.text:
        values = (1.0 - params.text) / max(float(values.sum()), 1e-300) * values
        values[entries] += params.text * shares
    return values


def divisor_of(known: FloatArray, popularity: float) -> FloatArray:
    """φ*^(1 − popularity), by which values are divided. O(n)."""
    above: FloatArray = np.maximum(known, 1e-300)
    # A tenth of what a power takes.
    return np.sqrt(above) if popularity == _ROOT else above ** (1.0 - popularity)


def best_first(values: FloatArray, allowed: BoolArray | None) -> OffsetArray:
    """The ``DEPTH`` particles of the largest values above 0 among those ``allowed``; equal ones by particle."""
    own = values if allowed is None else np.where(allowed, values, 0.0)
    floor = _below_the_best(own)
    candidates = np.flatnonzero(own >= floor if floor > 0 else own > 0)
    if len(candidates) > DEPTH:
        listed = own[candidates]
        least = np.partition(listed, len(listed) - DEPTH)[len(listed) - DEPTH]
        candidates = candidates[listed >= least]
    return candidates[np.lexsort((candidates, -values[candidates]))][:DEPTH]


def _below_the_best(values: FloatArray) -> float:
    """What the ``DEPTH`` largest values reach: as many blocks have a largest value that does. 0 where it is unknown.

    A selection among the blocks takes a fifth of one among all values.
    """
    blocks = len(values) // _BLOCK
    if blocks <= DEPTH:
        return 0.0
    tops = values[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
    return float(np.partition(tops, blocks - DEPTH)[blocks - DEPTH])


def diversify(graph: LinkView, ranked: OffsetArray, weight: float, wanted: int) -> OffsetArray:
    """``ranked`` with its first ``DIVERSE_DEPTH`` in turns by weight·relevance − (1 − weight)·likeness.

    Maximal marginal relevance (J. Carbonell, J. Goldstein, SIGIR 1998): relevance falls evenly from 1 to 0 along the
    ranking, likeness is the largest cosine of words with a particle before it, of neighbours where there are none.
    Only the first ``wanted`` are put in turn; a longer list begins with the shorter one.
    """
    pool = ranked[:DIVERSE_DEPTH]
    features = [_features(graph, int(particle)) for particle in pool]
    relevance = 1.0 - np.arange(len(pool)) / max(len(pool), 1)
    likeness, waiting, taken = np.zeros(len(pool)), np.ones(len(pool), dtype=bool), []
    for _ in range(min(wanted, len(pool))):
        gain = np.where(waiting, weight * relevance - (1.0 - weight) * likeness, -np.inf)
        one = int(np.argmax(gain))
        waiting[one] = False
        taken.append(one)
        for other in np.flatnonzero(waiting):
            likeness[other] = max(likeness[other], _cosine(features[one], features[other]))
    return np.concatenate((pool[taken], pool[waiting], ranked[DIVERSE_DEPTH:]))


def verified_diversity(weight: float | None) -> float | None:
    """``mmr`` as it stands; raises ParameterError unless it is from 0 to 1."""
    plain = isinstance(weight, Real) and not isinstance(weight, bool)
    if weight is not None and not (plain and 0 <= weight <= 1):
        raise ParameterError(
            f"mmr = {weight!r} must be from 0 (what differs) to 1 (what matters), or None"
        )
    return None if weight is None else float(weight)


def _features(graph: LinkView, particle: int) -> frozenset[str | int]:
    """The words of a particle, or its neighbours where it has none."""
    name = graph.particles[particle]
    text = "" if graph.texts is None else str(graph.texts[particle])
    if text or isinstance(name, str):
        return frozenset(_WORD.findall(passage(name, text).lower()))
    structure = graph.structure
    at = int(structure.position[particle])
    return frozenset([*structure.out_row(at)[0].tolist(), *structure.in_row(at)[0].tolist()])


def _cosine(one: frozenset[str | int], other: frozenset[str | int]) -> float:
    if not one or not other:
        return 0.0
    return float(len(one & other) / np.sqrt(len(one) * len(other)))
