"""Kernels of dense sweeps over the residual of a context, for ranges of particles."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

_LANDING, _PRIOR, _RESTART = 1, 2, 3
"""Columns of the known vectors: Ψ(u0), Ψ(w), w."""


@inline
def _send(
    i: Any, value: float, out_total: Array, linking: int, shares: Array, lane: int
) -> tuple[float, float]:
    """Prepares what particle ``i`` sends along its links: its mass where it links, and where it dangles."""
    if i < linking:
        shares[i, lane] = value / out_total[i]
        return value, 0.0
    shares[i, lane] = 0.0
    return 0.0, value


@kernel
def lift(
    estimate: tuple[Array, Array, float, float],
    rest: float,
    work: tuple[Array, Array],
    sending: tuple[Array, int, Array, int],
    rows: tuple[int, int],
    scores: Array,
    errors: Array,
) -> tuple[float, float, float]:
    """Estimates, the error e = scale·(r − rest·w), and the shares that it sends. ``work``: p and r.

    ``sending``: o, how many particles link, the shares (n, lanes), the lane. Returns Σ|e|, and Σe over linking and
    over dangling particles.
    """
    known, mix, scale, absorb = estimate
    settled, left = work
    out_total, linking, shares, lane = sending
    size, linked, landed = 0.0, 0.0, 0.0
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        value = scale * (settled[i] + absorb * left[i, 0])
        for column in range(known.shape[1]):
            value += mix[column] * known[i, column]
        scores[i] = value
        error = scale * (left[i, 0] - rest * known[i, _RESTART])
        size += abs(error)
        errors[i] = error
        here, gone = _send(i, error, out_total, linking, shares, lane)
        linked += here
        landed += gone
    return size, linked, landed


@kernel
def advance(
    moved: Array,
    known: Array,
    rates: tuple[float, float, float],
    sending: tuple[Array, int, Array, int],
    rows: tuple[int, int],
    scores: Array,
    errors: Array,
) -> tuple[float, float, float]:
    """The next of ``errors``, (1 − absorb)·moved − mass·w, added to ``scores`` as far as it is absorbed or known.

    ``rates``: absorb, the mass that landed at u0, the mass that the prior replaces. Otherwise as ``lift``.
    """
    absorb, landing, mass = rates
    out_total, linking, shares, lane = sending
    size, linked, landed = 0.0, 0.0, 0.0
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        error = (1.0 - absorb) * moved[i] - mass * known[i, _RESTART]
        scores[i] += landing * known[i, _LANDING] + mass * known[i, _PRIOR] + absorb * error
        size += abs(error)
        errors[i] = error
        here, gone = _send(i, error, out_total, linking, shares, lane)
        linked += here
        landed += gone
    return size, linked, landed
