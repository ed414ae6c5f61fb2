"""The oracle: R as a dense matrix and its fixed point by elimination, for graphs of up to 2,000 particles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import FloatArray

PARTICLES_MAX = 2_000


def dense_walk(links: LinkColumns) -> tuple[FloatArray, FloatArray, FloatArray]:
    """P (dangling columns 0), Q and the dangling mask of docs/explanation/operator.md, in particle order."""
    count = len(links.particles)
    if count > PARTICLES_MAX:
        raise InputError(f"the dense oracle takes up to {PARTICLES_MAX} particles, not {count}")
    amount = np.ones(len(links)) if links.weight is None else links.weight.astype(np.float64)
    weights = np.zeros((count, count))
    np.add.at(weights, (links.source, links.target), amount)
    np.fill_diagonal(weights, 0.0)
    out_total = weights.sum(axis=1)
    walk = np.divide(weights.T, out_total, out=np.zeros_like(weights), where=out_total > 0)
    either = weights + weights.T
    degree = either.sum(axis=1)
    mixed = np.divide(either, degree, out=np.zeros_like(weights), where=degree > 0)
    mixed[np.diag_indices(count)] += degree == 0
    return walk, mixed, (out_total == 0).astype(np.float64)


def dense_linear(links: LinkColumns, params: FocusParams, u0: FloatArray) -> FloatArray:
    """R without its teleport: the matrix M of R(x) = M x + diffusion·α·u·Σx."""
    walk, mixed, dangling = dense_walk(links)
    matrix = params.diffusion * (1 - params.alpha) * (walk + np.outer(u0, dangling))
    power = np.eye(len(walk))
    for k, coefficient in enumerate(params.coefficients):
        power = mixed @ power if k else power
        matrix += coefficient * power
    return matrix


def dense_focus(
    links: LinkColumns,
    params: FocusParams,
    u: FloatArray | None = None,
    u0: FloatArray | None = None,
) -> FloatArray:
    """φ* by solving (I − M)·φ = diffusion·α·u, in particle order. O(n³) time, O(n²) memory."""
    count = len(links.particles)
    uniform = np.full(count, 1 / max(count, 1))
    teleport, landing = uniform if u is None else u, uniform if u0 is None else u0
    matrix = np.eye(count) - dense_linear(links, params, landing)
    fixed = np.linalg.solve(matrix, params.diffusion * params.alpha * teleport)
    return np.asarray(fixed / fixed.sum(), dtype=np.float64)
