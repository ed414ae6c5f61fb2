"""Labels of particles as sparse rows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.support.arrays import pair_ends, pair_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import IndexArray


def span_of(ascending: IndexArray, value: int) -> tuple[int, int]:
    """Where ``value`` stands in an ascending column: from, to. O(log n)."""
    # Of the array's own type: another one would have all of it converted.
    wanted = np.uint32(value)
    sides = (np.searchsorted(ascending, wanted, side=side) for side in ("left", "right"))
    start, end = map(int, sides)
    return start, end


class LabelRows:
    """Which particle has which labels: ``owner`` and ``label`` (uint32, ascending by both), ``label`` in ``names``.

    ``names`` ascend, and each is used. Nothing in it changes; 8 bytes a label of a particle, and 8 more for
    ``owners_of``, from the first question on.
    """

    def __init__(self, names: list[str], owner: IndexArray, label: IndexArray) -> None:
        self.names = names
        self.owner = owner
        self.label = label

    @staticmethod
    def of(pairs: Iterable[tuple[int, str]]) -> LabelRows:
        """Rows of pairs of a particle and a label. O(n log n)."""
        listed = sorted(set(pairs))
        names = sorted({label for _, label in listed})
        place = {label: at for at, label in enumerate(names)}
        owner = np.array([owner for owner, _ in listed], dtype=np.uint32)
        return LabelRows(
            names, owner, np.array([place[label] for _, label in listed], dtype=np.uint32)
        )

    def __len__(self) -> int:
        return len(self.owner)

    def of_owner(self, owner: int) -> list[str]:
        """The labels of a particle, ascending. O(log n)."""
        start, end = span_of(self.owner, owner)
        return [self.names[at] for at in self.label[start:end].tolist()]

    def owners_of(self, label: str) -> IndexArray:
        """Particles with a label, ascending. O(log n + found) after the first question, which sorts the rows."""
        at = self._places.get(label)
        if at is None:
            return np.empty(0, dtype=np.uint32)
        labels, owners = self._by_label
        start, end = span_of(labels, at)
        return owners[start:end]

    def pairs(self) -> list[tuple[int, str]]:
        """All particles with each of their labels."""
        return [
            (owner, self.names[at])
            for owner, at in zip(self.owner.tolist(), self.label.tolist(), strict=True)
        ]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {label: at for at, label in enumerate(self.names)}

    @cached_property
    def _by_label(self) -> tuple[IndexArray, IndexArray]:
        order = np.argsort(self.label, kind="stable")
        return self.label[order], self.owner[order]

    def edit(self, changes: Mapping[int, Mapping[str, bool]]) -> LabelRows:
        """Other rows: particle → label → whether it has that label now. O(n)."""
        kept = ~np.isin(self.owner, np.array(list(changes), dtype=np.uint32))
        rows = [
            (owner, label)
            for owner, said in changes.items()
            for label in ({*self.of_owner(owner)} | said.keys())
            if said.get(label, True)
        ]
        names = sorted({*self.names, *(label for _, label in rows)})
        place = {label: at for at, label in enumerate(names)}
        old = np.array([place[name] for name in self.names], dtype=np.uint32)
        owner = np.array([owner for owner, _ in rows], dtype=np.uint32)
        label = np.array([place[label] for _, label in rows], dtype=np.uint32)
        return _label_rows(
            names,
            np.concatenate((self.owner[kept], owner)),
            np.concatenate((old[self.label[kept]] if len(old) else label[:0], label)),
        )

    def move(self, place: npt.NDArray[np.int64]) -> LabelRows:
        """The labels of particle ``i`` for particle ``place[i]``, −1 for nobody. O(n log n)."""
        owner = place[self.owner]
        kept = owner >= 0
        return _label_rows(self.names, owner[kept].astype(np.uint32), self.label[kept])


def _label_rows(names: list[str], owner: IndexArray, label: IndexArray) -> LabelRows:
    """Rows in their order, each once; names that none uses are left out."""
    owners, among = pair_ends(np.unique(pair_keys(owner, label)))
    used, place = np.unique(among, return_inverse=True)
    return LabelRows(
        [names[at] for at in used.tolist()],
        owners,
        place.reshape(-1).astype(np.uint32),
    )
