"""A folder of documents: HTML pages and PDF files, with the plain texts and Markdown notes among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.registry import Importer

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.texts.files import DocumentReader
    from focusmesh.engine.links import LinkColumns


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links between the documents under ``path`` (or of the one at it), weighted by how often.

    A document is called by its file name, with what notes are, a section ``page.html#heading``, a definition
    ``page.html#id``, a page of a PDF file ``file.pdf#page=3``. Relations as in notes. A file that cannot be read is a
    bad line. Holds all texts and references. Raises MissingExtraError without the extra ``documents``.
    """
    from focusmesh.engine.importers.texts.files import is_logseq, read_documents
    from focusmesh.engine.importers.texts.section_links import link_documents

    documents = read_documents(path, document_readers(), reading)
    return link_documents(documents, is_logseq(path), reading)


def document_readers() -> dict[str, DocumentReader]:
    """The reader of each suffix."""
    from focusmesh.engine.importers.notes.note_reader import SUFFIXES as NOTES
    from focusmesh.engine.importers.notes.note_reader import read_note
    from focusmesh.engine.importers.pages.html import SUFFIXES as PAGES
    from focusmesh.engine.importers.pages.html import read_page
    from focusmesh.engine.importers.pages.pdf import read_pdf
    from focusmesh.engine.importers.pages.plain import read_plain

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
