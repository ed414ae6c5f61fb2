"""What a cluster would take for a graph: parts, memory, bytes between workers and time, by formulas that are shown.

What parts read of each other is known to the byte for parts that are there, and guessed from R-MAT graphs before; how
fast a worker reads links is measured (docs/explanation/cluster-plan.md says on what, and how plans compare with runs).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import FocusParams
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.cluster.parts import Manifest

PARTICLES_MAX = 2**32 - 2
LINKS_PER_PARTICLE = 20
_KAPPAS = 7
"""A sweep shrinks the residual as κ to this power."""
_FULL_BYTES, _DIFFUSION_BYTES, _FOREIGN_BYTES = 184, 82, 40
"""Vectors of a solve, bytes an own and a foreign particle."""
_PACKED = 2
"""Rows are held as they lie in the file and, short ones, packed: at most twice."""
_FILE_BYTES = 40
"""Of a part, an own particle: row starts, totals, ranks."""

_INWARD = 0.5
"""What a pass along the links alone fetches of the foreign values."""
_CORRECTED = 5 / 8
"""What a correction fetches: five bytes a foreign value."""

_WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)
_READ = (0.0, 0.914, 2.081, 3.442, 5.292, 7.655, 10.517, 13.796, 17.331, 24.269)
_LARGEST_READ = (0.0, 0.871, 0.755, 0.610, 0.474, 0.352, 0.254, 0.170, 0.110, 0.079)
_LARGEST_SENT = (0.0, 0.871, 1.322, 1.153, 0.869, 0.616, 0.387, 0.226, 0.130, 0.038)
_LARGEST_OWN = (1.0, 0.957, 0.736, 0.419, 0.215, 0.108, 0.055, 0.028, 0.014, 0.003)
"""Measured on R-MAT scale 20, 17 links a particle, shares of n: what all parts read of others; the largest part's."""


@dataclass(frozen=True)
class WorkerRates:
    """What one worker does: ``links`` read a second, all cores or its card; ``network`` bytes in or out a second.

    ``memory`` bytes are what it has.
    """

    links: float
    network: float
    memory: float

    def verify(self) -> None:
        """Raises ParameterError unless all are positive."""
        for name in ("links", "network", "memory"):
            if not getattr(self, name) > 0:
                raise ParameterError(f"a rate must be positive, {name} = {getattr(self, name)!r}")


@dataclass(frozen=True)
class ClusterPlan:
    """What a solve would take: of the largest part where they differ.

    ``memory_bytes`` a worker, ``sent_bytes`` all workers a sweep (the cut's lower bound: each value once for each part
    that reads it), ``seconds`` = reading + exchange. ``formulas`` say how, with the numbers in them.
    """

    links: int
    particles: int
    parts: int
    own: int
    foreign: int
    sweeps: int
    passes: float
    exchanges: float
    memory_bytes: int
    file_bytes: int
    sent_bytes: int
    reading_seconds: float
    exchange_seconds: float
    seconds: float
    measured_cut: bool
    formulas: tuple[str, ...] = field(repr=False)

    def fits(self, rates: WorkerRates) -> bool:
        """Whether a worker has memory for its part."""
        return self.memory_bytes <= rates.memory


@dataclass(frozen=True)
class _Cut:
    """Of all parts: what they read (``read``), and of the largest what it owns, reads, receives or sends, and links."""

    read: float
    own: float
    foreign: float
    moved: float
    links: float


