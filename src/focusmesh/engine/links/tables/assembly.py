"""Rows of blocks put together into link columns, names interned on the way.

While reading, a link takes the bytes of its final columns; joining the blocks at the end takes one more column.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.columns import LinkColumns
from focusmesh.engine.links.names.interning import DictInterner, Interner
from focusmesh.engine.links.names.names import Names
from focusmesh.engine.links.properties.refusals import Refusals
from focusmesh.engine.links.properties.written_values import typed_texts
from focusmesh.engine.links.tables.property_rows import PropertyRows, table_properties

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.links.properties.properties import Properties
    from focusmesh.engine.links.tables.text_rows import RowLayout, TextRows
    from focusmesh.engine.support.arrays import BoolArray, FloatArray, IndexArray, OffsetArray

BOTH_WAYS = ("undirected", "mutual")
"""What a column of directions says of links that count both ways; case does not matter."""
_MORE = "+"
"""What stands before the name of a column without a role, among roles."""
DIRECTIONS = ("directed", *BOTH_WAYS)


class Assembly:
    """The links so far. Interners begin small; ``grow`` changes them for the compiled ones, indices kept."""

    def __init__(self, layout: RowLayout) -> None:
        self.link_count = 0
        self.particles: Interner = DictInterner()
        self._labels = _labels(layout)
        self._timed = layout.time is not None
        self._describes = layout.describes
        self._more = {f"{_MORE}{name}": name for name, _ in layout.more}
        self.refusals = Refusals()
        self._sources: list[IndexArray] = []
        self._targets: list[IndexArray] = []
        self._weights: list[FloatArray | None] = []
        self._times: list[OffsetArray] = []

    def grow(self) -> None:
        """Goes on with compiled interners."""
        from focusmesh.engine.links.names.interning_large import TableInterner

        for label in self._labels.values():
            if isinstance(label.interner, DictInterner):
                label.interner = TableInterner.following(label.interner)
        if isinstance(self.particles, DictInterner):
            self.particles = TableInterner.following(self.particles)

    def add(self, rows: TextRows) -> None:
        """Appends the rows of a block; raises InputError when there are too many names."""
        if not len(rows):
            return
        ends = self.particles.add(rows.endpoints)
        self._sources.append(ends[0::2].copy())
        self._targets.append(ends[1::2].copy())
        self._weights.append(rows.weight)
        if rows.time is not None:
            self._times.append(rows.time)
        for label, tokens in zip(self._labels.values(), rows.labels, strict=True):
            label.columns.append(label.interner.add(tokens))
        self.link_count += len(rows)

    def columns(self) -> LinkColumns:
        """All links; the assembly is empty afterwards."""
        sizes = [len(column) for column in self._sources]
        relation, author = self._labels.get("relation"), self._labels.get("author")
        source = join_arrays(self._sources, np.uint32)
        links = LinkColumns(
            self.particles.names(),
            source,
            join_arrays(self._targets, np.uint32),
            weight=joined_weights(self._weights, sizes),
            relations=relation.interner.names() if relation else None,
            relation=join_arrays(relation.columns, np.uint32) if relation else None,
            authors=author.interner.names() if author else None,
            author=join_arrays(author.columns, np.uint32) if author else None,
            time=join_arrays(self._times, np.int64) if self._timed else None,
            texts=self._texts(source),
        )
        if self._more:
            links = replace(links, properties=self._properties(links))
        return links.where(np.zeros(len(links), dtype=np.bool_)) if self._describes else links

    def _properties(self, links: LinkColumns) -> Properties | None:
        """What the columns without a role say, each value as its column is written."""
        of_links, of_particles = PropertyRows(self.refusals), PropertyRows(self.refusals)
        for key, name in self._more.items():
            label = self._labels.pop(key)
            values = typed_texts([str(each) for each in label.interner.names()])
            said = [values[at] for at in join_arrays(label.columns, np.uint32).tolist()]
            if self._describes:
                of_particles.add_particles(name, links.source.astype(np.int64), said)
            else:
                of_links.add(name, np.arange(len(said), dtype=np.int64), said)
        return table_properties(links, of_links, of_particles)

    def take_undirected(self) -> BoolArray | None:
        """Which links count both ways, where a column says so; None without one. To be asked once."""
        label = self._labels.get("direction")
        if label is None:
            return None
        both = [str(name).casefold() in BOTH_WAYS for name in label.interner.names()]
        found: BoolArray = np.array(both, dtype=np.bool_)[join_arrays(label.columns, np.uint32)]
        return found

    def _texts(self, source: IndexArray) -> Names | None:
        """For each particle the first text that is not empty in a row with it as source."""
        label = self._labels.get("text")
        if label is None:
            return None
        column = join_arrays(label.columns, np.uint32)
        known = list(label.interner.names())
        said = np.array([text != "" for text in known], dtype=np.bool_)[column]
        which, first = np.unique(source[said], return_index=True)
        found = dict(zip(which.tolist(), column[said][first].tolist(), strict=True))
        count = len(self.particles)
        return Names.texts(str(known[found[at]]) if at in found else "" for at in range(count))


class _Label:
    """A column of names other than the particles, with names of its own."""

    def __init__(self) -> None:
        self.interner: Interner = DictInterner()
        self.columns: list[IndexArray] = []


def _labels(layout: RowLayout) -> dict[str, _Label]:
    used = {
        "relation": layout.relation,
        "author": layout.author,
        "text": layout.text,
        **{f"{_MORE}{name}": place for name, place in layout.more},
        "direction": layout.direction,
    }
    return {role: _Label() for role, place in used.items() if place is not None}


def join_arrays(parts: list[npt.NDArray[Any]], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """The parts one after the other; empties the list, so that they do not stay beside their copy."""
    whole = np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
    parts.clear()
    return whole


def joined_weights(parts: list[FloatArray | None], sizes: list[int]) -> FloatArray | None:
    """Weights of all blocks, 1 for the blocks that have none; None when every weight is 1."""
    if all(part is None or bool(np.all(part == 1)) for part in parts):
        return None
    whole = np.ones(sum(sizes), dtype=np.float64)
    begin = 0
    for part, size in zip(parts, sizes, strict=True):
        if part is not None:
            whole[begin : begin + size] = part
        begin += size
    parts.clear()
    return whole
