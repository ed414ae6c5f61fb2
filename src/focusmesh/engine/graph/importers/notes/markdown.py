"""References in a note: wiki links, embeds, Markdown links, tags, block references, properties.

Dialects: Obsidian's and Logseq's. What stands in code (fenced, inline) or in comments (``%% %%``, ``<!-- -->``) or
behind a backslash is none. Indented text is text, since outlines indent everything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.graph.importers.notes.front_matter import split_list
from focusmesh.engine.graph.importers.notes.hiding import hidden
from focusmesh.engine.graph.importers.texts.document import (
    CITES,
    EMBEDS,
    LINKS,
    TAGGED,
    Reference,
    destination,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIKI = re.compile(r"(?<!\\)(!|\{\{embed +)?(#)?\[\[([^\[\]\n]+)\]\]")
_BLOCK = re.compile(r"(\{\{embed +)?\(\(([0-9A-Fa-f-]{36})\)\)")
_DESTINATION = re.compile(
    r"\]\([ \t]*(<[^<>\n]*>|[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*\)"
)
_DEFINITION = re.compile(
    r"^ {0,3}\[[^\]^\n][^\]\n]*\]:[ \t]*(<[^<>\n]*>|[^\s<]\S*).*$", re.MULTILINE
)
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]+:[^\s<>]*)>")
_BLOCK_ID = re.compile(r"(?:^|[ \t])\^([A-Za-z0-9-]+)[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"(?<![^\s(,;>*_~])#([^\s#,.;:!?\"'()\[\]{}<>\\|`^$%&*+=@~]+)")
_PROPERTY = re.compile(
    r"^[ \t]*(?:- )?(alias|aliases|tags|title|id)::[ \t]*(.*)$", re.MULTILINE | re.IGNORECASE
)


_LONGEST_WORDS = 10_000
"""Characters that the words of a Markdown link may have: a bound on how far back its bracket is looked for."""


class Content(NamedTuple):
    """What a text holds: references, other names of the note, ids of its blocks as Logseq and as Obsidian has them."""

    references: list[Reference]
    aliases: list[str]
    blocks: list[str]
    anchors: list[str]


def content_of(body: str) -> Content:
    """References, aliases (``alias::``, ``title::``) and block ids (``id::``, ``^id``) of a text, front matter off."""
    text = hidden(body)
    content = Content([], [], [], [f"^{found}" for found in _BLOCK_ID.findall(text)])
    text = _PROPERTY.sub(lambda found: _property(found, content), text)
    for step in (_wiki_links, _blocks, _definitions, _destinations, _autolinks):
        text = step(text, content.references)
    content.references.extend(Reference(TAGGED, "tag", tag) for tag in _tags(text))
    return content


def wiki_references(text: str) -> list[Reference]:
    """Only the wiki links of a text, such as front matter."""
    found: list[Reference] = []
    _wiki_links(text, found)
    return found


def _property(found: re.Match[str], content: Content) -> str:
    key, value = found[1].lower(), found[2].strip()
    if key == "id":
        content.blocks.append(value.lower())
        return ""
    names = [value] if key == "title" else [_bare(item) for item in split_list(value)]
    if key == "tags":
        content.references.extend(Reference(TAGGED, "tag", name) for name in names)
    else:
        content.aliases.extend(names)
    return ""


def _bare(name: str) -> str:
    return name.lstrip("#").removeprefix("[[").removesuffix("]]").strip()


def _wiki_links(text: str, references: list[Reference]) -> str:
    def take(found: re.Match[str]) -> str:
        written = found[3].replace("\\|", "|").split("|")[0]
        page, _, fragment = (part.strip() for part in written.partition("#"))
        if page and found[2]:
            references.append(Reference(TAGGED, "tag", page))
        elif page or fragment:
            relation = EMBEDS if found[1] else LINKS
            references.append(Reference(relation, "page", page, fragment))
        return " "

    return _WIKI.sub(take, text)


def _blocks(text: str, references: list[Reference]) -> str:
    def take(found: re.Match[str]) -> str:
        relation = EMBEDS if found[1] else LINKS
        references.append(Reference(relation, "block", found[2].lower()))
        return " "

    return _BLOCK.sub(take, text)


def _definitions(text: str, references: list[Reference]) -> str:
    def take(found: re.Match[str]) -> str:
        _add_destination(found[1], False, references)
        return ""

    return _DEFINITION.sub(take, text)


def _destinations(text: str, references: list[Reference]) -> str:
    def take(found: re.Match[str]) -> str:
        opening = _opening(text, found.start())
        if opening >= 0:
            _add_destination(found[1], text[:opening].endswith("!"), references)
        return "] "

    return _DESTINATION.sub(take, text)


def _opening(text: str, closing: int) -> int:
    """Position of the bracket that ``text[closing]`` closes, on its line; −1 if there is none."""
    depth = 0
    for at in range(closing, max(text.rfind("\n", 0, closing), closing - _LONGEST_WORDS, -1), -1):
        depth += (text[at] == "]") - (text[at] == "[")
        if not depth:
            return at if text[max(at - 1, 0)] != "\\" else -1
    return -1


def _add_destination(written: str, image: bool, references: list[Reference]) -> None:
    relation = EMBEDS if image else LINKS
    found = destination(
        written.removeprefix("<").removesuffix(">"), EMBEDS if image else CITES, relation
    )
    if found is not None:
        references.append(found)


def _autolinks(text: str, references: list[Reference]) -> str:
    def take(found: re.Match[str]) -> str:
        references.append(Reference(CITES, "url", found[1]))
        return " "

    return _AUTOLINK.sub(take, text)


def _tags(text: str) -> Iterator[str]:
    """Tags have something that is no digit (#1 is a number)."""
    for found in _TAG.finditer(text):
        tag = found[1].strip("/")
        if tag and not tag.isdecimal():
            yield tag
