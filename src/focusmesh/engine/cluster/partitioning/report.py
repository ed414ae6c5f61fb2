"""What reading the tables came to: rows, links, and the rows that gave none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.cluster.partitioning.blocks import READ
from focusmesh.engine.links import BAD_LINES_KEPT

if TYPE_CHECKING:
    from focusmesh.engine.cluster.partitioning.job import PartitionJob


@dataclass(frozen=True)
class RowReport:
    """``rows`` of all tables, ``links`` of them good, ``bad_count`` not; ``bad`` has table, row (from 1) and reason of
    the first hundred.
    """

    rows: int
    links: int
    bad_count: int
    bad: tuple[tuple[int, int, str], ...]

    def to_bytes(self) -> bytes:
        """JSON."""
        return json.dumps([self.rows, self.links, self.bad_count, self.bad]).encode()

    @classmethod
    def from_bytes(cls, packed: bytes) -> RowReport:
        """What ``to_bytes`` wrote."""
        rows, links, bad_count, bad = json.loads(packed)
        return cls(rows, links, bad_count, tuple((at, row, reason) for at, row, reason in bad))


def read_report(job: PartitionJob) -> RowReport:
    """The report on all blocks that were read, in the order of the tables."""
    rows = links = bad_count = 0
    bad: list[tuple[int, int, str]] = []
    for block in range(job.blocks):
        sections = job.open(READ, block)
        good, there, refused, table = sections["counts"].tolist()
        rows, links, bad_count = rows + there, links + good, bad_count + refused
        listed = json.loads(sections["bad"].tobytes())
        bad += [(table, row, reason) for row, reason in listed[: BAD_LINES_KEPT - len(bad)]]
    return RowReport(rows, links, bad_count, tuple(bad))
