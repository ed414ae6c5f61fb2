"""The low-rank path: one head of rank d in the place of all heads of a layer, beside an exact residual stream.

What a layer does to x is c_0·x, which the residual stream carries, a row-stochastic matrix B times s = κ − c_0, and the
teleport. B is factored with its rows weighted by √φ, so that error is spent where focus is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.linalg import LinearOperator

from focusmesh.engine.compile.factors import factorise
from focusmesh.engine.compile.layers import dense_layer, edge_layer
from focusmesh.engine.compile.truth import solve_contexts
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.compile.factors import Factors
    from focusmesh.engine.compile.heads import Heads
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.support.arrays import FloatArray

_WEIGHTS = 1e-6


def factors_for(heads: Heads, params: FocusParams, form: str, rank: int, method: str) -> Factors:
    """W_Q and W_K with W_Q·W_Kᵀ ≈ B. Raises ParameterError for a method that lists of links do not have."""
    count = heads.particle_count
    uniform = np.full((count, 1), 1 / count)
    weight = np.sqrt(solve_contexts(heads, params, uniform, _WEIGHTS)[:, 0])
    share = remaining(params)
    if form == "dense":
        rows = dense_layer(heads, params).matrix - still(params) * np.eye(count)
        found = factorise(weight[:, None] * rows / share, rank, method)
    elif method == "svd":
        found = factorise(_Weighted(heads, params, weight / share), rank, method)
    else:
        raise ParameterError(f"method {method!r} needs form='dense'; form='edges' has only 'svd'")
    value = found.value
    if value is not None and found.row is not None:
        value = value / weight[found.row]
    left, right = found.left / weight[:, None], np.ascontiguousarray(found.right)
    return replace(found, left=np.ascontiguousarray(left), right=right, value=value)


def still(params: FocusParams) -> float:
    """c_0: the share of x that a layer leaves where it is."""
    return params.coefficients[0] if params.coefficients else 0.0


def remaining(params: FocusParams) -> float:
    """s: what is neither teleport nor stays."""
    return max(1.0 - params.gap - still(params), np.finfo(float).tiny)


class _Weighted(LinearOperator):  # type: ignore[misc]  # SciPy ships no types
    """diag(weight)·s·B without B: a product takes as many passes over the links as a layer."""

    def __init__(self, heads: Heads, params: FocusParams, weight: FloatArray) -> None:
        super().__init__(np.dtype(np.float64), (len(weight), len(weight)))
        self._layer = edge_layer(heads, params)
        self._rows = heads.walk(), heads.both_ways()
        self._weight = weight[:, None]

    def _matmat(self, block: FloatArray) -> FloatArray:
        params, (walk, both_ways) = self._layer.params, self._rows
        landed = self._layer.fallen[:, None] * block.mean(axis=0)
        image = params.diffusion * (1 - params.alpha) * (walk @ block + landed)
        moved = block
        for coefficient in params.coefficients[1:]:
            moved = both_ways @ moved
            image += coefficient * moved
        weighted: FloatArray = self._weight * image
        return weighted

    def _rmatmat(self, block: FloatArray) -> FloatArray:
        drawn = self._weight * block
        image: FloatArray = self._layer.apply(drawn, np.zeros_like(drawn))
        image -= still(self._layer.params) * drawn
        return image


@dataclass(frozen=True)
class FactorLayer:
    """A layer over lists of links with the product of two tall matrices for B; nothing is clipped, so x is scaled."""

    factors: Factors
    params: FocusParams

    def apply(self, x: FloatArray, drawn: FloatArray) -> FloatArray:
        """x ← c_0·x + s·W_K·W_Qᵀ·x + (1 − κ)·u_c, of mass 1."""
        params = self.params
        moved = self.factors.right @ (self.factors.left.T @ x)
        image = still(params) * x + remaining(params) * moved + params.gap * drawn
        scaled: FloatArray = image / image.sum(axis=0)
        return scaled
