"""A document read: its sections in their order, and what each of them says about others."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

CONTAINS, LINKS, EMBEDS, CITES, TAGGED, WITHIN = (
    "contains",
    "links",
    "embeds",
    "cites",
    "tagged",
    "within",
)
RELATIONS = (CONTAINS, LINKS, EMBEDS, CITES, TAGGED, WITHIN)

_LONGEST_HEADING = 200
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


class Reference(NamedTuple):
    """What a section says about something else.

    ``target`` is a page as written (``form`` "page"), a path from the document's folder ("path"), a tag without #
    ("tag"), a URL ("url") or the id of a block ("block"). ``fragment`` is what stood behind # in a page or path; a page
    "" is the document itself.
    """

    relation: str
    form: str
    target: str
    fragment: str = ""


@dataclass(slots=True)
class DocumentSection:
    """A part of a document under its heading; ``parent`` is the index of the one it lies in.

    ``anchors`` are the fragments that lead to it, beside its heading.
    """

    heading: str
    parent: int
    text: str
    references: list[Reference] = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """A file by its path from the folder, with ``/``. The first section is the document itself.

    ``aliases`` are other names of it, ``blocks`` ids that Logseq gives to its paragraphs.
    """

    path: str
    sections: list[DocumentSection]
    aliases: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


def anchor_key(fragment: str) -> str:
    """What a fragment and the heading that it means have in common: their words, in any case and punctuation."""
    words = _BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFC", unquote(fragment)).casefold())
    return words.strip() or fragment


def plain_heading(text: str) -> str:
    """A heading on one line, cut where it is longer than a name should be."""
    line = " ".join(text.replace("\0", " ").split())
    return line if len(line) <= _LONGEST_HEADING else f"{line[: _LONGEST_HEADING - 1]}…"


def destination(written: str, relation_of_url: str, relation: str) -> Reference | None:
    """What the destination of a link refers to: a URL, or a path from the folder of the document; None for nothing."""
    target = written.strip()
    if _SCHEME.match(target):
        return Reference(relation_of_url, "url", target)
    path, _, fragment = target.partition("#")
    path = unquote(path.split("?")[0])
    if path:
        return Reference(relation, "path", path, fragment)
    return Reference(relation, "page", "", fragment) if fragment else None
