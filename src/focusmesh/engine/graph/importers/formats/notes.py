"""A folder of Markdown notes, such as an Obsidian vault or a Logseq graph: pages, tags and the links between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.graph.importers.folders import files_under
from focusmesh.engine.graph.importers.gathering import Gathering
from focusmesh.engine.graph.importers.registry import Importer
from focusmesh.engine.graph.importers.source import file_errors
from focusmesh.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.graph.importers.notes.markdown import Reference
    from focusmesh.engine.graph.importers.notes.vault import Vault
    from focusmesh.engine.graph.importers.reading import Reading
    from focusmesh.engine.graph.links import LinkColumns

_MOST_FILE_BYTES = 1 << 24
_RECYCLED = ("logseq/bak", "logseq/version-files")


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links between the notes under ``path``, weighted by how often; secrets, hidden files and ``exclude`` stay out.

    Relations: ``links``, ``embeds``, ``cites`` (a URL), ``tagged``, and ``within`` from a nested tag to the one around
    it. A page that is linked and not written is a particle without text; a link from a note to itself is none. A file
    that cannot be read or is no UTF-8 is a bad line. Holds the texts and references of all notes.
    """
    from focusmesh.engine.graph.importers.notes.markdown import CITES, EMBEDS, LINKS, TAGGED, WITHIN
    from focusmesh.engine.graph.importers.notes.vault import SUFFIXES, Vault

    files = files_under(path, SUFFIXES, (*reading.exclude, *_RECYCLED))
    throttle = reading.throttle(len(files), "files")
    notes: list[_Note] = []
    for done, file in enumerate(files):
        throttle.at(done)
        note = _note(file, file.relative_to(path).as_posix(), reading)
        if note is not None:
            notes.append(note)
    throttle.finish(len(files))
    vault = Vault([note.path for note in notes], _is_logseq(path))
    links = Gathering((LINKS, EMBEDS, CITES, TAGGED, WITHIN))
    for note in notes:
        links.particle(vault.names[note.path], note.text)
        for alias in note.aliases:
            vault.add_alias(alias, note.path)
    blocks = {block: vault.names[note.path] for note in notes for block in note.blocks}
    for note in notes:
        _link(note, vault, blocks, links)
    return links.columns()


class _Note(NamedTuple):
    """A file: its path from the folder, its text without front matter, and what it says about others."""

    path: str
    text: str
    references: list[Reference]
    aliases: list[str]
    blocks: list[str]


def _is_logseq(path: Path) -> bool:
    return (path / "logseq").is_dir() or all((path / n).is_dir() for n in ("journals", "pages"))


def _note(file: Path, path: str, reading: Reading) -> _Note | None:
    """The note in a file; None for one that was refused."""
    from focusmesh.engine.graph.importers.notes.front_matter import front_matter
    from focusmesh.engine.graph.importers.notes.markdown import (
        TAGGED,
        Reference,
        content_of,
        wiki_references,
    )

    text = _text(file, reading)
    if text is None:
        return None
    front = front_matter(text)
    body = text[front.end :]
    content = content_of(body)
    tags = [Reference(TAGGED, "tag", tag) for tag in front.tags]
    references = [*tags, *wiki_references(front.raw), *content.references]
    return _Note(path, body.strip(), references, front.aliases + content.aliases, content.blocks)


def _text(file: Path, reading: Reading) -> str | None:
    where = str(file)
    try:
        with file_errors(file):
            if file.stat().st_size > _MOST_FILE_BYTES:
                reading.refuse(1, f"the file is larger than {_MOST_FILE_BYTES} bytes", where)
                return None
            raw = file.read_bytes()
    except FileError as error:
        reading.refuse(1, str(error), where)
        return None
    reading.line_count += raw.count(b"\n") + (bool(raw) and not raw.endswith(b"\n"))
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = 1 + raw.count(b"\n", 0, error.start)
        reading.refuse(line, f"0x{raw[error.start]:02x} is not UTF-8", where)
        return None


def _link(note: _Note, vault: Vault, blocks: dict[str, str], links: Gathering) -> None:
    """Adds what a note says."""
    name, folder = vault.names[note.path], note.path.rpartition("/")[0]
    for relation, form, target in note.references:
        if form == "tag" and not vault.logseq:
            found = _tag(target, vault, links)
        elif form == "path":
            found = vault.path(target, folder)
        elif form == "block":
            found = blocks.get(target, f"(({target}))")
        else:
            found = target if form == "url" else vault.page(target, folder)
        if found != name:
            links.link(name, found, relation)


def _tag(tag: str, vault: Vault, links: Gathering) -> str:
    """Particle of a tag; a nested one is linked to those around it when it first appears."""
    name = inner = vault.tag(tag)
    new = not links.knows(name)
    while new and "/" in inner:
        around = vault.tag(inner[1:].rpartition("/")[0])
        new = not links.knows(around)
        links.link(inner, around, "within")
        inner = around
    return name


IMPORTER = Importer(
    name="notes",
    suffixes=(".md", ".markdown"),
    summary="directory of Markdown notes (Obsidian, Logseq): [[links]], #tags, Markdown links",
    read=read,
    compressed=False,
    directory=True,
    names=(".obsidian", "logseq", "journals"),
)
