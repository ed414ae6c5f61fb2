"""One import under way: what was asked for, where it is, and the bad lines so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.graph.importers.report import BAD_LINES_KEPT, BadLine
from focusmesh.engine.progress import Throttle
from focusmesh.errors import BadLineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.progress import Progress


@dataclass(slots=True)
class Reading:
    """Handed to an importer together with the path; the importer counts lines and bad lines in it.

    ``columns`` maps a role (``"source"``, ``"target"``, ``"weight"``, ``"relation"``, ``"author"``, ``"time"``) to the
    name of the column that holds it; ``exclude`` are globs of paths that a directory importer leaves out.
    """

    path: str
    strict: bool = False
    exclude: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None
    line_count: int = 0
    bad_count: int = 0
    bad: list[BadLine] = field(default_factory=list)

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
