"""A folder of documents: HTML pages and PDF files, with the plain texts and Markdown notes among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.graph.importers.registry import Importer

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.graph.importers.reading import Reading
    from focusmesh.engine.graph.importers.texts.files import DocumentReader
    from focusmesh.engine.graph.links import LinkColumns


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links between the documents under ``path`` (or of the one at it), weighted by how often.

    A document is called by its file name, with what notes are, a section ``page.html#heading``, a definition
    ``page.html#id``, a page of a PDF file ``file.pdf#page=3``. Relations as in notes. A file that cannot be read is a
    bad line. Holds all texts and references. Raises MissingExtraError without the extra ``documents``.
    """
    from focusmesh.engine.graph.importers.texts.files import is_logseq, read_documents
    from focusmesh.engine.graph.importers.texts.linking import linked

    documents = read_documents(path, _readers(), reading)
    return linked(documents, is_logseq(path), reading)


def _readers() -> dict[str, DocumentReader]:
    from focusmesh.engine.graph.importers.notes.reading import SUFFIXES as NOTES
    from focusmesh.engine.graph.importers.notes.reading import read_note
    from focusmesh.engine.graph.importers.pages.html import SUFFIXES as PAGES
    from focusmesh.engine.graph.importers.pages.html import read_page
    from focusmesh.engine.graph.importers.pages.pdf import read_pdf
    from focusmesh.engine.graph.importers.pages.plain import read_plain

    return {
        **dict.fromkeys(PAGES, read_page),
        ".pdf": read_pdf,
        ".txt": read_plain,
        **dict.fromkeys(NOTES, read_note),
    }


IMPORTER = Importer(
    name="documents",
    suffixes=(".html", ".htm", ".xhtml", ".pdf"),
    summary="HTML pages and PDF files, a folder or one; in folders plain text and Markdown as well",
    read=read,
    compressed=False,
    directory=True,
    of_files=True,
    alone=True,
    beside=(".txt", ".md", ".markdown"),
)