def plan_links(
    links: int,
    rates: WorkerRates,
    *,
    particles: int | None = None,
    parts: int | None = None,
    weight_bytes: int = 0,
    params: FocusParams | None = None,
    tolerance: float = 1e-6,
) -> ClusterPlan:
    """A plan for so many links between ``particles`` (links / 20 unless given), in the fewest parts that fit.

    What parts read of each other is that of R-MAT graphs, at most what links allow. Raises InputError for more
    particles than a graph can have, or where no number of parts fits; ParameterError.
    """
    rates.verify()
    count = min(links // LINKS_PER_PARTICLE, PARTICLES_MAX) if particles is None else particles
    if links < 1 or count < 1:
        raise ParameterError(f"a plan needs links and particles ≥ 1: {links} and {count}")
    if count > PARTICLES_MAX:
        raise InputError(f"{count:,} particles; a graph holds at most {PARTICLES_MAX:,}")
    tried = [parts] if parts is not None else _counts()
    for number in tried:
        cut = _guess(links, count, number)
        plan = _plan(links, count, number, cut, rates, weight_bytes, params, tolerance, False)
        if parts is not None or plan.fits(rates):
            return plan
    raise InputError(
        f"a worker with {rates.memory / 2**30:,.0f} GiB is too small for {count:,} particles in "
        f"{tried[-1]:,} parts: it would need {plan.memory_bytes / 2**30:,.1f} GiB"
    )


def plan_parts(
    manifest: Manifest,
    rates: WorkerRates,
    *,
    params: FocusParams | None = None,
    tolerance: float = 1e-6,
) -> ClusterPlan:
    """A plan for parts that are there, one a worker: what they read of each other is counted."""
    rates.verify()
    whole, files = manifest.whole, manifest.files
    owns = np.diff(np.array(whole.bounds))
    cut = _Cut(
        read=sum(file.foreign for file in files),
        own=int(owns.max()),
        foreign=max(file.foreign for file in files),
        moved=max(max(file.foreign, file.sent) for file in files),
        links=max((file.in_links + file.out_links) / 2 for file in files),
    )
    weight_bytes = {"none": 0, "float32": 4}.get(manifest.weights, 8)
    return _plan(
        whole.axons,
        whole.particles,
        manifest.count,
        cut,
        rates,
        weight_bytes,
        params,
        tolerance,
        True,
    )


def _counts() -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, … parts."""
    return sorted(
        {1, *(2**power for power in range(1, 17)), *(3 * 2**power for power in range(15))}
    )


def _guess(links: int, particles: int, parts: int) -> _Cut:
    def share(values: tuple[float, ...]) -> float:
        if parts <= _WORKERS[-1]:
            return float(np.interp(math.log2(parts), np.log2(_WORKERS), values))
        return values[-1] * (_WORKERS[-1] / parts if values[-1] < 1 else 1.0)

    most = min(particles * (parts - 1), 2 * links * (1 - 1 / parts))
    read = min(particles * share(_READ), most)
    return _Cut(
        read=read,
        own=max(particles * share(_LARGEST_OWN), particles / parts),
        foreign=max(min(particles * share(_LARGEST_READ), most), read / parts),
        moved=max(particles * max(share(_LARGEST_READ), share(_LARGEST_SENT)), read / parts)
        if parts > 1
        else 0.0,
        links=links / parts,
    )


def _plan(
    links: int,
    particles: int,
    parts: int,
    cut: _Cut,
    rates: WorkerRates,
    weight_bytes: int,
    params: FocusParams | None,
    tolerance: float,
    measured: bool,
) -> ClusterPlan:
    chosen = FocusParams.of(params)
    work = _Work.of(chosen, tolerance)
    vectors = _FULL_BYTES if work.undirected else _DIFFUSION_BYTES
    entry = 2 * (4 + weight_bytes)
    memory = _PACKED * entry * cut.links + vectors * cut.own + _FOREIGN_BYTES * cut.foreign
    file_bytes = entry * cut.links + _FILE_BYTES * cut.own + 21 * cut.foreign
    sent = 8 * work.exchanges * cut.read / work.sweeps
    reading = work.passes * cut.links / rates.links
    exchange = 8 * work.exchanges * cut.moved / rates.network
    return ClusterPlan(
        links=links,
        particles=particles,
        parts=parts,
        own=math.ceil(cut.own),
        foreign=math.ceil(cut.read),
        sweeps=work.sweeps,
        passes=work.passes,
        exchanges=work.exchanges,
        memory_bytes=math.ceil(memory),
        file_bytes=math.ceil(file_bytes),
        sent_bytes=math.ceil(sent),
        reading_seconds=reading,
        exchange_seconds=exchange,
        seconds=reading + exchange,
        measured_cut=measured,
        formulas=(
            (
                f"memory = {_PACKED} · {entry} bytes · {cut.links:,.0f} links + {vectors} · {cut.own:,.0f} own "
                f"particles + {_FOREIGN_BYTES} · {cut.foreign:,.0f} foreign ones, of the largest part"
            ),
            f"sent a sweep = 8 bytes · {work.exchanges:g} exchanges / {work.sweeps} sweeps · {cut.read:,.0f} values",
            f"reading = {work.passes:g} passes · {cut.links:,.0f} links / {rates.links:,.0f} links a second",
            (
                f"exchange = 8 bytes · {work.exchanges:g} exchanges · {cut.moved:,.0f} values / "
                f"{rates.network:,.0f} bytes a second, in or out of the busiest worker"
            ),
        ),
    )


@dataclass(frozen=True)
class _Work:
    """``sweeps``; passes over links, those in float32 counting half; exchanges of all foreign values as float64."""

    sweeps: int
    passes: float
    exchanges: float
    undirected: bool

    @classmethod
    def of(cls, params: FocusParams, tolerance: float) -> _Work:
        goal = min(tolerance * params.gap, 1.0)
        if not goal > 0:
            raise ParameterError(f"0 < tolerance, tolerance = {tolerance!r}")
        count = 2
        if params.gap < 1:
            count = max(math.ceil(math.log(goal) / (_KAPPAS * math.log1p(-params.gap))), 2)
        terms = max(len(params.coefficients) - 1, 0) if any(params.coefficients[1:]) else 0
        if not terms:
            return cls(count, count, _INWARD * count, False)
        # Two applications of R (each directed once, undirected ``terms`` times), and corrections in float32 between.
        passes = 2 * (1 + 2 * terms) + 1.5 * (count - 2)
        exchanges = 2 * (_INWARD + terms) + _CORRECTED * (count - 2)
        return cls(count, passes, exchanges, True)
