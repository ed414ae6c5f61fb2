"""A graph with its focus, on its way into a file: nodes with score and rank, edges with what links say."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.exporters.attributes import WrittenProperties
from focusmesh.engine.links import label, shorten
from focusmesh.engine.support.arrays import pair_keys
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from focusmesh.engine.focus import Focus
    from focusmesh.engine.links import LinkColumns, Names
    from focusmesh.engine.support.arrays import OffsetArray

_EDGES_AT_ONCE = 65_536
_LONGEST_LABEL = 80
_ID = re.compile(r"-?\w{0,3}[-_.:]?\d+|_:\S+|[A-Za-z][\w+.-]*:\S+|[0-9A-Fa-f-]{16,}")
"""What stands in files as the id of a node, and is no label."""


class Node(NamedTuple):
    """A particle as it is written; ``text`` is "" where it has none, ``rank`` counts from 1."""

    name: str
    label: str
    text: str
    focus: float
    rank: int


class Edge(NamedTuple):
    """A link: ``source`` and ``target`` are places among the names, ``relation`` and ``author`` among theirs."""

    number: int
    source: int
    target: int
    weight: float
    relation: int
    author: int
    time: int


class RankedGraph:
    """Links and the focus of their particles; takes O(particles) beside them.

    Raises InputError where the focus is not one of these particles, and for two names that are written alike.
    """

    def __init__(self, links: LinkColumns, focus: Focus) -> None:
        particles = links.particles
        if focus.particles is not particles and focus.particles != particles:
            raise InputError(
                f"the focus is of {len(focus):,} particles that are not the graph's {len(particles):,}: rank it again"
            )
        self.links = links
        self.focus = focus
        self.names = _spellings(particles, "particle")
        self.relations = _spellings(links.relations or (), "relation")
        self.authors = _spellings(links.authors or (), "author")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def properties(self) -> WrittenProperties:
        """What else is written of particles and links."""
        return WrittenProperties(self.links)

    @cached_property
    def has_parallel_links(self) -> bool:
        """Whether two links lead from one particle to the same other. O(m log m), 8 bytes a link."""
        pairs = pair_keys(self.links.source, self.links.target)
        pairs.sort()
        return bool(np.any(pairs[1:] == pairs[:-1]))

    @cached_property
    def ranks(self) -> OffsetArray:
        """The rank of each particle, from 1."""
        found = np.empty(len(self), dtype=np.int64)
        found[self.focus.order()] = np.arange(1, len(self) + 1)
        return found

    def texts(self) -> Iterable[str]:
        """The text of each particle, "" where it has none."""
        texts = self.links.texts
        return repeat("", len(self)) if texts is None else map(str, texts)

    def nodes(self) -> Iterator[Node]:
        """Every particle, in the order of the graph."""
        rows = zip(
            self.names, self.texts(), self.focus.scores.tolist(), self.ranks.tolist(), strict=True
        )
        called_by_label = _are_ids(self.texts())
        for name, text, focus, rank in rows:
            label = "" if called_by_label else _label_of(text)
            yield Node(name, label or name, text, focus, rank)

    def edges(self) -> Iterator[Edge]:
        """Every link, in the order of the graph; columns that links do not have are 0."""
        links = self.links
        for start in range(0, len(links), _EDGES_AT_ONCE):
            part = slice(start, start + _EDGES_AT_ONCE)
            count = len(links.source[part])
            columns: list[Iterable[float]] = [
                range(start, start + count),
                links.source[part].tolist(),
                links.target[part].tolist(),
                repeat(1.0, count) if links.weight is None else links.weight[part].tolist(),
            ]
            columns += [
                repeat(0, count) if column is None else column[part].tolist()
                for column in (links.relation, links.author, links.time)
            ]
            yield from map(Edge._make, zip(*columns, strict=True))


def label_pieces(names: list[str], write: Callable[[str], str]) -> list[str]:
    """What each relation or author adds to an edge: nothing for the empty one, and where links have none at all."""
    return [write(name) if name else "" for name in names] or [""]


def _spellings(names: Names | tuple[()], what: str) -> list[str]:
    """Names as text, digests as CIDs."""
    spelt = [label(name) for name in names]
    if len(set(spelt)) < len(spelt):
        twice = next(name for name, times in Counter(spelt).items() if times > 1)
        raise InputError(f"{_both(names, twice)} are one {what} once they are written: rename one")
    return spelt


def _both(names: Iterable[Hashable], spelt: str) -> str:
    """The names that are spelt alike, such as 7 and '7'."""
    return " and ".join(shorten(name) for name in names if label(name) == spelt)


def _are_ids(texts: Iterable[str]) -> bool:
    """Whether all texts are numbers, n7, IRIs or the like: ids of particles that are called by their labels. O(n)."""
    return all(_ID.fullmatch(text) for text in texts if text)


def _label_of(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text[: 4 * _LONGEST_LABEL].split())
    return line if len(line) <= _LONGEST_LABEL else f"{line[: _LONGEST_LABEL - 1]}…"
