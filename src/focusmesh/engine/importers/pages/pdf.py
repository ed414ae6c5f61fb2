"""A PDF file becomes a document whose pages are its sections."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

from focusmesh.engine.importers.texts.document import CITES, Document, DocumentSection, Reference
from focusmesh.engine.importers.texts.files import bytes_of
from focusmesh.errors import MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading

SUFFIXES = (".pdf",)
_MOST_BYTES = 1 << 28
_LEAST_UNPACKED, _MOST_UNPACKED_TIMES = 1 << 24, 64
"""What pages unpack to: so many bytes, and so many times the size of the file more, for all of them together."""


def read_pdf(file: Path, path: str, reading: Reading) -> Document | None:
    """The file called ``path``, page by page; None for one that was refused, as it is damaged or encrypted.

    The text of the document itself is its title and subject; ``document#page=3`` is its third page. A page that cannot
    be read is a bad line, and so is a file without any text, such as a scanned one, and the first page of those that
    unpack to more than a file of its size should. Raises MissingExtraError without
    the extra ``documents``.
    """
    try:
        import pypdf
    except ImportError:
        raise MissingExtraError("documents", "reading PDF") from None
    raw = bytes_of(file, reading, _MOST_BYTES)
    if raw is None:
        return None
    # What it can repair is not worth a line on somebody's terminal.
    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    try:
        reader = pypdf.PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            reading.refuse(1, "the PDF is encrypted: save it without its password first", str(file))
            return None
        count = len(reader.pages)
        document = Document(path, [DocumentSection("", -1, _about(reader))])
    except Exception as error:
        # It is somebody else's parser on somebody else's file: whatever it says is about this file.
        reading.refuse(1, f"the PDF cannot be read: {_describe(error)}", str(file))
        return None
    room = _LEAST_UNPACKED + _MOST_UNPACKED_TIMES * len(raw)
    for number in range(1, count + 1):
        room -= _add_page(reader, number, document, file, reading, room)
        if room < 0:
            reading.refuse(number, "the pages from here on unpack to too much", str(file))
            break
    if count and room >= 0 and len(document.sections) == 1:
        reading.refuse(1, "the PDF has no text: scanned pages need recognition first", str(file))
    return document


def _add_page(
    reader: Any, number: int, document: Document, file: Path, reading: Reading, room: int
) -> int:
    """How many bytes the page unpacks to; more than ``room`` are not read."""
    reading.line_count += 1
    unpacked = 0
    try:
        page = reader.pages[number - 1]
        content = page.get_contents()
        unpacked = 0 if content is None else len(content.get_data())
        if unpacked > room:
            return unpacked
        text = _clean(page.extract_text()).strip()
        references = [Reference(CITES, "url", url) for url in _urls(page)]
    except Exception as error:
        reading.refuse(number, f"the page cannot be read: {_describe(error)}", str(file))
        return unpacked
    if text:
        document.sections.append(DocumentSection(f"page={number}", 0, text, references))
    return unpacked


def _about(reader: Any) -> str:
    facts = reader.metadata or {}
    told = [
        _clean(str(facts.get(key) or "")).strip() for key in ("/Title", "/Subject", "/Keywords")
    ]
    return "\n".join(fact for fact in told if fact)


def _urls(page: Any) -> list[str]:
    """Where the annotations of a page lead to."""
    found = []
    for reference in page.get("/Annots") or ():
        action = reference.get_object().get("/A")
        url = action.get_object().get("/URI") if action is not None else None
        if url is not None:
            found.append(_clean(str(url)).strip())
    return [url for url in found if url]


def _clean(text: str) -> str:
    """Text without NULs and lone surrogates, which fonts without a proper map give."""
    return text.replace("\0", "").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
