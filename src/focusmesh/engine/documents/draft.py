"""A draft: particles with texts and names, and the links among them, while documents are read."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links import NO_TIME, LinkColumns, Names, verify_count

if TYPE_CHECKING:
    from collections.abc import Iterator

ALIAS, CONTAINS, LINKS, MENTIONS, NEXT = "alias", "contains", "links", "mentions", "next"


class Draft:
    """Particles by number in the order in which they came; some 100 bytes a particle beside name and text."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.texts: list[str] = []
        self.called: list[tuple[str, int]] = []
        """Titles, aliases and the like of particles, beside their own names."""
        self._at: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._document = array("q")
        self._time = array("q")
        self._source, self._target = array("I"), array("I")
        self._relation, self._weight = array("I"), array("d")
        self._relations: dict[str, int] = {}

    def particle(self, name: str, text: str = "", *, time: int | None = None) -> int:
        """The number of a particle, which is added where there is none; ``text`` is kept if it had none."""
        at = self._at.get(name)
        if at is None:
            at = len(self.names)
            verify_count(at + 1)
            self._at[name] = at
            self.names.append(name)
            self.texts.append(text)
            self._document.append(at)
            self._time.append(NO_TIME if time is None else time)
            return at
        if text and not self.texts[at]:
            self.texts[at] = text
        if time is not None:
            self._time[at] = time
        return at

    def part(self, document: int, name: str, text: str) -> int:
        """A new particle that is a part of ``document``, whose time it has."""
        at = self.particle(self.free_name(name), text)
        self._document[at] = self._document[document]
        self._time[at] = self._time[document]
        return at

    def join(self, part: int, document: int) -> None:
        """Says that a particle is a part of ``document``."""
        self._document[part] = self._document[document]

    def document(self, at: int) -> int:
        """The document that a particle is a part of: itself where it is none."""
        return self._document[at]

    def find(self, name: str) -> int | None:
        """The number of a particle, None where there is none."""
        return self._at.get(name)

    def free_name(self, name: str) -> str:
        """``name``, or with a number behind it where that is taken. O(1) a name, however many bear the same."""
        free, number = name, self._numbers.get(name, 1)
        while free in self._at:
            number += 1
            free = f"{name} ({number})"
        self._numbers[name] = max(number - 1, 1)
        return free

    def call(self, name: str, at: int) -> None:
        """A particle has another name."""
        self.called.append((name, at))

    def link(self, source: int, target: int, relation: str, weight: float = 1.0) -> None:
        """Adds a link."""
        self._source.append(source)
        self._target.append(target)
        self._relation.append(self._relations.setdefault(relation, len(self._relations)))
        self._weight.append(weight)

    def links(self) -> Iterator[tuple[int, int]]:
        """The ends of all links, in the order in which they were added."""
        return zip(self._source, self._target, strict=True)

    def columns(self) -> LinkColumns:
        """All of it; a link has the time of the particle that it leads from."""
        source = np.array(self._source, dtype=np.uint32)
        times = np.array(self._time, dtype=np.int64)
        timed = bool(np.any(times != NO_TIME))
        return LinkColumns(
            Names.texts(self.names),
            source,
            np.array(self._target, dtype=np.uint32),
            weight=np.array(self._weight, dtype=np.float64),
            relations=Names.texts(self._relations),
            relation=np.array(self._relation, dtype=np.uint32),
            time=times[source] if timed else None,
            texts=Names.texts(self.texts),
        )
