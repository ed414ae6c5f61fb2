"""FocusRank: focus as a scikit-learn estimator of adjacency matrices. Needs the extra ``sklearn``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import FocusParams
from focusmesh.engine.graph import Graph
from focusmesh.errors import InputError, MissingExtraError

try:
    from sklearn.base import BaseEstimator
    from sklearn.utils.validation import check_non_negative, validate_data
except ImportError as error:
    raise MissingExtraError("sklearn", "FocusRank") from error

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from focusmesh.engine.support.arrays import FloatArray

_SPARSE = ("csr", "csc", "coo")


class FocusRank(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Ranks the nodes of a graph, given as its square adjacency matrix: entry (i, j) ≥ 0 is the weight of i → j.

    ``alpha`` … ``terms`` are those of FocusParams. ``tolerance`` is on the bound, ``beta`` the share of the teleport
    that seeds draw, ``solver`` ``"auto"`` or one of SOLVERS. ``teleport`` and ``dangling`` (shape (n,), or node →
    weight; default uniform) say where teleport and the mass of nodes without links go. The diagonal does not rank.

    After ``fit``: ``scores_`` (float64, shape (n,), they add up to 1), ``bound_`` (on their L1 error), ``n_iter_``
    (applications of the operator), ``focus_``, ``graph_``, ``seeds_`` (the weights given, or None),
    ``n_features_in_`` = n.
    """

    def __init__(
        self,
        alpha: float = 0.15,
        mu: float = 1.0,
        tau: float = 1.0,
        diffusion: float = 0.5,
        springs: float = 0.3,
        heat: float = 0.2,
        terms: int = 8,
        tolerance: float = 1e-6,
        beta: float = 0.5,
        solver: str = "auto",
        teleport: Any = None,
        dangling: Any = None,
    ) -> None:
        self.alpha = alpha
        self.mu = mu
        self.tau = tau
        self.diffusion = diffusion
        self.springs = springs
        self.heat = heat
        self.terms = terms
        self.tolerance = tolerance
        self.beta = beta
        self.solver = solver
        self.teleport = teleport
        self.dangling = dangling

    @classmethod
    def pagerank(cls, damping: float = 0.85, **others: Any) -> FocusRank:
        """PageRank: diffusion alone."""
        return cls(alpha=1.0 - damping, diffusion=1.0, springs=0.0, heat=0.0, **others)

    @classmethod
    def eigentrust(cls, pretrusted: Any, alpha: float = 0.15, **others: Any) -> FocusRank:
        """EigenTrust on a matrix of local trust ≥ 0: see ``focusmesh.eigentrust``.

        ``pretrusted`` (shape (n,), or node → weight) is where teleport and the mass of those who trust nobody go.
        """
        return cls(
            alpha=alpha,
            diffusion=1.0,
            springs=0.0,
            heat=0.0,
            teleport=pretrusted,
            dangling=pretrusted,
            **others,
        )

    def fit(self, A: Any, y: Any = None, weights: Mapping[int, float] | None = None) -> FocusRank:
        """Ranks the nodes of ``A`` (sparse or dense, shape (n, n)), from the seeds ``weights`` where given.

        ``y`` is not used. Raises ValueError for a matrix that is not square, finite and ≥ 0, and for bad parameters.
        """
        del y
        matrix = validate_data(self, A, accept_sparse=_SPARSE, dtype=(np.float64, np.float32))
        if matrix.shape[0] != matrix.shape[1]:
            raise InputError(f"an adjacency matrix is square; this one has shape {matrix.shape}")
        check_non_negative(matrix, "FocusRank.fit")
        return self._solve(_graph_of(matrix), weights)

    def fit_predict(
        self, A: Any, y: Any = None, weights: Mapping[int, float] | None = None
    ) -> FloatArray:
        """``fit(A, weights=weights).scores_``."""
        scores: FloatArray = self.fit(A, y, weights).scores_
        return scores

    def partial_fit(self, edges: Iterable[Sequence[Any]], y: Any = None) -> FocusRank:
        """Adds links ``(i, j[, weight])`` to the graph so far, which may be none, and ranks again from its seeds.

        A node beyond those known extends the graph up to it. Raises InputError for rows that are no links, and then
        changes nothing.
        """
        del y
        rows = [_check_edge(edge, row) for row, edge in enumerate(edges)]
        known = hasattr(self, "graph_")
        graph = self.graph_.copy() if known else Graph.from_edges([], [], particles=0)
        before = graph.particle_count
        count = max((1 + max(source, target) for source, target, _ in rows), default=0)
        # Weight 0 makes a node and no link, so that nodes stay in the order of their numbers.
        graph.update((node, node, 0.0) for node in range(before, count))
        graph.update(rows)
        self._solve(graph, self.seeds_ if known else None)
        self.n_features_in_ = graph.particle_count
        if before < count and hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def _solve(self, graph: Graph, weights: Mapping[int, float] | None) -> FocusRank:
        params = FocusParams(
            alpha=self.alpha,
            mu=self.mu,
            tau=self.tau,
            diffusion=self.diffusion,
            springs=self.springs,
            heat=self.heat,
            terms=self.terms,
        )
        self.focus_ = graph.focus(
            params,
            self.tolerance,
            weights,
            beta=self.beta,
            u=self.teleport,
            u0=self.dangling,
            solver=self.solver,
        )
        self.graph_ = graph
        self.seeds_ = None if weights is None else dict(weights)
        self.scores_ = self.focus_.scores
        self.bound_ = self.focus_.bound
        self.n_iter_ = self.focus_.iterations
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.pairwise = True
        tags.input_tags.positive_only = True
        return tags


def _graph_of(matrix: Any) -> Graph:
    from scipy import sparse

    return Graph.from_scipy(sparse.coo_array(matrix))


def _check_edge(edge: Sequence[Any], row: int) -> tuple[int, int, float]:
    """``(i, j[, weight])`` as plain numbers; raises InputError naming the row."""
    if not 2 <= len(edge) <= 3:
        raise InputError(f"edge {row} is {edge!r}; expected (i, j) or (i, j, weight)")
    source, target = (_node(end, row) for end in edge[:2])
    return source, target, edge[2] if len(edge) == 3 else 1.0


def _node(end: Hashable, row: int) -> int:
    try:
        node = int(end)  # type: ignore[call-overload]
    except (TypeError, ValueError) as error:
        raise InputError(f"edge {row}: {end!r} is not a node number") from error
    if node != end or node < 0:
        raise InputError(f"edge {row}: {end!r} is not a node number; nodes count from 0")
    return int(node)
