"""One piece of work of a partitioning, for whoever carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.cluster import READ, carry_out_piece
from focusmesh.host.cluster.partitioning.table_blocks import read_block

if TYPE_CHECKING:
    from focusmesh.engine.cluster import PartitionJob
    from focusmesh.host.cluster.partitioning.tables import TableSet


def perform_piece(job: PartitionJob, tables: TableSet, name: str, number: int) -> int:
    """One piece of work, wherever that is; its number."""
    if name == READ:
        read_block(job, tables, number)
    else:
        carry_out_piece(job, name, number)
    return number
