"""Kernels of dense sweeps over the residual of a context, for ranges of particles."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.compiled import inlined, kernel

Array: TypeAlias = npt.NDArray[Any]

_LANDING, _PRIOR, _RESTART = 1, 2, 3
"""Columns of the known vectors: Ψ(u0), Ψ(w), w."""


@inlined
def _send(
    i: int, value: float, out_total: Array, linking: int, share: Array
) -> tuple[float, float]:
    """Prepares what particle ``i`` sends along its links: its mass where it links, and where it dangles."""
    if i < linking:
        share[i] = value / out_total[i]
        return value, 0.0
    share[i] = 0.0
    return 0.0, value


@kernel
def lift(
    residual: tuple[Array, Array, float, float],
    sending: tuple[Array, int, Array],
    rows: tuple[int, int],
    error: Array,
) -> tuple[float, float, float]:
    """``error`` = scale·(r − mass·w) and the shares it sends. ``residual``: left, known, mass, scale.

    Returns Σ|error|, and Σ error over linking and over dangling particles.
    """
    left, known, mass, scale = residual
    out_total, linking, share = sending
    size, linked, landed = 0.0, 0.0, 0.0
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        value = scale * (left[i, 0] - mass * known[i, _RESTART])
        error[i] = value
        size += abs(value)
        here, gone = _send(i, value, out_total, linking, share)
        linked += here
        landed += gone
    return size, linked, landed


@kernel
def advance(
    moved: Array,
    known: Array,
    rates: tuple[float, float, float],
    sending: tuple[Array, int, Array],
    rows: tuple[int, int],
    error: Array,
    scores: Array,
) -> tuple[float, float, float]:
    """``error`` ← follow·moved − mass·w, added to ``scores`` as far as it is absorbed or known.

    ``rates``: absorb, the mass that landed at u0, the mass that is replaced by the prior. Returns as ``lift`` does.
    """
    absorb, landing, mass = rates
    out_total, linking, share = sending
    size, linked, landed = 0.0, 0.0, 0.0
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        value = (1.0 - absorb) * moved[i] - mass * known[i, _RESTART]
        error[i] = value
        scores[i] += landing * known[i, _LANDING] + mass * known[i, _PRIOR] + absorb * value
        size += abs(value)
        here, gone = _send(i, value, out_total, linking, share)
        linked += here
        landed += gone
    return size, linked, landed
