"""The phases of a partitioning, in order: what each piece of work does and which phases it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.cluster.partitioning.blocks import READ
from focusmesh.engine.cluster.partitioning.bounds import BOUNDS, balance_parts
from focusmesh.engine.cluster.partitioning.merge import (
    IN,
    LINKS,
    OUT,
    merge_links,
    scatter_links,
    turn_links,
)
from focusmesh.engine.cluster.partitioning.part_writer import (
    FOREIGN,
    PARTS,
    make_part,
    read_foreign,
)
from focusmesh.engine.cluster.partitioning.particle_numbers import (
    NAMES,
    ORDER,
    number_names,
    order_particles,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.cluster.partitioning.job import PartitionJob


class Phase(NamedTuple):
    """``task(job, number)`` for each of ``count(job)`` pieces, once all ``needs`` are done; "read" has no task here.

    Each piece depends on the tables alone, never on how many work at a time. ``doing`` is what progress says.
    """

    name: str
    doing: str
    count: Callable[[PartitionJob], int]
    task: Callable[[PartitionJob, int], None] | None
    needs: tuple[str, ...]


def _one(job: PartitionJob) -> int:
    return 1


def _blocks(job: PartitionJob) -> int:
    return job.blocks


def _buckets(job: PartitionJob) -> int:
    return job.buckets


def _ranges(job: PartitionJob) -> int:
    return job.ranges


def _parts(job: PartitionJob) -> int:
    return job.parts


PHASES = (
    Phase(READ, "read tables", _blocks, None, ()),
    Phase(NAMES, "number names", _buckets, number_names, (READ,)),
    Phase(ORDER, "order particles", _one, order_particles, (READ, NAMES)),
    Phase(LINKS, "send links to their targets", _blocks, scatter_links, (READ, NAMES, ORDER)),
    Phase(IN, "merge links", _ranges, merge_links, (ORDER, LINKS)),
    Phase(OUT, "turn links around", _ranges, turn_links, (ORDER, IN)),
    Phase(BOUNDS, "balance parts", _one, balance_parts, (ORDER, IN, OUT)),
    Phase(FOREIGN, "find what parts read", _parts, read_foreign, (ORDER, IN, OUT, BOUNDS)),
    Phase(PARTS, "write parts", _parts, make_part, (NAMES, ORDER, IN, OUT, BOUNDS, FOREIGN)),
)
"""Also the order in which they are carried out."""


def phase_named(name: str) -> Phase:
    """The phase of that name."""
    (phase,) = (phase for phase in PHASES if phase.name == name)
    return phase


def carry_out_piece(job: PartitionJob, name: str, number: int) -> None:
    """Carries out one piece of work. Raises FileError for a full disk, InputError for links that cannot be used."""
    phase = phase_named(name)
    if phase.task is not None:
        phase.task(job, number)
