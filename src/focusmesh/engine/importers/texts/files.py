"""The files of a folder of documents and the text of each; what cannot be read is counted and named."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from focusmesh.engine.importers.folders import files_under
from focusmesh.engine.importers.source import file_errors
from focusmesh.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.texts.document import Document

DocumentReader: TypeAlias = "Callable[[Path, str, Reading], Document | None]"
"""Reads a file, called by its path from the folder; None for one that was refused."""

TEXT_BYTES_MAX = 1 << 24
# Logseq's old versions, and what Sphinx puts beside its pages: the sources of the same texts.
_NOT_DOCUMENTS = ("logseq/bak", "logseq/version-files", "_sources", "_static")


def read_documents(
    path: Path, readers: Mapping[str, DocumentReader], reading: Reading
) -> list[Document]:
    """The documents under ``path``, or the one at it, by the reader of each suffix. Holds all their texts."""
    if path.is_dir():
        root, files = path, files_under(path, tuple(readers), exclusions(reading), reading)
    else:
        with file_errors(path):
            path.stat()
        root, files = path.parent, [path]
    throttle = reading.throttle(len(files), "files")
    documents = []
    for done, file in enumerate(files):
        throttle.at(done)
        read = readers.get(file.suffix.lower()) or next(iter(readers.values()))
        document = read(file, file.relative_to(root).as_posix(), reading)
        if document is not None:
            documents.append(document)
    throttle.finish(len(files))
    return documents


def exclusions(reading: Reading) -> tuple[str, ...]:
    """Globs of what stays out of folders of documents, beside what stays out of all."""
    return (*reading.exclude, *_NOT_DOCUMENTS)


def is_logseq(path: Path) -> bool:
    """Whether a folder is a Logseq graph."""
    return (path / "logseq").is_dir() or all((path / n).is_dir() for n in ("journals", "pages"))


def bytes_of(file: Path, reading: Reading, most: int = TEXT_BYTES_MAX) -> bytes | None:
    """The bytes of a file; None for one that was refused, as it cannot be read or is larger than ``most`` bytes."""
    where = str(file)
    try:
        with file_errors(file), file.open("rb") as opened:
            raw = opened.read(most + 1)
    except FileError as error:
        reading.refuse(1, str(error), where)
        return None
    if len(raw) > most:
        reading.refuse(1, f"the file is larger than {most} bytes", where)
        return None
    return raw


def count_lines(raw: bytes, reading: Reading) -> None:
    """Counts the lines of a file that was read whole."""
    reading.line_count += raw.count(b"\n") + (bool(raw) and not raw.endswith(b"\n"))


def text_of(raw: bytes, file: Path, reading: Reading, encoding: str = "utf-8-sig") -> str | None:
    """The text of a file, its lines ended by ``\\n``; None for one that was refused, with the line at fault."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + raw.count(b"\n", 0, error.start)
        shown = "UTF-8" if encoding.startswith("utf-8") else encoding
        reading.refuse(line, f"0x{raw[error.start]:02x} is not {shown}", str(file))
        return None
    return text.replace("\r\n", "\n")
