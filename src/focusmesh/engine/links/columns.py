"""The links of a graph as columns: what importers produce and what a graph is made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.links.names.names import Names
    from focusmesh.engine.links.properties.properties import Properties
    from focusmesh.engine.support.arrays import BoolArray, IndexArray, OffsetArray, WeightArray


@dataclass(frozen=True, slots=True)
class LinkColumns:
    """``m`` links between named particles, one row each, in the order in which they were given.

    ``source`` and ``target`` (uint32, shape (m,)) index ``particles``; ``weight`` (float32 or float64, finite,
    ≥ 0) is None where every weight is 1. The optional columns ``relation``, ``author`` (uint32, with their
    ``relations``, ``authors``) and ``time`` (int64, in the unit of the data) are None where the data has none.
    ``texts`` holds one text a particle, ``properties`` what else is said of particles and links. Links on one ordered
    pair add up when the graph is ranked.
    """

    particles: Names
    source: IndexArray
    target: IndexArray
    weight: WeightArray | None = None
    relations: Names | None = None
    relation: IndexArray | None = None
    authors: Names | None = None
    author: IndexArray | None = None
    time: OffsetArray | None = None
    texts: Names | None = None
    properties: Properties | None = None

    def __len__(self) -> int:
        return len(self.source)

    @property
    def labelled(self) -> bool:
        """Whether a link is more than its ends and its weight."""
        return self.relation is not None or self.author is not None or self.time is not None

    def verify(self) -> None:
        """Raises InputError unless columns have equal length, indices are in range, weights finite and ≥ 0."""
        for name in ("target", "weight", "relation", "author", "time"):
            column = getattr(self, name)
            if column is not None and len(column) != len(self.source):
                raise InputError(
                    f"column {name!r} has {len(column)} rows, 'source' has {len(self.source)}"
                )
        _verify_indices("source", self.source, self.particles)
        _verify_indices("target", self.target, self.particles)
        _verify_indices("relation", self.relation, self.relations)
        _verify_indices("author", self.author, self.authors)
        if self.texts is not None and len(self.texts) != len(self.particles):
            raise InputError(f"{len(self.texts)} texts for {len(self.particles)} particles")
        if self.weight is not None:
            verify_weights(self.weight)

    def where(self, keep: BoolArray | OffsetArray) -> LinkColumns:
        """The rows for which ``keep`` is true, or which have these numbers; particles and their texts stay."""
        return replace(
            self,
            source=self.source[keep],
            target=self.target[keep],
            weight=None if self.weight is None else self.weight[keep],
            relation=None if self.relation is None else self.relation[keep],
            author=None if self.author is None else self.author[keep],
            time=None if self.time is None else self.time[keep],
        )


def verify_weights(weight: WeightArray) -> None:
    """Raises InputError that names the first weight that is NaN, infinite or negative."""
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~((weight >= 0) & np.isfinite(weight)))
    if len(bad):
        raise bad_weight(int(bad[0]), float(weight[bad[0]]))


def bad_weight(row: int, value: float) -> InputError:
    """The error for a weight that cannot be one."""
    return InputError(f"link {row}: weight {value!r} must be finite and not negative")


def _verify_indices(name: str, column: IndexArray | None, names: Names | None) -> None:
    if column is None:
        return
    if names is None:
        raise InputError(f"column {name!r} is given without its names")
    if len(column) and int(column.max()) >= len(names):
        row = int(np.argmax(column >= len(names)))
        raise InputError(f"link {row}: {name} index {column[row]} but only {len(names)} names")
