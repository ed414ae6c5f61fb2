"""One layer of a compiled model in NumPy, in its forms: the reference that exported files are held against.

A layer is x ← R(x) for vectors of mass 1. Vectors stand as the columns of ``x``, shape (n, c), one a context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

    from focusmesh.engine.compile.heads import Heads
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.support.arrays import FloatArray


class Layer(Protocol):
    """R in one form; ``drawn`` is the teleport of each context, of mass 1."""

    def apply(self, x: FloatArray, drawn: FloatArray) -> FloatArray:
        """R(x), shape (n, c)."""


@dataclass(frozen=True)
class DenseLayer:
    """All heads in one square matrix, as attention over a context of up to 4,096 particles gives it."""

    matrix: FloatArray
    params: FocusParams

    def apply(self, x: FloatArray, drawn: FloatArray) -> FloatArray:
        return self.matrix.T @ x + self.params.gap * drawn


@dataclass(frozen=True)
class EdgeLayer:
    """One product along the links of the mixed directed heads, and K along those of the undirected one."""

    walk: sparse.csr_array
    both_ways: sparse.csr_array
    fallen: FloatArray
    params: FocusParams

    def apply(self, x: FloatArray, drawn: FloatArray) -> FloatArray:
        params, count = self.params, len(self.fallen)
        image: FloatArray = self.walk @ x
        image += (self.fallen @ x)[None, :] / count
        image *= params.diffusion * (1 - params.alpha)
        image += params.gap * drawn
        moved = x
        for k, coefficient in enumerate(params.coefficients):
            moved = self.both_ways @ moved if k else moved
            image += coefficient * moved
        return image


def edge_layer(heads: Heads, params: FocusParams) -> EdgeLayer:
    """The exact layer over lists of links."""
    return EdgeLayer(
        walk=heads.walk().T.tocsr(),
        both_ways=heads.both_ways().T.tocsr(),
        fallen=heads.fallen(),
        params=params,
    )


def dense_layer(heads: Heads, params: FocusParams) -> DenseLayer:
    """The exact layer as masked attention: the softmax of ln A where there are links, −∞ elsewhere."""
    count, width = heads.particle_count, heads.head_count + 1
    logits = np.full((width, count, count), -np.inf)
    source = heads.row_source[heads.row]
    logits[heads.row_head[heads.row], source, heads.target] = heads.logit
    row, other, logit = heads.undirected_steps()
    logits[-1, row, other] = logit
    gate = gates(heads)
    # A row of −∞ alone would be NaN, whatever it is multiplied by afterwards.
    logits = np.where(gate[:, :, None] > 0, logits, 0.0)
    raised = np.exp(logits - logits.max(axis=2, keepdims=True))
    return mix_heads(raised / raised.sum(axis=2, keepdims=True), gate, params)


def normalise_attention(scores: FloatArray) -> FloatArray:
    """Scores clipped at 0 and scaled row by row; a row of which nothing is left falls to u0."""
    clipped = np.maximum(scores, 0.0)
    total = clipped.sum(axis=1, keepdims=True)
    return np.where(total > 0, clipped / np.where(total > 0, total, 1.0), 1 / len(scores))


def gates(heads: Heads) -> FloatArray:
    """The gates of all heads, 0 where a row has no links; that of the last, the undirected head, is 1 where it has."""
    gate = np.zeros((heads.head_count + 1, heads.particle_count))
    gate[heads.row_head, heads.row_source] = heads.gate
    gate[-1] = ~heads.is_isolated()
    return gate


def mix_heads(attention: FloatArray, gate: FloatArray, params: FocusParams) -> DenseLayer:
    """The matrix of a layer from the attention of its heads, shape (h + 1, n, n), and their gates, shape (h + 1, n).

    What the gates of the directed heads leave over falls to u0; what that of the undirected head leaves over stays.
    """
    count = gate.shape[1]
    gated = attention * gate[:, :, None]
    fallen = 1.0 - gate[:-1].sum(axis=0)
    walk = gated[:-1].sum(axis=0) + fallen[:, None] / count
    matrix = params.diffusion * (1 - params.alpha) * walk
    if params.coefficients:
        both_ways = gated[-1] + np.diag(1.0 - gate[-1])
        matrix += series(both_ways, params.coefficients)
    return DenseLayer(matrix, params)


def series(step: FloatArray, coefficients: tuple[float, ...]) -> FloatArray:
    """Σ c_k·stepᵏ by Horner's rule."""
    identity = np.eye(len(step))
    found = coefficients[-1] * identity
    for coefficient in coefficients[-2::-1]:
        found = found @ step + coefficient * identity
    return found


def layers_for(params: FocusParams, tolerance: float) -> int:
    """L(ε) = ⌈ln(2/ε) / ln(1/κ)⌉, at least 1: after so many layers the L1 error is at most ``tolerance``."""
    if params.kappa <= 0 or tolerance >= 2 * params.kappa:
        return 1
    return int(np.ceil(np.log(2 / tolerance) / np.log(1 / params.kappa)))
