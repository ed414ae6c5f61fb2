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
_ROOT = 0.5
"""The popularity that divides by a root."""
_WORD = re.compile(r"\w+")


def values_of(
    context: ContextScores, entries: OffsetArray, shares: FloatArray, params: RecallParams
) -> FloatArray:
    """What particles are listed by: (1 − text)·v + text·w, v ∝ φ_c·φ*^(popularity − 1). O(n)."""
    values, known = context.scores, np.maximum(context.known, 1e-300)
    if params.popularity == _ROOT:
        # A tenth of what a power takes.
        values = values / np.sqrt(known)
    elif params.popularity != 1.0:
        values = values * known ** (params.popularity - 1.0)
    if params.text:
        values = (1.0 - params.text) / max(float(values.sum()), 1e-300) * values
        values[entries] += params.text * shares
    return values


def best_first(values: FloatArray, allowed: BoolArray | None) -> OffsetArray:
    """The ``DEPTH`` particles of the largest values above 0 among those ``allowed``; equal ones by particle."""
    own = values if allowed is None else np.where(allowed, values, 0.0)
    least = 0.0
    if len(own) > DEPTH:
        least = float(np.partition(own, len(own) - DEPTH)[len(own) - DEPTH])
    candidates = np.flatnonzero(own >= least if least > 0 else own > 0)
    return candidates[np.lexsort((candidates, -values[candidates]))][:DEPTH]


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
