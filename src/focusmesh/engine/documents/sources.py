"""Files and folders of documents become drafts: which reader reads which file, and what was read the last time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.documents.assembly import add_items
from focusmesh.engine.documents.draft import CONTAINS
from focusmesh.engine.documents.readers.chats import read_chat
from focusmesh.engine.documents.readers.mailboxes import read_mailbox
from focusmesh.engine.documents.readers.records import read_records
from focusmesh.engine.importers import (
    document_readers,
    exclusions,
    file_errors,
    files_under,
    is_logseq,
    link_documents,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from focusmesh.engine.documents.draft import Draft
    from focusmesh.engine.documents.items import Item
    from focusmesh.engine.documents.kept_readings import KeptReadings
    from focusmesh.engine.importers import Document, DocumentReader, Reading
    from focusmesh.engine.links import LinkColumns

    ItemReader: TypeAlias = Callable[[Path, str, Reading], Iterator[Item]]

ITEM_READERS: dict[str, ItemReader] = {
    ".jsonl": read_records,
    ".ndjson": read_records,
    ".mbox": read_mailbox,
    ".eml": read_mailbox,
    ".json": read_chat,
}
_TEXT = ".txt"
_LOOKED_AT = 8_192


def add_sources(draft: Draft, paths: Sequence[Path], reading: Reading, kept: KeptReadings) -> None:
    """Adds every document under ``paths``, files or folders; what cannot be read is counted and named.

    Files of an unknown suffix are texts where they are named themselves, and passed over in folders. Raises FileError
    for a path that is not there, MissingExtraError for HTML and PDF without the extra ``documents``.
    """
    documents: list[Document] = []
    items: list[Item] = []
    files = list(_files(paths, reading))
    throttle = reading.throttle(len(files), "files")
    for count, (file, name) in enumerate(files):
        throttle.at(count)
        document, found = _read(file, name, reading, kept)
        items += found
        if document is not None:
            documents.append(document)
    throttle.finish(len(files))
    logseq = any(path.is_dir() and is_logseq(path) for path in paths)
    _add_documents(draft, documents, link_documents(documents, logseq, reading))
    add_items(draft, items, reading)
    reading.note(f"{len(files):,} files")
    if kept.unchanged:
        reading.note(f"{kept.unchanged:,} of them unchanged")


def _files(paths: Sequence[Path], reading: Reading) -> Iterator[tuple[Path, str]]:
    """Each file once, with what it is called by: its path from the folder that was given."""
    seen: set[Path] = set()
    names: set[str] = set()
    for file, name in _within(paths, reading):
        resolved = file.resolve()
        if resolved not in seen:
            seen.add(resolved)
            free = str(file) if name in names else name
            names.add(free)
            yield file, free


def _within(paths: Sequence[Path], reading: Reading) -> Iterator[tuple[Path, str]]:
    """Each file of each path."""
    suffixes = (*document_readers(), *ITEM_READERS)
    for path in paths:
        with file_errors(path):
            path.stat()
        if path.is_dir():
            for file in files_under(path, suffixes, exclusions(reading), reading):
                name = file.relative_to(path).as_posix()
                yield file, name if len(paths) == 1 else f"{path.name}/{name}"
        else:
            yield path, path.name


def _read(
    file: Path, name: str, reading: Reading, kept: KeptReadings
) -> tuple[Document | None, Sequence[Item]]:
    known = kept.find(file, str(file))
    if known is not None:
        reading.line_count += known.lines
        return known.document, known.items
    lines, bad = reading.line_count, reading.bad_count
    suffix = file.suffix.lower()
    document: Document | None = None
    items: list[Item] = []
    if suffix in ITEM_READERS:
        items = list(ITEM_READERS[suffix](file, name, reading))
    else:
        readers: dict[str, DocumentReader] = document_readers()
        reader = readers.get(suffix, readers[_TEXT])
        if suffix == ".pdf" or not _is_binary(file, reading):
            document = reader(file, name, reading)
    # What was refused is said again the next time.
    if reading.bad_count == bad:
        kept.keep(file, str(file), reading.line_count - lines, document, items)
    return document, items


def _is_binary(file: Path, reading: Reading) -> bool:
    """Whether a file that should be text is none; it is refused then."""
    try:
        with file.open("rb") as opened:
            begin = opened.read(_LOOKED_AT)
    except OSError:
        # Whoever reads it says why.
        return False
    if b"\0" not in begin or begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    reading.refuse(1, "there is a NUL in it: it is binary, not text", str(file))
    return True


def _add_documents(draft: Draft, documents: Sequence[Document], columns: LinkColumns) -> None:
    """Adds particles and links of documents, and what they are called beside their names."""
    texts = columns.texts or ()
    numbers = [
        draft.particle(str(name), str(text))
        for name, text in zip(columns.particles, texts, strict=True)
    ]
    weights = [1.0] * len(columns) if columns.weight is None else columns.weight.tolist()
    column, named = columns.relation, columns.relations
    for row, (source, target) in enumerate(
        zip(columns.source.tolist(), columns.target.tolist(), strict=True)
    ):
        relation = "" if named is None or column is None else str(named[int(column[row])])
        draft.link(numbers[source], numbers[target], relation, weights[row])
        if relation == CONTAINS:
            draft.join(numbers[target], numbers[source])
    first = 0
    for document in documents:
        for alias in document.aliases:
            draft.call(alias, numbers[first])
        first += len(document.sections)
