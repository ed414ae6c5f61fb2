"""Whom a text names among the entities of a memory: found as the passages of documents are linked, word by word."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

import msgspec

from focusmesh.engine.documents import Gazetteer, PassageSize, texts_of, variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TITLE_CHARACTERS = 60
"""A note that names nobody is called by so many of its first characters, whole words of them."""


class Naming(msgspec.Struct, frozen=True):
    """Words of a text that name an entity, and at which character they begin."""

    entity: str
    words: str
    start: int


class EntityNames:
    """The names of the entities of a memory, kept in step with it: those that come at the end are added alone."""

    def __init__(self) -> None:
        self._labels: list[str] = []
        self._gazetteer = Gazetteer(())
        self._lock = RLock()

    def find(self, text: str, labels: Sequence[str]) -> list[Naming]:
        """Who of ``labels`` is named in a text, each where that is first; all that share a name. O(words)."""
        with self._lock:
            self._follow(labels)
            found = [
                Naming(labels[at], text[mention.start : mention.end], mention.start)
                for mention in self._gazetteer.find(text)
                for at in mention.targets
            ]
        first: dict[str, Naming] = {}
        for each in found:
            first.setdefault(each.entity, each)
        return list(first.values())

    def _follow(self, labels: Sequence[str]) -> None:
        known = len(self._labels)
        if list(labels[:known]) != self._labels:
            self._gazetteer, known = Gazetteer(()), 0
        self._gazetteer.add(_name_pairs(labels, known))
        self._labels = list(labels)


def place_of(name: str, text: str) -> Naming | None:
    """Where a text first names ``name``; None where it does not."""
    for mention in Gazetteer((variant, 0) for variant in variants(name)).find(text):
        return Naming(name, text[mention.start : mention.end], mention.start)
    return None


def cut_passages(text: str) -> list[str]:
    """A text as passages are cut, each an observation."""
    return [each for each in texts_of(text, PassageSize()) if each]


def title_of(text: str) -> str:
    """What a text is called by: its first line, cut where that is long."""
    line = text.strip().partition("\n")[0].strip()
    if len(line) <= _TITLE_CHARACTERS:
        return line
    return line[:_TITLE_CHARACTERS].rpartition(" ")[0] or line[:_TITLE_CHARACTERS]


def _name_pairs(labels: Sequence[str], first: int) -> Iterator[tuple[str, int]]:
    for at in range(first, len(labels)):
        for variant in variants(labels[at]):
            yield variant, at
