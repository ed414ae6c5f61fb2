"""From names to numbers of particles, and from edges to edits that all workers hear of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster import EditBatch
from focusmesh.engine.links import checked_edge
from focusmesh.errors import InputError, UnknownParticleError
from focusmesh.host.cluster.tasks import find_task, weights_task

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.host.cluster.workers import Group

_WEIGHT_MAX = 1e240
"""Sums of weights beyond 1e250 are refused when a graph is built."""


class ClusterNames:
    """Numbers of particles by name. New ones are numbered here, known ones are asked for from the workers."""

    def __init__(self, group: Group, known: int) -> None:
        self._group, self._known = group, known
        self._fresh: dict[Hashable, int] = {}

    @property
    def count(self) -> int:
        """n, new particles included."""
        return self._known + len(self._fresh)

    def find(self, names: Sequence[Hashable]) -> dict[Hashable, int]:
        """The numbers of those that there are. One round for all of them."""
        sought = [name for name in dict.fromkeys(names) if name not in self._fresh]
        told = {name: self._fresh[name] for name in names if name in self._fresh}
        if sought:
            found = np.max(self._group.run(find_task, sought), axis=0).tolist()
            told |= {name: at for name, at in zip(sought, found, strict=True) if at >= 0}
        return told

    def numbers(self, names: Sequence[Hashable]) -> OffsetArray:
        """The numbers of particles; raises UnknownParticleError for the first that is not there."""
        told = self.find(names)
        for name in names:
            if name not in told:
                raise UnknownParticleError(name)
        return np.array([told[name] for name in names], dtype=np.int64)

    def read_links(self, edges: Iterable[Sequence[Any]]) -> EditBatch:
        """Links that are added, as ``Graph.update`` takes them; raises InputError, and then nothing was numbered."""
        rows = [_plain(edge, number) for number, edge in enumerate(edges)]
        ends = [name for source, target, _ in rows for name in (source, target)]
        told = self.find(ends)
        fresh: dict[Hashable, int] = {}
        for name in ends:
            if name not in told and name not in fresh:
                fresh[name] = self.count + len(fresh)
        told |= fresh
        kept = [row for row in rows if told[row[0]] != told[row[1]] and row[2] > 0]
        batch = EditBatch(
            np.array([told[source] for source, _, _ in kept], dtype=np.int64),
            np.array([told[target] for _, target, _ in kept], dtype=np.int64),
            np.array([weight for *_, weight in kept], dtype=np.float64),
            adding=True,
            fresh=tuple(fresh),
        )
        self._fresh |= fresh
        return batch

    def set_to(self, source: Hashable, target: Hashable, weight: float) -> EditBatch:
        """A pair that is there set to a weight, 0 to withdraw it; raises InputError where there is no such link."""
        *_, weight = _plain((source, target, weight), 0)
        ends = self.numbers([source, target])
        tail, head = ends[:1], ends[1:]
        held = float(np.sum(self._group.run(weights_task, tail, head)))
        if not held or source == target:
            raise InputError(f"no such link from {source!r} to {target!r}")
        return EditBatch(tail, head, np.array([weight]), adding=False)


def _plain(edge: Sequence[Any], number: int) -> tuple[Hashable, Hashable, float]:
    source, target, link = checked_edge(edge, number)
    if not link.plain:
        raise InputError(
            f"edge {number} ({source!r} → {target!r}): parts have no relations, authors or times; leave them out"
        )
    if link.weight > _WEIGHT_MAX:
        raise InputError(f"edge {number}: weight {link.weight!r} is too large; rescale weights")
    return source, target, link.weight
