"""One rank's solve and certificate, kept on the way: a run that was ended by anything goes on where it was."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster.certificate_file import write_by_ranks
from focusmesh.engine.cluster.checkpoints import SETTLED, SOLVED, SOLVING, Checkpoints
from focusmesh.engine.cluster.ranked import structure_of_part
from focusmesh.engine.focus import (
    EPSILON,
    Certifying,
    FocusParams,
    ProtocolParams,
    RankCertificate,
    RankOperator,
    solver_named,
)
from focusmesh.errors import CertificateError
from focusmesh.ids import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.cluster.parts import Part
    from focusmesh.engine.focus import Ranks, RankStructure, Solution
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress


@dataclass(frozen=True)
class Keeping:
    """Where ranks keep what they reached, on a disk that is there when they start again, and every how many sweeps."""

    folder: str
    every: int = 4


@dataclass(frozen=True, slots=True)
class RankReport:
    """What a piece of work took on one rank: seconds, of which ``waited`` for others, bytes sent, sweeps done here.

    ``resumed`` is the phase in which an earlier run was, "" where there was none.
    """

    rank: int
    particles: int
    seconds: float
    waited: float
    sent_bytes: int
    sweeps: int
    residual: float
    resumed: str = ""


def solve_part(
    operator: RankOperator,
    tolerance: float,
    *,
    start: FloatArray | None = None,
    keeping: Keeping | None = None,
    progress: Progress | None = None,
) -> tuple[Solution, str]:
    """The focus of ``operator``, own scores, and the phase that an earlier run had reached. Errors as of a solver."""
    whole, ranks = operator.structure.whole, operator.structure.halo.ranks
    named = ("focus", whole.bounds, operator.structure, operator.params, tolerance)
    with _open_checkpoints(keeping, ranks, named) as kept:
        found = None if kept is None else kept.latest()
        begun = operator.u if start is None else start
        if found is not None and found.phase == SOLVING:
            begun = np.array(found.values)
        told = operator if kept is None else operator.keeping(kept.note_sweep)
        solution = solver_named("auto")(told, begun, tolerance, progress)
        if kept is not None:
            kept.clear()
    return solution, "" if found is None else found.phase


def certify_part(
    part: Part,
    ranks: Ranks,
    path: str,
    *,
    params: FocusParams | None = None,
    weight_unit: float | None = None,
    epsilon: float = EPSILON,
    keeping: Keeping | None = None,
    progress: Progress | None = None,
    structure: RankStructure | None = None,
) -> RankReport:
    """The certificate of the focus, with the bits of ``Graph.certify`` of the same graph, in the file ``path``.

    All ranks call it together, and see the same ``path``. A run that goes on from scores that were on their way ends
    with a certificate as valid, whose last bits may differ. Raises as ``certify``, FileError, RankError.
    """
    begun, sent, waited = time.perf_counter(), ranks.bytes, ranks.waited
    digests = part.whole.particles_digest
    if part.digest_rank is None or digests is None:
        raise CertificateError("names", "names that are not str, int or bytes have no digests")
    own = structure_of_part(part, ranks) if structure is None else structure
    work = Certifying.of(own, part.digest_rank, FocusParams.of(params), epsilon, weight_unit)
    named = ("certificate", own.whole.bounds, own, work.params, epsilon, weight_unit, digests.hex())
    with _open_checkpoints(keeping, ranks, named) as kept:
        found, made = _certify(work, kept, progress)
        write_by_ranks(made, digests, own.whole.particles, Path(path), ranks)
        if kept is not None:
            kept.clear()
    return RankReport(
        rank=ranks.rank,
        particles=part.own,
        seconds=time.perf_counter() - begun,
        waited=ranks.waited - waited,
        sent_bytes=ranks.bytes - sent,
        sweeps=made.sweeps,
        residual=made.residual,
        resumed=found,
    )


def _certify(
    work: Certifying, kept: Checkpoints | None, progress: Progress | None
) -> tuple[str, RankCertificate]:
    """The phase that was found, and the certificate's own entries, kept."""
    found = None if kept is None else kept.latest()
    phase = "" if found is None else found.phase
    if found is not None and phase == SETTLED:
        vector = np.array(found.values, dtype=np.uint64)
        protocol = ProtocolParams.of(work.params)
        facts: dict[str, Any] = found.facts
        return phase, RankCertificate(
            vector,
            work.axons.rank,
            protocol,
            work.weight_unit,
            facts["residual"],
            facts["sweeps"],
        )
    sweeps = 0
    if found is not None and phase == SOLVED:
        scores, sweeps = np.array(found.values, dtype=np.float64), int(found.facts["sweeps"])
    else:
        start = None if found is None else np.array(found.values, dtype=np.float64)
        scores, sweeps = work.solve(start, progress, None if kept is None else kept.note_sweep)
        if kept is not None:
            kept.keep(SOLVED, scores, {"sweeps": sweeps})
    made = work.settle(scores, sweeps)
    if kept is not None:
        kept.keep(SETTLED, made.vector, {"sweeps": made.sweeps, "residual": made.residual})
        kept.flush()
    return phase, made


@contextmanager
def _open_checkpoints(
    keeping: Keeping | None, ranks: Ranks, named: tuple[Any, ...]
) -> Iterator[Checkpoints | None]:
    """The checkpoints of that work, or None where nothing is to be kept."""
    if keeping is None:
        yield None
        return
    what, bounds, structure, params, *rest = named
    count = structure.particle_count
    words = (
        f"{what} {bounds.tolist()} {structure.whole.axons} {sorted(asdict(params).items())} {rest}"
    )
    name = digest(words.encode() + _links_digest(structure)).hex()
    kept = Checkpoints(Path(keeping.folder), name, ranks, count, keeping.every)
    try:
        yield kept
    finally:
        kept.close()


def _links_digest(structure: RankStructure) -> bytes:
    """What a rank's links are, with weights: graphs that differ may have the same totals. O(n + m), once."""
    import blake3

    columns = structure.in_start, structure.in_source, structure.out_total, structure.degree_total
    weights = () if structure.in_weight is None else (structure.in_weight,)
    state = blake3.blake3(max_threads=blake3.blake3.AUTO)
    # Columns are local: what the others read here says which of theirs foreign ones are.
    for values in (*columns, *weights, structure.halo.both.given):
        state.update(np.ascontiguousarray(values).view(np.uint8).data)
    return bytes(state.digest())
