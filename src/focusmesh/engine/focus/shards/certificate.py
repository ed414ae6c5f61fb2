"""A certificate that shards work out together, in integers from the first sweep on."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.certificate.axons import IntegerAxons
from focusmesh.engine.focus.certificate.builder import round_shares, start_of, teleport_of
from focusmesh.engine.focus.certificate.certificate import Certificate
from focusmesh.engine.focus.certificate.fixed_point import Falling, settle
from focusmesh.engine.focus.certificate.operator import IntegerOperator
from focusmesh.engine.focus.certificate.params import ONE, ProtocolParams, Teleport, residual_limit
from focusmesh.engine.focus.operator.params import EPSILON, FocusParams
from focusmesh.engine.focus.shards.exchange import LocalExchange
from focusmesh.engine.focus.shards.partition import split
from focusmesh.engine.focus.shards.placement import Placing
from focusmesh.engine.focus.shards.steps import ShardedSteps
from focusmesh.engine.focus.solve.estimate import CERTIFICATE, Estimate, Report
from focusmesh.engine.focus.solve.watch import SWEEPS_MOST
from focusmesh.engine.support.machine import free_memory_bytes
from focusmesh.engine.support.parallel import limited, thread_count

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.operator import IntegerApplication
    from focusmesh.engine.focus.shards.shard import Shard
    from focusmesh.engine.focus.solve.result import Focus
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import MassArray
    from focusmesh.engine.support.progress import Progress

_KAPPAS = 5
"""A sweep shrinks the residual as κ to this power: the middle of what was measured."""
_LINK_BYTES, _PARTICLE_BYTES, _RECEIVER_BYTES = 48, 60, 24
_SPLIT_PER_SECOND = 1e7
_VISITS_PER_SECOND = 0.3e9
"""Links that one thread reads a second, and links that are cut out for shards."""


@dataclass(frozen=True, slots=True)
class ShardReport:
    """One shard of a solve: ``links`` out of its particles, of which ``crossing`` lead to other shards.

    ``mass`` is the focus of its particles, ``residual`` their part of ‖R(x) − x‖₁ / 2 at the end, and ``spectral_gap``
    1 − the median of the last five ratios of that from sweep to sweep: an observation, never a bound. A shard whose gap
    is far below that of the whole holds what mixes slowly.
    """

    particles: int
    links: int
    crossing: int
    mass: float
    residual: float
    spectral_gap: float


@dataclass(frozen=True, slots=True)
class Sharded:
    """A certificate and how shards came to it. ``bytes_per_sweep`` is what crossed between shards for one R.

    ``report`` has what was expected: sweeps, time, memory.
    """

    certificate: Certificate
    sweeps: int
    residual: float
    spectral_gap: float
    bytes_per_sweep: int
    report: Report
    shards: tuple[ShardReport, ...]


def certify_by_shards(
    graph: LinkView | IntegerAxons,
    count: int = 2,
    focus: Focus | None = None,
    *,
    params: FocusParams | None = None,
    weight_unit: float | None = None,
    u: Any = None,
    epsilon: float = EPSILON,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Sharded:
    """The certificate of the global focus of ``graph`` by ``count`` shards here: the same bits for any count.

    Particles live where murmur3-64 of their digests says. Nothing is solved in floating point: R is applied in integers
    from u on, or from ``focus``, until its residual is at most ``epsilon``; shards send each other whole amounts of
    mass, none of which is lost. The other arguments and errors are those of ``certify``; also ParameterError for a
    count that is not from 1 to 65,536, MemoryLimitError, ConvergenceError after 2,048 sweeps, ShardError if mass is
    lost on the way.
    O((2K + 1)·m) for each of some tens of sweeps.
    """
    begun, limit = time.perf_counter(), residual_limit(epsilon)
    with limited(threads):
        axons = graph if isinstance(graph, IntegerAxons) else IntegerAxons.of(graph, weight_unit)
        chosen = FocusParams.of(focus.params if params is None and focus is not None else params)
        teleport = Teleport(axons.count, None if u is None else teleport_of(u, axons))
        expected = expected_of(axons, count, chosen, epsilon)
        expected.verify()
        exchange = LocalExchange()
        steps = ShardedSteps(split(axons, Placing.of(axons, count)), exchange)
        operator = IntegerOperator(axons, ProtocolParams.of(chosen), teleport, steps)
        told, record = exchange.bytes, _Record(steps)
        start = _start(operator, teleport, None if focus is None else start_of(focus, axons))
        vector = settle(operator, start, limit, progress, record.note)
        certificate = Certificate(
            vector=vector,
            params=operator.params,
            particles=axons.particles,
            weight_unit=axons.weight_unit,
            teleport=teleport.own,
        )
        return Sharded(
            certificate=certificate,
            sweeps=record.sweeps,
            residual=2 * record.whole.last / ONE,
            spectral_gap=record.whole.gap,
            bytes_per_sweep=(exchange.bytes - told) // record.sweeps,
            report=Report(expected, record.sweeps, time.perf_counter() - begun, None, None),
            shards=record.reports(steps.hold(vector[axons.rank])),
        )


def expected_of(axons: IntegerAxons, count: int, params: FocusParams, epsilon: float) -> Estimate:
    """What ``count`` shards are expected to take, from u on. O(1)."""
    n, m = axons.count, axons.structure.axon_count
    sweeps = 2
    if params.gap < 1:
        falling = math.log(epsilon) / (_KAPPAS * math.log1p(-params.gap))
        sweeps = min(max(math.ceil(falling), 2), SWEEPS_MOST)
    passes = sweeps * max(2 * len(params.coefficients) - 1, 1)
    return Estimate(
        work=CERTIFICATE,
        backend="shards",
        sweeps=sweeps,
        passes=passes,
        seconds=m / _SPLIT_PER_SECOND + passes * m / _VISITS_PER_SECOND / thread_count(),
        # Each receiver is told of once by each shard that sends to it, and there are no more of them than links.
        memory_bytes=_LINK_BYTES * m + _PARTICLE_BYTES * n + _RECEIVER_BYTES * min(m, n * count),
        free_bytes=free_memory_bytes() if axons.structure.is_compiled else None,
    )


def _start(operator: IntegerOperator, teleport: Teleport, scores: Any) -> MassArray:
    """u, or scores (solver order) as integers whose sum is right."""
    if scores is None:
        return operator.correct_sum(teleport.part(0, teleport.count))
    return operator.correct_sum(round_shares(scores[operator.axons.position_of_rank]))


class _Record:
    """What happened in each sweep, over all and shard by shard."""

    def __init__(self, steps: ShardedSteps) -> None:
        self._steps = steps
        self.sweeps = 0
        self.whole = Falling()
        self._shards = [Falling() for _ in steps.shards]

    def note(self, applied: IntegerApplication) -> None:
        self.sweeps += 1
        self.whole.note(applied.rise)
        for falling, rise in zip(self._shards, self._steps.rises, strict=True):
            falling.note(rise)

    def reports(self, x: list[MassArray]) -> tuple[ShardReport, ...]:
        return tuple(
            _report(shard, falling, part)
            for shard, falling, part in zip(self._steps.shards, self._shards, x, strict=True)
        )


def _report(shard: Shard, falling: Falling, x: MassArray) -> ShardReport:
    into = shard.along.links.links_into
    return ShardReport(
        particles=len(shard.positions),
        links=int(into.sum()),
        crossing=int(into.sum() - into[shard.at]),
        mass=int(x.sum()) / ONE,
        residual=falling.last / ONE,
        spectral_gap=falling.gap,
    )
