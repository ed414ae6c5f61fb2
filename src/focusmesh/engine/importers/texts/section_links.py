"""Documents as particles: each section is one, its document contains it, and what it says becomes its links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.link_sums import Gathering
from focusmesh.engine.importers.texts.document import (
    CONTAINS,
    RELATIONS,
    WITHIN,
    anchor_key,
)
from focusmesh.engine.importers.texts.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.texts.document import Document, Reference
    from focusmesh.engine.links import LinkColumns


def link_documents(documents: Sequence[Document], logseq: bool, reading: Reading) -> LinkColumns:
    """The sections of documents and the links between them, weighted by how often.

    A document is called by its file, a section ``document#heading``; where a document has two of one heading, the
    second is ``document#heading (2)``. A page that is linked and not there is a particle without text; a link from a
    section to itself or to its own document is none. O(sections + references).
    """
    places = _Places(documents, logseq)
    links = Gathering(RELATIONS)
    for document in documents:
        names = places.sections[document.path]
        for name, section in zip(names, document.sections, strict=True):
            links.particle(name, section.text)
    throttle = reading.throttle(len(documents), "documents linked")
    for done, document in enumerate(documents):
        throttle.at(done)
        _link(document, places, links)
    throttle.finish(len(documents))
    return links.columns()


class _Places:
    """Finds the particle of whatever a reference names."""

    def __init__(self, documents: Sequence[Document], logseq: bool) -> None:
        self.vault = Vault([document.path for document in documents], logseq)
        self.sections: dict[str, list[str]] = {}
        self.blocks: dict[str, str] = {}
        self._anchors: dict[str, dict[str, str]] = {}
        taken = set(self.vault.names.values())
        for document in documents:
            for alias in document.aliases:
                self.vault.add_alias(alias, document.path)
            own = self.vault.names[document.path]
            self.blocks.update(dict.fromkeys(document.blocks, own))
            self.sections[document.path] = _names(document, own, taken)
            self._anchors[own] = _anchors(document, self.sections[document.path])

    def at(self, page: str, fragment: str) -> str:
        """The section of ``page`` that a fragment leads to, else the page."""
        anchors = self._anchors.get(page)
        return page if anchors is None or not fragment else _found(anchors, fragment) or page


def _names(document: Document, own: str, taken: set[str]) -> list[str]:
    """What the sections of a document are called; ``taken`` are names of others, and grows."""
    names = [own]
    repeated: dict[str, int] = {}
    for section in document.sections[1:]:
        first = name = f"{own}#{section.heading}"
        while name in taken:
            repeated[first] = repeated.get(first, 1) + 1
            name = f"{first} ({repeated[first]})"
        taken.add(name)
        names.append(name)
    return names


def _anchors(document: Document, names: list[str]) -> dict[str, str]:
    """The sections of a document by every fragment that means them; what is written in full goes first."""
    anchors: dict[str, str] = {}
    repeated: dict[str, int] = {}
    for name, section in zip(names, document.sections, strict=True):
        for anchor in section.anchors:
            anchors.setdefault(anchor, name)
    for name, section in zip(names, document.sections, strict=True):
        key = anchor_key(section.heading)
        # GitHub calls the second of two headings heading-1.
        count = repeated[key] = repeated.get(key, -1) + 1
        for known in (section.heading, key, f"{key} {count}" if count else key):
            anchors.setdefault(known, name)
    anchors.pop("", None)
    return anchors


def _found(anchors: dict[str, str], fragment: str) -> str | None:
    """The section of a fragment; of ``outer#inner`` the inner one."""
    for written in (fragment, fragment.rpartition("#")[2]):
        for known in (written, anchor_key(written)):
            if known in anchors:
                return anchors[known]
    return None


def _link(document: Document, places: _Places, links: Gathering) -> None:
    """Adds what a document says."""
    names = places.sections[document.path]
    folder = document.path.rpartition("/")[0]
    for name, section in zip(names, document.sections, strict=True):
        if section.parent >= 0:
            links.link(names[section.parent], name, CONTAINS)
        for reference in section.references:
            found = _target(reference, names[0], folder, places, links)
            if found not in (name, names[0]):
                links.link(name, found, reference.relation)


def _target(reference: Reference, own: str, folder: str, places: _Places, links: Gathering) -> str:
    _, form, target, fragment = reference
    if form == "tag" and not places.vault.logseq:
        return _tag(target, places.vault, links)
    if form == "block":
        return places.blocks.get(target, f"(({target}))")
    if form == "url":
        return target
    if not target:
        return places.at(own, fragment)
    page = places.vault.path if form == "path" else places.vault.page
    return places.at(page(target, folder), fragment)


def _tag(tag: str, vault: Vault, links: Gathering) -> str:
    """Particle of a tag; a nested one is linked to those around it when it first appears."""
    name = inner = vault.tag(tag)
    new = not links.knows(name)
    while new and "/" in inner:
        around = vault.tag(inner[1:].rpartition("/")[0])
        new = not links.knows(around)
        links.link(inner, around, WITHIN)
        inner = around
    return name
