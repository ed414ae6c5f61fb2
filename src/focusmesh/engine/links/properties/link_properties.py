"""Properties of links, each link called by its ends, its relation and its author."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.links.names.names import Names
from focusmesh.engine.links.properties.table import PropertyTable
from focusmesh.engine.support.arrays import pair_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    import numpy.typing as npt

    from focusmesh.engine.links.properties.values import PropertyValue
    from focusmesh.engine.support.arrays import IndexArray, MassArray


class LinkKey(NamedTuple):
    """Which link is meant: the indices of its ends, its relation and its author, "" where it has none."""

    source: int
    target: int
    relation: Hashable = ""
    author: Hashable = ""


class KeyedLinks(NamedTuple):
    """``k`` links: columns (uint32, shape (k,)), relation and author in the names of their own."""

    source: IndexArray
    target: IndexArray
    relation: IndexArray
    author: IndexArray
    relations: Names
    authors: Names


class LinkProperties:
    """A table of properties whose owner ``i`` is link ``i`` of ``links``. Nothing in it changes."""

    def __init__(self, links: KeyedLinks, table: PropertyTable) -> None:
        self.links = links
        self.table = table

    @staticmethod
    def of(values: Mapping[LinkKey, Mapping[str, PropertyValue]]) -> LinkProperties:
        """Properties by link. O(values · log)."""
        by_key: dict[str, dict[int, PropertyValue]] = {}
        keys = [key for key, found in values.items() if found]
        for owner, key in enumerate(keys):
            for name, value in values[key].items():
                by_key.setdefault(name, {})[owner] = value
        return LinkProperties(_link_rows(keys), PropertyTable.of(by_key))

    def __bool__(self) -> bool:
        return bool(self.table)

    @cached_property
    def _owners(self) -> dict[LinkKey, int]:
        return {key: owner for owner, key in enumerate(self.links_named)}

    @property
    def links_named(self) -> list[LinkKey]:
        """The links that have properties, by their numbers."""
        rows = self.links
        names = list(rows.relations), list(rows.authors)
        columns = zip(*(column.tolist() for column in rows[:4]), strict=True)
        return [LinkKey(s, t, names[0][r], names[1][a]) for s, t, r, a in columns]

    def of_link(self, key: LinkKey) -> dict[str, PropertyValue]:
        """The properties of a link, keys ascending. O(keys · log n) after the first question, which is O(links)."""
        owner = self._owners.get(key)
        return {} if owner is None else self.table.of_owner(owner)

    def by_link(self) -> dict[LinkKey, dict[str, PropertyValue]]:
        """All properties by link. O(values)."""
        found = self.table.by_owner()
        return {key: found[owner] for owner, key in enumerate(self.links_named) if owner in found}

    def edit(self, changes: Mapping[LinkKey, Mapping[str, PropertyValue | None]]) -> LinkProperties:
        """Other properties: link → key → value now, None for none. O(links + values of the keys that change)."""
        owners = dict(self._owners)
        edits = {owners.setdefault(key, len(owners)): said for key, said in changes.items()}
        return LinkProperties(_link_rows(list(owners)), self.table.edit(edits))._compact()

    def keep(self, kept: npt.NDArray[np.bool_]) -> LinkProperties:
        """Those of the links for which ``kept`` is true."""
        if bool(kept.all()):
            return self
        place = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int64)
        rows = [column[kept] for column in self.links[:4]]
        links = KeyedLinks(rows[0], rows[1], rows[2], rows[3], *self.links[4:])
        return LinkProperties(links, self.table.move(place))

    def without(self, gone: Iterable[LinkKey]) -> LinkProperties:
        """Those of the other links. O(links)."""
        rows = [self._owners[key] for key in gone if key in self._owners] if self else []
        kept = np.ones(len(self.links.source), dtype=np.bool_)
        kept[np.array(rows, dtype=np.int64)] = False
        return self.keep(kept)

    @property
    def pairs(self) -> MassArray:
        """The ends of each link in one number."""
        return pair_keys(self.links.source, self.links.target)

    def map(self, call: Callable[[LinkKey], LinkKey | None]) -> LinkProperties:
        """Each link called as ``call`` says, None for left out; of links that become one the first value stays."""
        first: dict[LinkKey, int] = {}
        called = map(call, self.links_named)
        owners = [-1 if key is None else first.setdefault(key, len(first)) for key in called]
        table = self.table.move(np.array(owners, dtype=np.int64))
        return LinkProperties(_link_rows(list(first)), table)

    def move(self, place: npt.NDArray[np.int64]) -> LinkProperties:
        """Those of links between particles ``place[i]``, −1 for none. O(links)."""

        def call(key: LinkKey) -> LinkKey | None:
            source, target = int(place[key.source]), int(place[key.target])
            return None if min(source, target) < 0 else key._replace(source=source, target=target)

        return self.map(call)

    def _compact(self) -> LinkProperties:
        """Without links that have no property left."""
        used = np.zeros(len(self.links.source), dtype=np.bool_)
        for columns in self.table.columns.values():
            for column in columns:
                used[column.owners] = True
        return self.keep(used)


def _link_rows(keys: list[LinkKey]) -> KeyedLinks:
    relations, relation = _number_all([key.relation for key in keys])
    authors, author = _number_all([key.author for key in keys])
    ends = np.array([key[:2] for key in keys], dtype=np.uint32).reshape(-1, 2)
    return KeyedLinks(ends[:, 0].copy(), ends[:, 1].copy(), relation, author, relations, authors)


def _number_all(names: list[Hashable]) -> tuple[Names, IndexArray]:
    known: dict[Hashable, int] = {}
    column = [known.setdefault(name, len(known)) for name in names]
    return Names.of(known), np.array(column, dtype=np.uint32)
