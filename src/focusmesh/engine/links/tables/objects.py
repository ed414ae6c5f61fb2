"""Links whose names are Python values (integers and strings as they are), put together into link columns.

The names stand in a dict of their own objects: about 100 bytes a name while reading, whatever the number of links.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.columns import LinkColumns
from focusmesh.engine.links.edits import NO_NAME, NO_TIME
from focusmesh.engine.links.names.interning import Tokens, verify_count
from focusmesh.engine.links.names.names import Names
from focusmesh.engine.links.properties.refusals import Refusals
from focusmesh.engine.links.tables.assembly import join_arrays, joined_weights
from focusmesh.engine.links.tables.property_rows import PropertyRows, table_properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray


class ObjectInterner:
    """Integers and strings to dense indices in order of first appearance; 1 and "1" are two names."""

    def __init__(self) -> None:
        self._known: dict[int | str, int] = {}

    def add(self, names: Iterable[int | str]) -> IndexArray:
        """Index of each name (uint32); raises InputError past 2³² − 1 names."""
        known = self._known
        found = [known.setdefault(name, len(known)) for name in names]
        verify_count(len(known))
        return np.array(found, dtype=np.uint32)

    def __len__(self) -> int:
        return len(self._known)

    def names(self) -> Names:
        """The names by index: integers, text, or a mixture."""
        listed = list(self._known)
        texts = [name.encode("utf-8", "surrogatepass") for name in listed if isinstance(name, str)]
        if texts and len(texts) == len(listed):
            tokens = Tokens.of(texts)
            return Names.text(tokens.buffer, tokens.ends)
        return Names.of(listed)


class ObjectAssembly:
    """Batches of links with Python names. Relation, author and time may begin with any batch.

    ``labels`` (relation, author) and ``timed`` say what the links have from the start.
    """

    def __init__(self, labels: Sequence[str] = (), timed: bool = False) -> None:
        self._particles = ObjectInterner()
        self._labels = {role: ObjectInterner() for role in labels}
        self._parts: dict[str, list[npt.NDArray[Any]]] = {}
        self._weights: list[FloatArray | None] = []
        self._timed = timed
        self._texts: dict[int, str] = {}
        self._has_texts = False
        self.refusals = Refusals()
        self._of_links = PropertyRows(self.refusals)
        self._of_particles = PropertyRows(self.refusals)

    def say_of_links(self, attribute: str, values: Sequence[Any]) -> None:
        """An attribute of the links that were added last, None for none."""
        end = sum(len(part) for part in self._parts["source"])
        rows = np.arange(end - len(values), end, dtype=np.int64)
        self._of_links.add(attribute, rows, values)

    def say_of_particles(
        self, attribute: str, particles: IndexArray, values: Sequence[Any]
    ) -> None:
        """An attribute of particles, by indices that ``interner("source")`` gave, None for none."""
        self._of_particles.add_particles(attribute, particles.astype(np.int64), values)

    def describe(self, particles: IndexArray, texts: Iterable[str]) -> None:
        """The texts of particles, by indices that ``interner("source")`` gave; the first that says anything stays."""
        self._has_texts = True
        for at, text in zip(particles.tolist(), texts, strict=True):
            if text:
                self._texts.setdefault(at, text)

    def begin(self, role: str) -> None:
        """From now on links have ``role`` (relation, author or time); those before have none: NO_NAME, NO_TIME."""
        before = [len(part) for part in self._parts.get("source", ())]
        if role == "time":
            self._timed = True
            self._parts[role] = [np.full(count, NO_TIME, dtype=np.int64) for count in before]
            return
        self._labels[role] = ObjectInterner()
        if sum(before):
            self._labels[role].add([NO_NAME])
        self._parts[role] = [np.zeros(count, dtype=np.uint32) for count in before]

    def add(
        self,
        endpoints: IndexArray,
        labels: dict[str, IndexArray],
        weight: FloatArray | None,
        time: OffsetArray | None,
    ) -> None:
        """A batch of links: source and target by turns, as indices that ``interner("source")`` gave."""
        columns: dict[str, npt.NDArray[Any]] = {
            "source": endpoints[0::2].copy(),
            "target": endpoints[1::2].copy(),
        }
        columns.update(labels)
        if time is not None:
            columns["time"] = time
        for role, column in columns.items():
            self._parts.setdefault(role, []).append(column)
        self._weights.append(weight)

    def interner(self, role: str) -> ObjectInterner:
        """What numbers the names of a role; source and target share one."""
        return self._labels.get(role, self._particles)

    def columns(self) -> LinkColumns:
        """All links; the assembly is empty afterwards."""
        sizes = [len(part) for part in self._parts.get("source", ())]
        weight = joined_weights(self._weights, sizes)
        relation, author = self._labels.get("relation"), self._labels.get("author")
        links = LinkColumns(
            self._particles.names(),
            self._join("source"),
            self._join("target"),
            weight=weight,
            relations=relation.names() if relation else None,
            relation=self._join("relation") if relation else None,
            authors=author.names() if author else None,
            author=self._join("author") if author else None,
            time=self._join("time", np.int64) if self._timed else None,
            texts=self._all_texts() if self._has_texts else None,
        )
        if self._of_links or self._of_particles:
            properties = table_properties(links, self._of_links, self._of_particles)
            links = replace(links, properties=properties)
        return links

    def _all_texts(self) -> Names:
        return Names.texts(self._texts.get(at, "") for at in range(len(self._particles)))

    def _join(self, role: str, dtype: npt.DTypeLike = np.uint32) -> npt.NDArray[Any]:
        return join_arrays(self._parts.pop(role, []), dtype)
