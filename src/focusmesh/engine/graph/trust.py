"""EigenTrust: who is trusted, as seen from those who are trusted beforehand.

S. D. Kamvar, M. T. Schlosser, H. Garcia-Molina, "The EigenTrust algorithm for reputation management in P2P networks",
WWW 2003. With local trust c_ij = max(s_ij, 0) / Σ_j max(s_ij, 0), and c_i = p for a peer i that trusts nobody, global
trust is the fixed point of t = (1 − α) Cᵀ t + α p. That is the focus by diffusion alone whose teleport and whose
dangling mass both go to the pre-trusted distribution p; so it comes with the same bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import FocusParams, graph_focus, seed_weights
from focusmesh.engine.graph.graph import Graph
from focusmesh.engine.links import LinkColumns
from focusmesh.engine.support.arrays import pair_ends, pair_keys
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.focus import Focus
    from focusmesh.engine.support.arrays import FloatArray

ALPHA = 0.15


def eigentrust(
    trust: Graph,
    pretrusted: Iterable[Hashable] | Mapping[Any, float],
    alpha: float = ALPHA,
    tolerance: float = 1e-6,
) -> Focus:
    """Global trust of every peer of ``trust``, whose links i → j are weighted by how far i trusts j.

    ``pretrusted`` are names, or names with weights ≥ 0 (scaled to add up to 1); ``alpha``, 0 < alpha ≤ 1, is the share
    that goes back to them at each step. What no path from them reaches has trust 0, however it links among itself.
    Trust in oneself does not count. Raises UnknownParticleError for a pre-trusted peer that is not in the graph,
    InputError for bad weights, ParameterError for a bad alpha.
    """
    snapshot = trust.copy()
    shares = seed_weights(snapshot, pretrusted)
    params = FocusParams(alpha=alpha, diffusion=1.0, springs=0.0, heat=0.0)
    return graph_focus(snapshot, params, tolerance, u=shares, u0=shares)


def local_trust(truster: Any, trusted: Any, value: Any) -> Graph:
    """The graph of local trust values s_ij: rows ``i, j, v`` as three columns (arrays or sequences) of equal length.

    Values of one pair add up (good experience less bad, say) and count when their sum is positive: max(s_ij, 0).
    Peers keep their places where their trust does not count, in the order of first appearance, integers ascending.
    Raises InputError for values that are not finite or columns of unequal length. O(n + m).
    """
    # A label keeps every row as it was given; without one a pair's rows would be added up as weights already.
    rows = Graph.from_edges(truster, trusted, relation="trusts").links()
    pairs, pair_of = np.unique(pair_keys(rows.source, rows.target), return_inverse=True)
    sums = np.zeros(len(pairs))
    np.add.at(sums, pair_of, _values(value, len(rows)))
    kept = sums > 0
    source, target = pair_ends(pairs[kept])
    return Graph.from_links(
        LinkColumns(
            particles=rows.particles,
            source=source,
            target=target,
            weight=sums[kept],
        )
    )


def _values(value: Any, count: int) -> FloatArray:
    try:
        values = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"trust values must be numbers: {error}") from error
    if values.shape != (count,):
        raise InputError(f"trust values have shape {values.shape}; expected ({count},)")
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise InputError(f"row {bad[0]}: the trust value {values[bad[0]]} must be finite")
    return values
