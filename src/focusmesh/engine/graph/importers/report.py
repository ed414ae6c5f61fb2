"""What an import tells about itself: how much it read and what it could not use."""

from __future__ import annotations

from dataclasses import dataclass

BAD_LINES_KEPT = 100


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line (from 1; a row for tables) that gave no link, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Counts of one import.

    ``line_count`` counts every line (row of a table), comments and blank lines included; ``bad_count`` counts every
    bad line, ``bad`` keeps the first hundred. ``of_files``: these are files that could not be read, or pages of them.
    ``seconds`` is wall time.
    """

    path: str
    format: str
    line_count: int
    link_count: int
    bad_count: int
    bad: tuple[BadLine, ...]
    seconds: float
    of_files: bool = False
