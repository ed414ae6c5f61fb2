"""Embeddings of particles by the singular vectors of diag(√φ)·A, and how many dimensions a graph seems to have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from focusmesh.engine.compile.factors import truncated_svd
from focusmesh.engine.focus import graph_focus
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.links import LinkView, Names
    from focusmesh.engine.support.arrays import FloatArray


@dataclass(frozen=True)
class Embedding:
    """``vectors`` is U of diag(√φ)·A ≈ U·diag(σ)·Vᵀ, shape (n, d), in particle order; ``values`` is σ, falling.

    U·Uᵀ·diag(√φ)·A is the best approximation of rank d in Frobenius norm, which is all that is claimed. ``error`` is
    its distance as a share of the whole.
    """

    particles: Names
    vectors: FloatArray
    values: FloatArray
    error: float

    @property
    def d_star(self) -> float:
        """exp of the entropy of σ/Σσ: how many directions the links spread over, of the ``len(values)`` looked at.

        It grows with the truncation, so the two numbers belong together.
        """
        share = (
            self.values[self.values > 0] / self.values.sum() if self.values.any() else np.ones(1)
        )
        return float(np.exp(-(share * np.log(share)).sum()))


def embed(graph: LinkView, dimensions: int = 64, params: FocusParams | None = None) -> Embedding:
    """The first ``dimensions`` singular directions of the links, weighted by the focus of where they come from.

    Raises ParameterError unless 1 ≤ dimensions ≤ n. O((m·d + n·d²)·iterations), dense below 1,024 particles.
    """
    moment = graph.copy()
    if not 1 <= dimensions <= moment.particle_count:
        raise ParameterError(
            f"1 ≤ dimensions ≤ {moment.particle_count} is needed, dimensions = {dimensions!r}"
        )
    return embed_scores(moment, graph_focus(moment, params).scores, dimensions)


def embed_scores(graph: LinkView, scores: FloatArray, dimensions: int) -> Embedding:
    """``embed`` where the focus is known."""
    matrix = weighted_links(graph, scores)
    vectors, values, _ = truncated_svd(matrix, dimensions)
    whole = float((matrix.data**2).sum())
    left = max(0.0, whole - float((values**2).sum()))
    error = float(np.sqrt(left / whole)) if whole else 0.0
    return Embedding(graph.particles, vectors, values, error)


def weighted_links(graph: LinkView, scores: FloatArray) -> sparse.csr_array:
    """diag(√φ)·A in particle order."""
    structure = graph.structure
    source = np.repeat(structure.order, np.diff(structure.out_start))
    target = structure.order[structure.out_target]
    weight = 1.0 if structure.out_weight is None else structure.out_weight.astype(np.float64)
    value = np.sqrt(scores[source]) * weight
    count = structure.particle_count
    return sparse.csr_array(sparse.coo_array((value, (source, target)), shape=(count, count)))
