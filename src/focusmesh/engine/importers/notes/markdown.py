"""References in a note: wiki links, embeds, Markdown links, tags, block references, properties.

Dialects: Obsidian's and Logseq's. What stands in code (fenced, inline) or in comments (``%% %%``, ``<!-- -->``) or
behind a backslash is none. Indented text is text, since outlines indent everything.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.importers.notes.code_mask import hidden
from focusmesh.engine.importers.notes.front_matter import split_list
from focusmesh.engine.importers.texts.document import (
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
_BRACKET = re.compile(r"[\[\]\n]")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]+:[^\s<>]*)>")
_BLOCK_ID = re.compile(r"(?:^|[ \t])\^([A-Za-z0-9-]+)[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"(?<![^\s(,;>*_~])#([^\s#,.;:!?\"'()\[\]{}<>\\|`^$%&*+=@~]+)")
_PROPERTY = re.compile(
    r"^[ \t]*(?:- )?(alias|aliases|tags|title|id)::[ \t]*(.*)$", re.MULTILINE | re.IGNORECASE
)


_LONGEST_WORDS = 10_000
"""Characters that the words of a Markdown link may have: a bound on how many brackets are kept."""


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
    brackets = _Brackets(text)

    def take(found: re.Match[str]) -> str:
        opening = brackets.opening(found.start())
        if opening >= 0:
            _add_destination(found[1], text[max(opening - 1, 0) : opening] == "!", references)
        return "] "

    return _DESTINATION.sub(take, text)


class _Brackets:
    """Finds the bracket that another one closes, for one after the other in a text. O(characters) for all of them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._marks = _BRACKET.finditer(text)
        self._open: deque[int] = deque(maxlen=_LONGEST_WORDS)

    def opening(self, closing: int) -> int:
        """Position of the bracket that ``text[closing]`` closes, on its line; −1 if there is none near."""
        for mark in self._marks:
            if mark[0] == "[":
                self._open.append(mark.start())
            elif mark[0] == "\n":
                self._open.clear()
            else:
                found = self._open.pop() if self._open else -1
                if mark.start() == closing:
                    return found if self._is_near(found, closing) else -1
        return -1

    def _is_near(self, opening: int, closing: int) -> bool:
        escaped = opening > 0 and self._text[opening - 1] == "\\"
        return closing - opening < _LONGEST_WORDS and not escaped


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
