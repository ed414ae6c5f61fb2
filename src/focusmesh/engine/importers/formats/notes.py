"""A folder of Markdown notes, such as an Obsidian vault or a Logseq graph: pages, sections, tags and their links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.registry import Importer

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links between the notes under ``path`` (or of the one at it), weighted by how often.

    Every note is a particle, every heading in it another, ``note#heading``, with what stands under it as its text.
    Relations: ``contains`` (from the outer to the inner), ``links``, ``embeds``, ``cites`` (a URL), ``tagged``, and
    ``within`` from a nested tag to the one around it. A page that is linked and not written is a particle without
    text; a link from a note to itself is none. Secrets, hidden files, ``exclude`` and what symbolic links lead to
    outside of the folder stay out. A file that cannot be read or is no UTF-8 is a bad line. Holds the texts and
    references of all notes.
    """
    from focusmesh.engine.importers.notes.note_reader import read_note
    from focusmesh.engine.importers.texts.files import is_logseq, read_documents
    from focusmesh.engine.importers.texts.section_links import link_documents

    notes = read_documents(path, dict.fromkeys(IMPORTER.suffixes, read_note), reading)
    return link_documents(notes, is_logseq(path), reading)


IMPORTER = Importer(
    name="notes",
    suffixes=(".md", ".markdown"),
    summary="Markdown notes (Obsidian, Logseq), a folder or one: headings, [[links]], #tags, Markdown links",
    read=read,
    compressed=False,
    directory=True,
    of_files=True,
    alone=True,
    names=(".obsidian", "logseq", "journals"),
)
