"""A Markdown file becomes a document: front matter off, sections by headings, references of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.notes.front_matter import front_matter
from focusmesh.engine.importers.notes.markdown import content_of, wiki_references
from focusmesh.engine.importers.notes.sections import is_title, pieces
from focusmesh.engine.importers.texts.document import TAGGED, Document, DocumentSection, Reference
from focusmesh.engine.importers.texts.files import bytes_of, count_lines, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.notes.sections import Piece

SUFFIXES = (".md", ".markdown")


def read_note(file: Path, path: str, reading: Reading) -> Document | None:
    """The note in a file, called by ``path``; None for one that was refused."""
    raw = bytes_of(file, reading)
    if raw is None:
        return None
    count_lines(raw, reading)
    text = text_of(raw, file, reading)
    return None if text is None else note_of(text, path)


def note_of(text: str, path: str) -> Document:
    """The sections of a note and what they say. O(characters)."""
    front = front_matter(text)
    listed = pieces(text[front.end :])
    tags = [Reference(TAGGED, "tag", tag) for tag in front.tags]
    own = DocumentSection("", -1, "", [*tags, *wiki_references(front.raw)])
    note = Document(path, [own], list(front.aliases))
    if is_title(listed):
        lead, title, *listed = listed
        note.aliases.append(title.heading)
        listed.insert(0, lead._replace(text=lead.text + title.text))
        own.anchors.append(title.heading)
    outer = [0]
    levels = [0]
    for piece in listed:
        while levels[-1] >= piece.level > 0:
            outer.pop()
            levels.pop()
        if piece.level:
            outer.append(len(note.sections))
            levels.append(piece.level)
            note.sections.append(DocumentSection(piece.heading, outer[-2], ""))
        _fill(note, note.sections[outer[-1]], piece)
    return note


def _fill(note: Document, section: DocumentSection, piece: Piece) -> None:
    content = content_of(piece.text)
    section.text = piece.text.strip()
    section.references.extend(content.references)
    section.anchors.extend(content.anchors)
    note.aliases.extend(content.aliases)
    note.blocks.extend(content.blocks)
