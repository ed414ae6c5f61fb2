"""Edits that wait to be merged: for every touched pair, what its links are now.

A graph's arrays are never changed in place. An edit copies the links of its pair here once and changes the copy;
the next ranking merges all touched pairs in one go, so that a batch of edits costs one merge.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsFloat

import numpy as np

from focusmesh.engine.links.names.names import Names
from focusmesh.engine.links.properties.properties import Properties, PropertyEdits
from focusmesh.engine.support.arrays import pair_keys
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    import numpy.typing as npt

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.properties.link_properties import LinkKey
    from focusmesh.engine.links.snapshot import Snapshot

NO_NAME = ""
"""The relation or author of a link that names none, where other links of the graph do."""

NO_TIME = -(2**63)
"""The time of a link that has none, where other links of the graph do (NumPy's NaT)."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a known pair: its weight and what else it says."""

    weight: float
    relation: Hashable = NO_NAME
    author: Hashable = NO_NAME
    time: int = NO_TIME

    @property
    def plain(self) -> bool:
        """Whether the link says nothing but its weight."""
        return self.relation == NO_NAME and self.author == NO_NAME and self.time == NO_TIME

    def matches(self, relation: Hashable | None, author: Hashable | None) -> bool:
        """Whether this link has the given relation and author; None stands for any."""
        return (relation is None or relation == self.relation) and (
            author is None or author == self.author
        )


_HISTORY_MAX = 4_096
"""So many touched pairs are told one after the other; whoever follows more has them merged."""


class EditMark(NamedTuple):
    """How far somebody has followed the edits that wait: pairs that were touched, and particles that were added."""

    pairs: int = 0
    added: int = 0


class LaterEdits(NamedTuple):
    """Since a mark: links of the touched pairs of names as they are now, particles that came, and the next mark."""

    links: dict[tuple[Hashable, Hashable], list[Link]]
    added: list[Hashable]
    mark: EditMark


@dataclass(slots=True)
class Edits:
    """Particles added, pairs touched, texts and properties set since the arrays were made.

    ``history`` has the touched pairs in the order of edits, as long as they are few.
    """

    added: dict[Hashable, int] = field(default_factory=dict)
    touched: dict[tuple[int, int], list[Link]] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    properties: PropertyEdits = field(default_factory=PropertyEdits)
    gone: dict[LinkKey, None] = field(default_factory=dict)
    history: list[tuple[int, int]] = field(default_factory=list)

    def touch(self, links: dict[tuple[int, int], list[Link]]) -> None:
        """Takes in what the links of some pairs are now."""
        self.touched.update(links)
        if len(self.history) <= _HISTORY_MAX:
            self.history.extend(links)

    def after(self, mark: EditMark, particles: Names) -> LaterEdits | None:
        """What was edited after ``mark``, ``particles`` being those of the arrays; None where that is too much."""
        if max(len(self.history), len(self.added)) > _HISTORY_MAX:
            return None
        added, known = list(self.added) if self.added else [], len(particles)

        def name(at: int) -> Hashable:
            return particles[at] if at < known else added[at - known]

        links = {
            (name(source), name(target)): self.touched[source, target]
            for source, target in self.history[mark.pairs :]
        }
        return LaterEdits(links, added[mark.added :], EditMark(len(self.history), len(added)))

    def __bool__(self) -> bool:
        return bool(self.added or self.touched or self.texts or self.properties)

    @property
    def only_describe(self) -> bool:
        """Whether particles and links stay as they are, and only what is said of them changes."""
        return not (self.added or self.touched)

    def describe(self, base: LinkColumns | Snapshot) -> tuple[Names | None, Properties | None]:
        """The texts and the properties of ``base`` with these edits. O(n) for texts."""
        texts = self._texts(base) if self.texts or self.added else base.texts
        properties = base.properties
        if properties is not None and self.gone:
            properties = properties.without_links(self.gone)
        if self.properties:
            properties = (properties or Properties()).edit(self.properties)
        return texts, properties or None

    def forget_link(self, key: LinkKey) -> None:
        """A link is gone, and with it what was said of it."""
        self.properties.links.pop(key, None)
        self.gone[key] = None

    def links_of(
        self, pair: tuple[int, int], present: Callable[[tuple[int, int]], list[Link]]
    ) -> list[Link]:
        """The current links of ``pair``; ``present`` looks up an untouched pair."""
        return self.touched[pair] if pair in self.touched else present(pair)

    def apply_to(self, base: LinkColumns) -> LinkColumns:
        """``base`` with these edits applied: touched pairs leave, what they are now comes at the end."""
        keys = np.array([_key(pair) for pair in self.touched], dtype=np.uint64)
        kept = base.where(~np.isin(_keys(base), keys)) if len(keys) else base
        particles = base.particles.with_names(list(self.added))
        texts, properties = self.describe(base)
        kept = replace(kept, particles=particles, texts=texts, properties=properties)
        return _append_rows(kept, self._rows())

    def _texts(self, base: LinkColumns | Snapshot) -> Names | None:
        if base.texts is None and not self.texts:
            return None
        known = [""] * len(base.particles) if base.texts is None else base.texts
        if base.texts is not None and not any(at < len(known) for at in self.texts):
            added = len(base.particles) + np.arange(len(self.added))
            return base.texts.with_names([self.texts.get(at, "") for at in added.tolist()])
        listed = [*map(str, known), *[""] * len(self.added)]
        for at, text in self.texts.items():
            listed[at] = text
        return Names.texts(listed)

    def _rows(self) -> list[tuple[int, int, Link]]:
        return [(*pair, link) for pair, links in self.touched.items() for link in links]


def add_link(links: list[Link], link: Link) -> list[Link]:
    """``links`` with one more: its weight is added where relation and author are the same."""
    for at, known in enumerate(links):
        if (known.relation, known.author) == (link.relation, link.author):
            merged = replace(
                known, weight=known.weight + link.weight, time=max(known.time, link.time)
            )
            return [*links[:at], merged, *links[at + 1 :]]
    return [*links, link]


def verify_weight(weight: Any) -> float:
    """``weight`` as a float; raises InputError unless it is finite and ≥ 0."""
    if isinstance(weight, str) or not isinstance(weight, SupportsFloat):
        raise InputError(f"weight {weight!r} must be a number")
    value = float(weight)
    if not (np.isfinite(value) and value >= 0):
        raise InputError(f"weight {weight!r} must be finite and not negative")
    return value


def _key(pair: tuple[int, int]) -> int:
    return (pair[0] << 32) | pair[1]


def _keys(columns: LinkColumns) -> npt.NDArray[np.uint64]:
    return pair_keys(columns.source, columns.target)


def _append_rows(base: LinkColumns, rows: list[tuple[int, int, Link]]) -> LinkColumns:
    """``base`` and ``rows`` below it; columns that only the rows need are made."""
    links = [link for _, _, link in rows]
    weight = base.weight
    if weight is not None or any(link.weight != 1.0 for link in links):
        weight = np.ones(len(base)) if weight is None else weight.astype(np.float64)
        weight = np.append(weight, [link.weight for link in links])
    relations, relation = _extend_labels(
        base.relations, base.relation, [link.relation for link in links], base
    )
    authors, author = _extend_labels(
        base.authors, base.author, [link.author for link in links], base
    )
    return replace(
        base,
        source=_stack(base.source, [source for source, _, _ in rows]),
        target=_stack(base.target, [target for _, target, _ in rows]),
        weight=weight,
        relations=relations,
        relation=relation,
        authors=authors,
        author=author,
        time=_times(base, [link.time for link in links]),
    )


def _stack(column: npt.NDArray[Any], values: Iterable[int]) -> npt.NDArray[Any]:
    return np.concatenate((column, np.array(list(values), dtype=column.dtype)))


def _extend_labels(
    names: Names | None,
    column: npt.NDArray[np.uint32] | None,
    values: list[Hashable],
    base: LinkColumns,
) -> tuple[Names | None, npt.NDArray[np.uint32] | None]:
    if names is None or column is None:
        if all(value == NO_NAME for value in values):
            return None, None
        names, column = Names.of([NO_NAME]), np.zeros(len(base), dtype=np.uint32)
    known = {name: i for i, name in enumerate(names)}
    indices = [known.setdefault(value, len(known)) for value in values]
    return names.with_names(list(known)[len(names) :]), _stack(column, indices)


def _times(base: LinkColumns, values: list[int]) -> npt.NDArray[np.int64] | None:
    if base.time is None and all(value == NO_TIME for value in values):
        return None
    time = np.full(len(base), NO_TIME, dtype=np.int64) if base.time is None else base.time
    return _stack(time, values)
