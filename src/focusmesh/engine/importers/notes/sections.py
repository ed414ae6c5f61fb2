"""Where the sections of a Markdown text begin: headings of CommonMark, ``# one`` and those that are underlined."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.importers.notes.code_mask import hidden
from focusmesh.engine.importers.texts.document import plain_heading

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARK = re.compile(r" {0,3}(#{1,6})(?=[ \t])")
_UNDERLINE = re.compile(r" {0,3}(?:(=+)|-+)[ \t]*")
_NO_PARAGRAPH = re.compile(r"[ \t]*(?:[-*+>|#=<]|[0-9]+[.)]|\[[^\]]*\]:)| {4}|[ \t]*\t")
_EMBEDDED = re.compile(r"!?\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]*)\]\]|!?\[([^\[\]\n]*)\]\([^()\n]*\)")
_EMPHASIS = re.compile(r"(?<!\\)(?:\*{1,3}|`+|~~|==|(?<!\w)_{1,2}(?=\S)|(?<=\S)_{1,2}(?!\w))")


class Piece(NamedTuple):
    """A stretch of the text under its heading, heading included; level 0 for what stands before the first."""

    level: int
    heading: str
    text: str


def pieces(body: str) -> list[Piece]:
    """The text cut before each heading; put together again it is ``body``. O(characters).

    What looks like a heading in code or in a comment is none, and neither is one without words.
    """
    lines = _lines(body)
    shown = _lines(hidden(body))
    found: list[Piece] = []
    level, heading, begin = 0, "", 0
    for at in range(len(lines)):
        head = _heading(lines, shown, at)
        if head is not None:
            found.append(Piece(level, heading, "".join(lines[begin:at])))
            level, heading = head
            begin = at
    found.append(Piece(level, heading, "".join(lines[begin:])))
    return found


def is_title(found: Sequence[Piece]) -> bool:
    """Whether the first heading is that of the whole text: nothing before it, and no other of the first level."""
    levels = [piece.level for piece in found]
    return levels[1:2] == [1] and levels.count(1) == 1 and not found[0].text.strip()


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]]


def _heading(lines: Sequence[str], shown: Sequence[str], at: int) -> tuple[int, str] | None:
    """Level and words of the heading that begins in a line."""
    mark = _MARK.match(shown[at])
    if mark is not None:
        words = _words(_without_closing(lines[at][mark.end() :]))
        return (len(mark[1]), words) if words else None
    under = shown[at + 1] if at + 1 < len(shown) else ""
    line = _UNDERLINE.fullmatch(under.rstrip("\n"))
    if line is None or not shown[at].strip() or _NO_PARAGRAPH.match(shown[at]):
        return None
    if at and shown[at - 1].strip() and not _MARK.match(shown[at - 1]):
        return None
    words = _words(lines[at])
    return (1 if line[1] else 2, words) if words else None


def _without_closing(text: str) -> str:
    """A heading without the #s that may close it."""
    bare = text.strip()
    opened = bare.rstrip("#")
    return opened if not opened or opened[-1] in " \t" else bare


def _words(text: str) -> str:
    """A heading without its markup."""
    plain = _EMBEDDED.sub(lambda found: found[1] or found[2] or "", text)
    return plain_heading(_EMPHASIS.sub("", plain).replace("\\", ""))
