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
    ``seconds`` is wall time. ``understood`` says in a few words each how the file was read, ``warnings`` in a sentence
    each what may have been meant otherwise. ``self_loop_count`` counts links from a particle to itself, which ranking
    leaves out; ``trimmed_count`` counts names that stood between blanks.
    """

    path: str
    format: str
    line_count: int
    link_count: int
    bad_count: int
    bad: tuple[BadLine, ...]
    seconds: float
    of_files: bool = False
    understood: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    self_loop_count: int = 0
    trimmed_count: int = 0

    @property
    def summary(self) -> str:
        """How the file was read, in one line."""
        return ", ".join((self.format, *self.understood))
