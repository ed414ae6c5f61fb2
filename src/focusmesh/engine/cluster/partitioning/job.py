"""A partitioning under way: how it is cut into pieces of work, and where each piece keeps what it made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.engine.links import SectionKind, open_sections, write_sections

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from focusmesh.engine.links import SectionStream

PIECE = SectionKind(b"FOCUSWRK", "piece of a partitioning")
BLOCK_ROWS = 1 << 21
"""Rows of a table that are read at a time; as many names or links make up a bucket."""


@dataclass(frozen=True)
class PartitionJob:
    """Tables of ``blocks`` blocks become ``parts`` parts in ``output``; what lies between is in ``work``.

    Names are cut into ``buckets`` by their digests, links into ``ranges`` by their ends. ``integers``: all names are.
    ``align``: see ``make_parts``.
    """

    output: str
    work: str
    parts: int
    blocks: int
    buckets: int
    ranges: int
    integers: bool
    align: bool = True

    @classmethod
    def of(
        cls,
        output: Path,
        work: Path,
        parts: int,
        *,
        blocks: int,
        rows: int,
        integers: bool,
        align: bool,
    ) -> PartitionJob:
        """Cut so that a bucket or a range has about as many entries as a block has rows."""
        return cls(
            output=str(output),
            work=str(work),
            parts=parts,
            blocks=blocks,
            buckets=max(1, 2 * rows // BLOCK_ROWS),
            ranges=max(1, rows // BLOCK_ROWS),
            integers=integers,
            align=align,
        )

    def path(self, phase: str, number: int) -> Path:
        """Where a piece of work keeps what it made."""
        return Path(self.work) / phase / f"{number:06d}.piece"

    def keep(
        self, phase: str, number: int, sections: Mapping[str, npt.NDArray[Any] | SectionStream]
    ) -> None:
        """Writes what a piece made, whole or not at all; raises FileError, as for a full disk.

        Nothing waits for the disk: whoever goes on after a crash holds every piece against its digests.
        """
        write_sections(self.path(phase, number), PIECE, sections, synced=False)

    def open(
        self, phase: str, number: int = 0, *, verify: bool = False
    ) -> dict[str, npt.NDArray[Any]]:
        """What a piece made, mapped."""
        return open_sections(self.path(phase, number), PIECE, verify=verify)

    def to_record(self) -> dict[str, Any]:
        """The job as plain values."""
        return asdict(self)
