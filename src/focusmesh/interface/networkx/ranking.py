"""PageRank and HITS with the arguments, results and exceptions of NetworkX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.interface.networkx.adjacency import Adjacency
    from focusmesh.interface.networkx.conversion import ConvertedGraph

_NOISE, _STEPS_MAX = 1e-9, 10_000


def pagerank(
    G: ConvertedGraph,
    alpha: float = 0.85,
    personalization: Mapping[Hashable, float] | None = None,
    max_iter: int = 100,
    tol: float = 1.0e-6,
    nstart: Mapping[Hashable, float] | None = None,
    weight: Hashable | None = "weight",
    dangling: Mapping[Hashable, float] | None = None,
) -> dict[Hashable, float]:
    """``networkx.pagerank``: the same power iteration, so the same vector and the same number of steps.

    Raises PowerIterationFailedConvergence when the L1 change is not below n·tol after ``max_iter`` steps, and
    ZeroDivisionError when ``personalization`` adds up to 0. O(m) a step.
    """
    if not len(G):
        return {}
    adjacency = G.adjacency(weight)
    x = shares(G.nodes, nstart)[adjacency.order]
    teleport = personal_shares(G.nodes, personalization)[adjacency.order]
    landing = teleport if dangling is None else shares(G.nodes, dangling)[adjacency.order]
    for _ in range(max_iter):
        moved = alpha * adjacency.follow(x, landing) + (1 - alpha) * teleport
        change = float(np.abs(moved - x).sum())
        x = moved
        if change < len(G) * tol:
            return _by_node(G, adjacency, x)
    raise convergence_error(max_iter)


def hits(
    G: ConvertedGraph,
    max_iter: int = 100,
    tol: float = 1.0e-8,
    nstart: Mapping[Hashable, float] | None = None,
    normalized: bool = True,
    method: str = "svd",
) -> tuple[dict[Hashable, float], dict[Hashable, float]]:
    """``networkx.hits``: the leading right singular vector of A (authorities) and A times it (hubs).

    Either ``method`` of NetworkX 3.7 ("svd", "power_iteration") is answered by this one; ValueError for others.
    ``max_iter`` and ``tol`` are those of ARPACK's Lanczos iteration, as in NetworkX. It starts from ``nstart`` or
    uniformly, so two runs give the same result, and no entry is negative. Raises PowerIterationFailedConvergence.
    """
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, svds

    if method not in ("svd", "power_iteration"):
        raise ValueError(f"method not supported: {method}")
    if not len(G):
        return {}, {}
    if max_iter <= 0:
        raise convergence_error(max_iter)
    adjacency = G.adjacency("weight")
    operator = LinearOperator(
        shape=(len(G), len(G)),
        matvec=lambda y: adjacency.outward(y.ravel()),
        rmatvec=lambda x: adjacency.inward(x.ravel()),
        dtype=np.float64,
    )
    start = vector(G.nodes, nstart)[adjacency.order]
    try:
        _, _, rows = svds(operator, k=1, v0=start, maxiter=max_iter, tol=tol)
    except ArpackNoConvergence as error:
        raise convergence_error(max_iter) from error
    authorities = _without_signs(rows[0], adjacency)
    hubs = adjacency.outward(authorities)
    if normalized:
        hubs, authorities = hubs / hubs.sum(), authorities / authorities.sum()
    return _by_node(G, adjacency, hubs), _by_node(G, adjacency, authorities)


def _without_signs(found: FloatArray, adjacency: Adjacency) -> FloatArray:
    """A leading vector of AᵀA without negative entries, which exists since A has none.

    Where the largest singular value is not simple, Lanczos may find a vector of mixed signs; power iteration from
    the uniform vector then gives the one that HITS means (J. Kleinberg, J. ACM 46 (1999) 604, section 3).
    """
    signed = found if found.sum() >= 0 else -found
    if signed.min() >= -_NOISE * signed.max():
        return np.maximum(signed, 0.0)
    x = np.full(len(found), len(found) ** -0.5)
    for _ in range(_STEPS_MAX):
        moved = adjacency.inward(adjacency.outward(x))
        moved /= np.linalg.norm(moved)
        change = float(np.abs(moved - x).max())
        x = moved
        if change < _NOISE:
            return x
    raise convergence_error(_STEPS_MAX)


def vector(nodes: list[Hashable], weights: Mapping[Hashable, float] | None) -> FloatArray:
    """Weights in node order, 0 where there is none, 1 everywhere for None; other keys are passed over."""
    if weights is None:
        return np.ones(len(nodes))
    return np.array([weights.get(node, 0) for node in nodes], dtype=np.float64)


def shares(nodes: list[Hashable], weights: Mapping[Hashable, float] | None) -> FloatArray:
    """``vector`` scaled to the sum 1; NaN, with which nothing converges, where the sum is 0."""
    drawn = vector(nodes, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled: FloatArray = drawn / drawn.sum()
    return scaled


def personal_shares(nodes: list[Hashable], weights: Mapping[Hashable, float] | None) -> FloatArray:
    """``shares``; raises ZeroDivisionError where the sum is 0."""
    drawn = vector(nodes, weights)
    if drawn.sum() == 0:
        raise ZeroDivisionError("the personalization values add up to 0")
    return shares(nodes, weights)


def _by_node(G: ConvertedGraph, adjacency: Adjacency, x: Any) -> dict[Hashable, float]:
    return dict(zip(G.nodes, x[adjacency.position].tolist(), strict=True))


def convergence_error(steps: int) -> Exception:
    """NetworkX's exception for an iteration that did not converge."""
    from networkx import PowerIterationFailedConvergence

    failure: Exception = PowerIterationFailedConvergence(steps)
    return failure
