"""Phase "bounds": where parts begin, totals and row starts of the whole, and how weights are kept."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster.partitioning.merge import IN, OUT
from focusmesh.engine.cluster.partitioning.particle_numbers import ORDER
from focusmesh.engine.cluster.parts.cut import balanced_bounds
from focusmesh.engine.cluster.parts.part import Whole
from focusmesh.engine.links import verify_totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from focusmesh.engine.cluster.partitioning.job import PartitionJob
    from focusmesh.engine.support.arrays import OffsetArray

BOUNDS = "bounds"
WEIGHTS = ("none", "float32", "float64")


def balance_parts(job: PartitionJob, number: int = 0) -> None:
    """Kept: ``bounds`` of the parts, row starts, totals, and which of WEIGHTS holds every weight.

    Raises InputError where sums of weights leave float64. Memory: 48 bytes a particle.
    """
    order = job.open(ORDER)
    in_start, in_total = _rows(job, IN)
    out_start, out_total = _rows(job, OUT)
    degree_total = out_total + in_total
    verify_totals(degree_total)
    both = np.diff(in_start) + np.diff(out_start)
    linking, longest = int(np.count_nonzero(np.diff(out_start))), int(both.max(initial=0))
    counts = [int(order["counts"][0]), int(in_start[-1]), linking, longest]
    job.keep(
        BOUNDS,
        number,
        {
            "counts": np.array(counts, dtype=np.int64),
            "bounds": np.array(
                balanced_bounds(np.cumsum(both), job.parts, align=job.align), dtype=np.int64
            ),
            "weights": np.array([_kind(job, compiled=bool(order["counts"][2]))], dtype=np.int64),
            "in.start": in_start,
            "out.start": out_start,
            "out_total": out_total,
            "degree_total": degree_total,
        },
    )


def whole_of(job: PartitionJob) -> tuple[Whole, str]:
    """What every part knows of all, and how weights are kept."""
    bounds, order = job.open(BOUNDS), job.open(ORDER)
    particles, axons, linking, longest = bounds["counts"].tolist()
    whole = Whole(
        particles=particles,
        axons=axons,
        linking=linking,
        longest_row=longest,
        particles_digest=order["digest"].tobytes(),
        bounds=tuple(bounds["bounds"].tolist()),
    )
    return whole, WEIGHTS[int(bounds["weights"][0])]


def row_slices(
    job: PartitionJob, phase: str, span: tuple[int, int], start: OffsetArray
) -> Iterator[tuple[dict[str, Any], slice]]:
    """The pieces of IN or OUT that hold rows of ``span``, and which of their entries those are."""
    cuts = job.open(ORDER)["targets" if phase == IN else "sources"].tolist()
    for number, (low, high) in enumerate(pairwise(cuts)):
        first, stop = max(low, span[0]), min(high, span[1])
        if first < stop:
            base = int(start[low])
            yield (
                job.open(phase, number),
                slice(int(start[first]) - base, int(start[stop]) - base),
            )


def _rows(job: PartitionJob, phase: str) -> tuple[OffsetArray, npt.NDArray[np.float64]]:
    """Row starts and totals of all positions."""
    pieces = [job.open(phase, number) for number in range(job.ranges)]
    count = np.concatenate([piece["count"] for piece in pieces])
    start = np.concatenate(([0], np.cumsum(count, dtype=np.int64))).astype(np.int64)
    return start, np.concatenate([piece["total"] for piece in pieces])


def _kind(job: PartitionJob, *, compiled: bool) -> int:
    """How the builder of one machine would keep the weights: exactly, in the narrowest type."""
    merged = [job.open(IN, number) for number in range(job.ranges)]
    if not any("weight" in piece for piece in merged):
        return 0
    exact = all(int(piece["exact"][0]) for piece in merged)
    if compiled:
        exact &= all(int(piece["given.exact"][0]) for piece in merged)
    return 1 if exact else 2
