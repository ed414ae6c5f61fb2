"""From a graph to an Estimate: sweeps by how fast solves have converged, time by measured rates, memory by counting.

What a sweep holds is known to the byte; how many sweeps there will be depends on how fast the graph mixes, which only
the solve finds out. R-MAT graphs take half of what is expected here, chains of words twice as much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.focus.devices.backend import AUTO
from focusmesh.engine.focus.operator.params import EPSILON
from focusmesh.engine.focus.solve.deferred import corrects
from focusmesh.engine.focus.solve.estimate import CERTIFICATE, CONTEXTS, FOCUS, Estimate
from focusmesh.engine.focus.solve.solver import chosen_for
from focusmesh.engine.focus.solve.watch import SWEEPS_MOST
from focusmesh.engine.support.machine import free_memory_bytes
from focusmesh.engine.support.parallel import thread_count

if TYPE_CHECKING:
    from focusmesh.engine.focus.devices.device import Device
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.links import Structure

_KAPPAS_PLAIN, _KAPPAS = 3, 7
"""A sweep shrinks the residual as κ to this power, plainly and accelerated: the middle of what was measured."""
_VISITS_PER_SECOND = ((1 << 20, 0.5e9), (1 << 22, 0.3e9), (1 << 63, 0.2e9))
"""Links read a second by one thread, up to so many particles: what is gathered leaves the caches."""
_PACKED_BYTES_PER_SECOND = 5e8
_NAMES_PER_SECOND = 1e6
_CONTEXTS_PER_SECOND = 1e3
_CARD_CONTEXTS_PER_SECOND = 1e4
_CARD_SWEEP_SECONDS = 3e-4
"""Launches of a sweep and reading what it found, however small the graph: CUDA takes half of it, WebGPU twice."""
_NUMPY_SWEEP_SECONDS, _NUMPY_PASS_SECONDS, _NUMPY_VISITS_PER_SECOND = 1.5e-4, 1e-5, 1e8
_DIFFUSION_BYTES, _FULL_BYTES = 82, 184
"""Vectors of a solve, bytes a particle, the result included."""
_NUMPY_BYTES = 36
"""An axon, both sides."""
ASKED_FROM_BYTES = 1 << 24
"""Below, asking the machine what is free may take as long as the solve."""
_FIXED_BYTES = 1 << 18
_STANDING_BYTES = 160
_CERTIFICATE_BYTES = 130
_HOST_BYTES = 40
"""What the host holds of each particle while a card solves."""


def estimate_work(
    operator: Operator,
    tolerance: float,
    work: str = FOCUS,
    count: int = 1,
    device: Device | None = None,
    solver: str = AUTO,
) -> Estimate:
    """What ``work`` is expected to take of a card, or of the host for None; ``count`` is of contexts. O(n)."""
    if device is not None:
        return _on_card(operator, tolerance, work, count, device)
    return _on_host(operator, tolerance, work, count, solver)


def _on_host(operator: Operator, tolerance: float, work: str, count: int, solver: str) -> Estimate:
    structure = operator.structure
    expected = SweepCount.of(operator, _solved_to(operator, tolerance, work), solver)
    solves, checks = 2 if work == CONTEXTS else 1, _checks(operator, work)
    packing = 0
    if structure.is_compiled:
        packing = structure.packing_bytes(outward=not operator.diffuses_only)
    seconds = solves * _seconds(expected, structure) + packing / _PACKED_BYTES_PER_SECOND
    needed = _memory_bytes(operator, work, packing)
    return Estimate(
        work=work,
        backend=operator.sums.backend,
        sweeps=solves * expected.count,
        passes=solves * (expected.exact + expected.approximate) + checks,
        seconds=seconds + _beside(operator, work, count, checks),
        memory_bytes=needed,
        free_bytes=free_memory_bytes() if needed >= ASKED_FROM_BYTES else None,
    )


def _on_card(
    operator: Operator, tolerance: float, work: str, count: int, device: Device
) -> Estimate:
    structure = operator.structure
    expected = SweepCount.of(operator, _solved_to(operator, tolerance, work))
    solves, checks = 2 if work == CONTEXTS else 1, _checks(operator, work)
    passes = solves * (expected.exact + expected.approximate) + checks
    free = device.free_bytes()
    asking = count / _CARD_CONTEXTS_PER_SECOND if work == CONTEXTS else 0.0
    return Estimate(
        work=work,
        backend=device.name,
        sweeps=solves * expected.count,
        passes=passes,
        seconds=passes * structure.axon_count / device.visits_per_second(structure)
        + solves * expected.count * _CARD_SWEEP_SECONDS
        + asking,
        memory_bytes=_HOST_BYTES * structure.particle_count,
        free_bytes=free_memory_bytes(),
        card_bytes=device.memory(work, structure, operator.params).required_bytes,
        card_free_bytes=None if free is None else free[0],
    )


@dataclass(frozen=True, slots=True)
class SweepCount:
    """``count`` applications of R and of what stands in for it; how often links are read for the one and the other."""

    count: int
    exact: int
    approximate: int

    @classmethod
    def of(cls, operator: Operator, tolerance: float, solver: str = AUTO) -> SweepCount:
        """Until the bound is ``tolerance``."""
        params, name = operator.params, chosen_for(operator, solver)
        goal = min(tolerance * params.gap, 1.0)
        power = _KAPPAS_PLAIN if name == "plain" else _KAPPAS
        count, visits = 2, _visits(operator)
        if not goal > 0:
            # The solve itself says that this is no tolerance.
            count = SWEEPS_MOST
        elif params.gap < 1:
            count = math.ceil(math.log(goal) / (power * math.log1p(-params.gap)))
            count = min(max(count, 2), SWEEPS_MOST)
        if name != "corrected" or not corrects(operator):
            return cls(count, count * visits, 0)
        # Two applications of R, and passes of the approximation between them.
        symmetric = operator.structure.is_compiled and operator.structure.symmetric
        return cls(count, 2 * visits, (count - 2) * (1 if symmetric else 3))


def _visits(operator: Operator) -> int:
    """How often one application of R reads each link."""
    if operator.diffuses_only:
        return 1
    return 1 + 2 * (len(operator.params.coefficients) - 1)


def _checks(operator: Operator, work: str) -> int:
    """Passes of the integer operator: one application, and one more where the first shrinks the residual."""
    return 2 * _visits(operator) if work == CERTIFICATE else 0


def _solved_to(operator: Operator, tolerance: float, work: str) -> float:
    if work != CERTIFICATE:
        return tolerance
    return min(tolerance, EPSILON / 2 / operator.params.gap)


def _seconds(sweeps: SweepCount, structure: Structure) -> float:
    """Of a solve on the host; an approximation reads float32."""
    if not structure.is_compiled:
        passes = sweeps.exact + sweeps.approximate
        return (
            sweeps.count * _NUMPY_SWEEP_SECONDS
            + passes * _NUMPY_PASS_SECONDS
            + passes * structure.axon_count / _NUMPY_VISITS_PER_SECOND
        )
    read = (sweeps.exact + sweeps.approximate / 2) * structure.axon_count
    return read / _rate(structure) / thread_count()


def _rate(structure: Structure) -> float:
    """Links that one thread reads a second."""
    return next(rate for most, rate in _VISITS_PER_SECOND if structure.particle_count <= most)


def _beside(operator: Operator, work: str, count: int, checks: int) -> float:
    """Seconds for what is not a solve."""
    structure = operator.structure
    if work == CONTEXTS:
        return count / _CONTEXTS_PER_SECOND / thread_count()
    if work != CERTIFICATE:
        return 0.0
    reading = checks * structure.axon_count / _rate(structure) / thread_count()
    return reading + structure.particle_count / _NAMES_PER_SECOND


def _memory_bytes(operator: Operator, work: str, packing_bytes: int) -> int:
    s, n = operator.structure, operator.structure.particle_count
    vectors = _DIFFUSION_BYTES if operator.diffuses_only else _FULL_BYTES
    # NumPy has weights as float64 and room for what is sent over each link.
    held = packing_bytes if s.is_compiled else _NUMPY_BYTES * s.axon_count
    if work == CONTEXTS:
        vectors += _STANDING_BYTES
    if work == CERTIFICATE:
        vectors += _CERTIFICATE_BYTES
        held += 8 * s.axon_count * (s.in_weight is not None)
    return held + vectors * n + _FIXED_BYTES
