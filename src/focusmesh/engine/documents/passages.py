"""Passages: where a long text is cut, by what structure it has, and how much of one begins the next again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|(?<=[。！？])")
_LINE = re.compile(r"\n")
_BLANK = re.compile(r"\s+")


class Span(NamedTuple):
    """A part of a text, from ``start`` to before ``end``, in characters."""

    start: int
    end: int


@dataclass(frozen=True)
class PassageSize:
    """``characters`` (≥ 100) a passage has at most; up to ``overlap`` (≥ 0, at most half) begin the next one again."""

    characters: int = 2_000
    overlap: int = 200

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        if type(self.characters) is not int or self.characters < 100:
            raise ParameterError(f"passages need characters ≥ 100, not {self.characters!r}")
        if type(self.overlap) is not int or not 0 <= 2 * self.overlap <= self.characters:
            raise ParameterError(
                f"passages need 0 ≤ overlap ≤ {self.characters // 2}, half of their characters, "
                f"not {self.overlap!r}"
            )


def passages_of(text: str, size: PassageSize) -> list[Span]:
    """The passages of a text; one where it is short enough. Every character but blanks is in one. O(characters).

    A cut is made where a paragraph ends, else a line, a sentence, a word, else anywhere. What is repeated begins with
    a sentence where the overlap has room for one, else with a word.
    """
    if len(text) <= size.characters:
        return [Span(0, len(text))]
    found: list[Span] = []
    start = 0
    while len(text) - start > size.characters:
        end = _cut(text, start, size)
        found.append(Span(start, end))
        start = _again(text, start, end, size.overlap)
    found.append(Span(start, len(text)))
    return found


def _cut(text: str, start: int, size: PassageSize) -> int:
    """Where a passage that begins at ``start`` ends: the last good place in its second half."""
    latest = start + size.characters
    least = start + size.characters // 2
    for pattern in (_PARAGRAPH, _LINE, _SENTENCE, _BLANK):
        places = [match.end() for match in pattern.finditer(text, least, latest)]
        if places:
            return places[-1]
    return latest


def _again(text: str, start: int, end: int, overlap: int) -> int:
    """Where the next passage begins: before ``end`` by at most ``overlap``, and after ``start``."""
    least = max(end - overlap, start + 1)
    for pattern in (_SENTENCE, _BLANK):
        places = [match.end() for match in pattern.finditer(text, least, end)]
        before = [place for place in places if place < end]
        if before:
            return before[0]
    return end


def texts_of(text: str, size: PassageSize) -> Iterator[str]:
    """The passages as texts, blanks around them left out."""
    for span in passages_of(text, size):
        yield text[span.start : span.end].strip()
