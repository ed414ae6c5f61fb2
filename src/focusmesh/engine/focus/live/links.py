"""What an edit of a live focus says, as weights of pairs of indices: two books of one shape.

A ``StoreBook`` edits a graph and reads its journal; it serves labelled links and small graphs. A ``PlainBook`` keeps
names only, since the ledger knows all weights: an edit costs it a few look-ups.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from focusmesh.engine.links import JournaledLinks, LinkView, PlainEdits, checked_edge
from focusmesh.errors import InputError, UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from focusmesh.engine.links import LinkStore, Names
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

_FIELDS_PLAIN = 3
_WEIGHT_MAX = 1e240
"""Sums of weights beyond 1e250 are refused when a graph is built."""


@dataclass(frozen=True, slots=True)
class WeightBatch:
    """Weights of pairs of indices, to be set or, where ``adding``, added; ``particle_count`` includes new particles."""

    source: OffsetArray
    target: OffsetArray
    weight: FloatArray
    adding: bool
    particle_count: int


class LabelledLinkError(Exception):
    """A link says more than a book without labels can hold; nothing was edited."""


class EditBook(Protocol):
    """Reads edits. What is wrong raises InputError and leaves everything as it was."""

    @property
    def particle_count(self) -> int:
        """Number of particles, new ones included."""

    def names(self) -> Names:
        """Names of all particles."""

    def index(self, name: Hashable) -> int:
        """Index of a particle; raises UnknownParticleError."""

    def store(self) -> LinkStore:
        """The edited links."""

    def add(self, edges: Iterable[Sequence[Any]]) -> WeightBatch:
        """Links that are added."""

    def columns(self, source: Any, target: Any, weight: Any) -> WeightBatch:
        """Links that are added, as parallel sequences."""

    def unlink(self, source: Hashable, target: Hashable, **labels: Hashable) -> WeightBatch:
        """Links that are withdrawn."""

    def reweight(
        self, source: Hashable, target: Hashable, weight: float, **labels: Hashable
    ) -> WeightBatch:
        """Links that are set to weigh so much together."""


class StoreBook:
    """Edits a link store of its own."""

    def __init__(self, graph: LinkView) -> None:
        self._links = JournaledLinks.of(graph)

    @property
    def particle_count(self) -> int:
        return self._links.particle_count

    def names(self) -> Names:
        return self._links.particles

    def index(self, name: Hashable) -> int:
        return self._links.index(name)

    def store(self) -> LinkStore:
        return self._links.copy()

    def add(self, edges: Iterable[Sequence[Any]]) -> WeightBatch:
        self._links.update(edges)
        return self._take_batch()

    def columns(self, source: Any, target: Any, weight: Any) -> WeightBatch:
        return self.add(_list_rows(source, target, weight))

    def unlink(self, source: Hashable, target: Hashable, **labels: Hashable) -> WeightBatch:
        self._links.unlink(source, target, **labels)
        return self._take_batch()

    def reweight(
        self, source: Hashable, target: Hashable, weight: float, **labels: Hashable
    ) -> WeightBatch:
        self._links.reweight(source, target, weight, **labels)
        return self._take_batch()

    def _take_batch(self) -> WeightBatch:
        edited = self._links.take_edits()
        pairs = np.array(list(edited.weights), dtype=np.int64).reshape(-1, 2)
        weights = np.array(list(edited.weights.values()))
        return WeightBatch(pairs[:, 0], pairs[:, 1], weights, False, edited.particle_count)


@dataclass
class _Gathered:
    """Rows of a batch while it is read."""

    source: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    new: dict[Hashable, int] = field(default_factory=dict)


class PlainBook:
    """Names of a graph without labels; ``weight`` tells what a pair of indices weighs, ``changed`` all that changed."""

    def __init__(
        self,
        graph: LinkView,
        weight: Callable[[int, int], float],
        changed: Callable[[], dict[tuple[int, int], float]],
    ) -> None:
        self._edits = PlainEdits(graph)
        self._weight = weight
        self._changed = changed

    @property
    def particle_count(self) -> int:
        return self._edits.particle_count

    def names(self) -> Names:
        return self._edits.names

    def index(self, name: Hashable) -> int:
        found = self._edits.find(name)
        if found is None:
            raise UnknownParticleError(name, close=self._edits.close(name))
        return found

    def store(self) -> LinkStore:
        return self._edits.store(self._changed())

    def add(self, edges: Iterable[Sequence[Any]]) -> WeightBatch:
        rows = _Gathered()
        for number, edge in enumerate(edges):
            self._gather(edge, number, rows)
        self._edits.added.update(rows.new)
        return WeightBatch(
            np.array(rows.source, dtype=np.int64),
            np.array(rows.target, dtype=np.int64),
            np.array(rows.weight, dtype=np.float64),
            True,
            self.particle_count,
        )

    def columns(self, source: Any, target: Any, weight: Any) -> WeightBatch:
        """Arrays of integers that name known particles take no look-ups; whatever is odd goes row by row."""
        arrays = isinstance(source, np.ndarray) and isinstance(target, np.ndarray)
        amount = np.ones(len(source)) if arrays and weight is None else np.asarray(weight)
        if not (arrays and source.shape == target.shape == amount.shape and source.ndim == 1):
            return self.add(_list_rows(source, target, weight))
        tail, head = self._edits.number_all(source), self._edits.number_all(target)
        fits = amount.dtype.kind == "f" and np.all((amount >= 0) & (amount <= _WEIGHT_MAX))
        if tail is None or head is None or not fits:
            return self.add(_list_rows(source, target, weight))
        kept = (tail != head) & (amount > 0)
        amount = amount[kept].astype(np.float64)
        return WeightBatch(tail[kept], head[kept], amount, True, self.particle_count)

    def unlink(self, source: Hashable, target: Hashable, **labels: Hashable) -> WeightBatch:
        return self._set(source, target, 0.0, labels)

    def reweight(
        self, source: Hashable, target: Hashable, weight: float, **labels: Hashable
    ) -> WeightBatch:
        return self._set(
            source, target, checked_edge((source, target, weight), 0)[2].weight, labels
        )

    def _gather(self, edge: Sequence[Any], number: int, rows: _Gathered) -> None:
        if type(edge) is tuple and len(edge) == _FIELDS_PLAIN and type(edge[2]) is float:
            source, target, weight = edge
            plain = 0.0 <= weight <= _WEIGHT_MAX and _usual(source) and _usual(target)
        else:
            plain = False
        if not plain:
            source, target, link = checked_edge(edge, number)
            weight = link.weight
            if not link.plain:
                raise LabelledLinkError
            if weight > _WEIGHT_MAX:
                raise InputError(f"edge {number}: weight {weight!r} is too large; rescale weights")
        tail = self._edits.index_or_new(source, rows.new)
        head = self._edits.index_or_new(target, rows.new)
        if tail != head and weight:
            rows.source.append(tail)
            rows.target.append(head)
            rows.weight.append(weight)

    def _set(
        self, source: Hashable, target: Hashable, weight: float, labels: dict[str, Hashable]
    ) -> WeightBatch:
        tail, head = self.index(source), self.index(target)
        told = any(value not in (None, "") for value in labels.values())
        if told or tail == head or not self._weight(tail, head):
            raise InputError(f"no such link from {source!r} to {target!r}")
        pair = np.array([tail, head])
        return WeightBatch(pair[:1], pair[1:], np.array([weight]), False, self.particle_count)


def _usual(name: Any) -> bool:
    return type(name) is str or type(name) is int


def _list_rows(source: Any, target: Any, weight: Any) -> list[tuple[Any, Any, Any]]:
    """Parallel columns as rows; raises InputError unless they are equally long."""
    tails, heads = _values(source), _values(target)
    amounts = [1.0] * len(tails) if weight is None else _values(weight)
    if not len(tails) == len(heads) == len(amounts):
        raise InputError(
            f"source has {len(tails)} rows, target {len(heads)}, weight {len(amounts)}"
        )
    return list(zip(tails, heads, amounts, strict=True))


def _values(column: Any) -> list[Any]:
    return list(column.tolist() if isinstance(column, np.ndarray) else column)
