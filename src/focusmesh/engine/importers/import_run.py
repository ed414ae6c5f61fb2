"""One import under way: what was asked for, where it is, and the bad lines so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.links import BAD_LINES_KEPT, BadLine
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import BadLineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.support.progress import Progress

_KINDS = {"range": "integers", "objects": "integers and text"}
"""In words what layouts of names hold, where they are not called so."""


@dataclass(slots=True)
class Reading:
    """Handed to an importer together with the path; the importer counts lines and bad lines in it.

    ``columns`` maps a role (``"source"``, ``"target"``, ``"weight"``, ``"relation"``, ``"author"``, ``"time"``) to the
    name of the column that holds it; ``exclude`` are globs of paths that a directory importer leaves out. An importer
    may stop after ``first`` links. Of a file of several tables ``table`` names one, or is a query. With ``by_label``
    particles are called by their labels. The importer says in ``notes`` and ``warnings`` how it understood the file,
    and counts in ``trimmed_count`` the names of which it left out blanks.
    """

    path: str
    strict: bool = False
    exclude: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None
    line_count: int = 0
    bad_count: int = 0
    bad: list[BadLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    trimmed_count: int = 0
    first: int | None = None
    by_label: bool = False
    table: str | None = None

    def note(self, text: str) -> None:
        """Adds a few words on how the file is read, once."""
        if text not in self.notes:
            self.notes.append(text)

    def note_names(self, kind: str) -> None:
        """Adds what the names of particles are; ``kind`` is that of their layout."""
        self.note(f"names are {_KINDS.get(kind, kind)}")

    def warn(self, text: str) -> None:
        """Adds a sentence on what may have been meant otherwise, and how to say so; the first hundred are kept."""
        if len(self.warnings) < BAD_LINES_KEPT and text not in self.warnings:
            self.warnings.append(text)

    def warn_of(self, sentences: Iterable[str]) -> None:
        """Adds sentences on this file."""
        for sentence in sentences:
            self.warn(f"{self.path}: {sentence}")

    def refuse(self, line: int, reason: str, file: str | None = None) -> None:
        """Counts a bad line and keeps the first hundred; raises BadLineError when strict."""
        where = self.path if file is None else file
        if self.strict:
            raise BadLineError(where, line, reason)
        self.bad_count += 1
        if len(self.bad) < BAD_LINES_KEPT:
            self.bad.append(BadLine(where, line, reason))

    def throttle(self, total: int | None, unit: str) -> Throttle:
        """Progress of this import in ``unit``."""
        return Throttle(self.progress, f"import {self.path}", total, unit)
