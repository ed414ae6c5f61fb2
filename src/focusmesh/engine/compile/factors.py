"""Low rank: a row-stochastic matrix as a product of two tall ones, by three methods.

``svd``: the best in Frobenius norm (Eckart and Young 1936), by LAPACK up to 1,024 particles, above by subspace
iteration from a seeded start (N. Halko, P. G. Martinsson, J. A. Tropp, SIAM Review 53, 2011). ``nmf``: of factors ≥ 0,
by hierarchical alternating least squares (A. Cichocki, A.-H. Phan, IEICE E92-A, 2009) from the SVD's positive parts
(C. Boutsidis, E. Gallopoulos, Pattern Recognition 41, 2008). ``sparse+lowrank``: half of the numbers in the largest
entries, half in an SVD of what they leave, in turns (T. Zhou, D. Tao, ICML 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.compile.heads import PlaceArray
    from focusmesh.engine.support.arrays import FloatArray

METHODS = ("svd", "nmf", "sparse+lowrank")
_DENSE_PARTICLES = 1024
_OVERSAMPLED = 10
_ITERATIONS = 4
_NMF_ROUNDS = 200
_TURNS = 8
_SEED = 7


@dataclass(frozen=True)
class Factors:
    """``left @ right.T`` (both (n, d)), and of sparse + low-rank the entries that are kept apart."""

    left: FloatArray
    right: FloatArray
    row: PlaceArray | None = None
    column: PlaceArray | None = None
    value: FloatArray | None = None

    def scores(self) -> FloatArray:
        """All of ``left @ right.T`` with what is kept apart, (n, n)."""
        found: FloatArray = self.left @ self.right.T
        if self.value is not None:
            found[self.row, self.column] += self.value
        return found

    @property
    def number_count(self) -> int:
        """How many numbers are stored; an entry that is kept apart counts as two, for its place and its value."""
        apart = 0 if self.value is None else 2 * len(self.value)
        return self.left.size + self.right.size + apart


def factorise(matrix: Any, rank: int, method: str) -> Factors:
    """``matrix`` of shape (n, n), an array (or for SVD what multiplies like one), with about 2·n·``rank`` numbers."""
    if method == "nmf":
        return _nmf(matrix, rank)
    if method == "sparse+lowrank":
        return _sparse_and_low_rank(matrix, rank)
    left, values, right = truncated_svd(matrix, rank)
    return _pad(left * values, right, rank)


def truncated_svd(matrix: Any, rank: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """U, σ (falling) and V of the ``rank`` largest singular values; of each pair, U's largest entry is positive."""
    rank = min(rank, *matrix.shape)
    if max(matrix.shape) <= _DENSE_PARTICLES:
        dense = matrix @ np.eye(matrix.shape[1])
        left, values, right = np.linalg.svd(dense, full_matrices=False)
        left, values, right = left[:, :rank], values[:rank], right[:rank].T
    else:
        left, values, right = _subspace_svd(matrix, rank)
    strongest = np.abs(left).argmax(axis=0), np.arange(rank)
    signs = np.where(left[strongest] < 0, -1.0, 1.0)
    return left * signs, values, right * signs


def _subspace_svd(matrix: Any, rank: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """O((m·d + n·d²)·iterations)."""
    width = min(rank + _OVERSAMPLED, *matrix.shape)
    block = matrix @ np.random.default_rng(_SEED).standard_normal((matrix.shape[1], width))
    for _ in range(_ITERATIONS):
        block = matrix @ _spread(matrix.T @ _spread(block))
    basis = np.linalg.qr(block)[0]
    inner, values, right = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    return (basis @ inner)[:, :rank], values[:rank], right[:rank].T


def _spread(block: FloatArray) -> FloatArray:
    """Columns of the same span that are nearly orthonormal, by Cholesky: a tenth of the time of a QR."""
    gram = block.T @ block
    gram += max(1e-13 * float(np.trace(gram)), 1e-300) * np.eye(len(gram))
    found: FloatArray = np.linalg.solve(np.linalg.cholesky(gram), block.T).T
    return found


def _nmf(matrix: FloatArray, rank: int) -> Factors:
    left, right = _positive_start(matrix, rank)
    for _ in range(_NMF_ROUNDS):
        _improve_columns(left, matrix @ right, right.T @ right)
        _improve_columns(right, matrix.T @ left, left.T @ left)
    return Factors(left, right)


def _improve_columns(factor: FloatArray, target: FloatArray, gram: FloatArray) -> None:
    """Each column in turn: the best non-negative one while the others stay."""
    for column in range(factor.shape[1]):
        weight = gram[column, column]
        if weight > 0:
            step = (target[:, column] - factor @ gram[:, column]) / weight
            factor[:, column] = np.maximum(factor[:, column] + step, 0.0)


def _positive_start(matrix: FloatArray, rank: int) -> tuple[FloatArray, FloatArray]:
    """Of each singular pair the larger part of one sign, and a little everywhere so that nothing sticks at 0."""
    u, values, v = truncated_svd(matrix, rank)
    left, right = np.zeros((len(matrix), rank)), np.zeros((len(matrix), rank))
    for k, value in enumerate(values):
        parts = [(np.maximum(s * u[:, k], 0), np.maximum(s * v[:, k], 0)) for s in (1, -1)]
        one, other = max(
            parts, key=lambda pair: float(np.linalg.norm(pair[0]) * np.linalg.norm(pair[1]))
        )
        left[:, k], right[:, k] = np.sqrt(value) * one, np.sqrt(value) * other
    little = matrix.mean() / max(rank, 1)
    return left + np.sqrt(little), right + np.sqrt(little)


def _sparse_and_low_rank(matrix: FloatArray, rank: int) -> Factors:
    count = len(matrix)
    kept = min(count * rank // 2, matrix.size)
    inner = max(1, rank // 2)
    apart = np.zeros_like(matrix)
    places = np.zeros(0, dtype=np.int64)
    for _ in range(_TURNS):
        left, values, right = truncated_svd(matrix - apart, inner)
        rest = matrix - (left * values) @ right.T
        places = np.sort(np.argsort(-np.abs(rest), axis=None, kind="stable")[:kept])
        apart = np.zeros_like(matrix)
        apart.flat[places] = rest.flat[places]
    made = _pad(left * values, right, inner)
    row, column = np.divmod(places, max(count, 1))
    return Factors(
        made.left,
        made.right,
        row.astype(np.int32),
        column.astype(np.int32),
        apart.flat[places].copy(),
    )


def _pad(left: FloatArray, right: FloatArray, rank: int) -> Factors:
    """With columns of 0 where the matrix had no more singular values."""
    short = ((0, 0), (0, rank - left.shape[1]))
    return Factors(np.pad(left, short), np.pad(right, short))
