"""Plain text: one section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.texts.document import Document, DocumentSection
from focusmesh.engine.importers.texts.files import bytes_of, count_lines, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading


def read_plain(file: Path, path: str, reading: Reading) -> Document | None:
    """The text in a file, called by ``path``; None for one that was refused."""
    raw = bytes_of(file, reading)
    if raw is None:
        return None
    count_lines(raw, reading)
    text = text_of(raw, file, reading)
    return None if text is None else Document(path, [DocumentSection("", -1, text.strip())])
