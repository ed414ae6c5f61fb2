"""The aggregated axons of a graph on the card, in the order of the engine's Structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.cuda.rows import CardRows

if TYPE_CHECKING:
    from focusmesh.engine.graph import Structure

_HALF = 32


class CardStructure:
    """``axon_count`` axons between ``particle_count`` particles, in- and out-rows; 16 bytes an axon, 20 a particle.

    ``out_total``, ``degree_total``: o and d, float64 (n,). ``symmetric``: the in-rows serve for both sides.
    ``longest_row``: the links of the particle that has most.
    """

    def __init__(self, inward: CardRows, outward: CardRows, totals: tuple[Any, Any], counts: tuple[int, int, int]) -> None:
        self.inward, self.outward = inward, outward
        self.out_total, self.degree_total = totals
        self.particle_count, self.axon_count, self.longest_row = counts

    @property
    def symmetric(self) -> bool:
        """Whether every axon has one of the same weight the other way."""
        return self.inward is self.outward

    @classmethod
    def of(cls, structure: Structure) -> CardStructure:
        """A structure of the engine, copied to the card."""
        np, s = cupy(), structure
        inward = _rows(s.in_start, s.in_source, s.in_weight)
        outward = inward if s.symmetric else _rows(s.out_start, s.out_target, s.out_weight)
        totals = np.asarray(s.out_total), np.asarray(s.degree_total)
        return cls(inward, outward, totals, (s.particle_count, s.axon_count, s.longest_row))

    @classmethod
    def from_links(cls, source: Any, target: Any, weight: Any, particle_count: int) -> tuple[CardStructure, Any]:
        """Links as arrays of the host or the card: uint32 (k,), uint32 (k,), float32 (k,) or None for all 1.

        Self-loops are dropped and duplicates summed. Also gives ``order``: the particle at each solver position, by
        falling number of out-links. O(k log k) work on the card and 40 bytes a link while it lasts.
        """
        np = cupy()
        source, target = np.asarray(source, np.uint32), np.asarray(target, np.uint32)
        source, target, weight = _aggregated(source, target, weight)
        order = np.argsort(-np.bincount(source, minlength=particle_count), kind="stable").astype(np.uint32)
        position = np.empty(particle_count, np.uint32)
        position[order] = np.arange(particle_count, dtype=np.uint32)
        source, target = position[source], position[target]
        sides, totals, longest = [], [], np.zeros(particle_count, np.int64)
        for row, column in ((target, source), (source, target)):
            start, columns, weights = _compressed(row, column, weight, particle_count)
            rows = CardRows(start, columns, weights)
            total = np.zeros(particle_count)
            rows.sums("double", np.ones(particle_count), total)
            longest += np.diff(start)
            sides.append(rows)
            totals.append(total)
            del start, columns, weights
        counts = particle_count, len(source), int(longest.max()) if particle_count else 0
        return cls(sides[0], sides[1], (totals[1], totals[0] + totals[1]), counts), order


def _rows(start: Any, column: Any, weight: Any) -> CardRows:
    np = cupy()
    weights = np.ones(len(column), np.float32) if weight is None else np.asarray(weight, np.float32)
    return CardRows(np.asarray(start), np.asarray(column), weights)


def _aggregated(source: Any, target: Any, weight: Any) -> tuple[Any, Any, Any]:
    """The axons: sorted by target and source, each pair once, no self-loops."""
    np = cupy()
    if weight is None:
        key = _keys(target, source)[source != target]
        key.sort()
        first = _firsts(key)
        counts = np.diff(np.append(first, len(key)))
        key, weights = key[first], counts.astype(np.float32)
    else:
        kept = np.flatnonzero((source != target) & (np.asarray(weight) > 0))
        key = _keys(target[kept], source[kept])
        order = np.argsort(key)
        key, ordered = key[order], np.asarray(weight, np.float32)[kept][order].astype(np.float64)
        first = _firsts(key)
        ends = np.append(first, len(key))
        running = np.append(np.zeros(1), np.cumsum(ordered))
        weights = (running[ends[1:]] - running[ends[:-1]]).astype(np.float32)
        key = key[first]
    return (key & np.uint64(2**_HALF - 1)).astype(np.uint32), (key >> np.uint64(_HALF)).astype(np.uint32), weights


def _keys(high: Any, low: Any) -> Any:
    np = cupy()
    return (high.astype(np.uint64) << np.uint64(_HALF)) | low


def _firsts(key: Any) -> Any:
    """Where each value of a sorted array begins."""
    np = cupy()
    return np.flatnonzero(np.append(np.ones(min(len(key), 1), bool), key[1:] != key[:-1]))


def _compressed(row: Any, column: Any, weight: Any, particle_count: int) -> tuple[Any, Any, Any]:
    """Compressed rows of unordered axons, each row by rising column."""
    np = cupy()
    key = _keys(row, column)
    order = np.argsort(key)
    key, weights = key[order], weight[order]
    bounds = np.arange(particle_count + 1, dtype=np.uint64) << np.uint64(_HALF)
    start = np.searchsorted(key, bounds).astype(np.int64)
    return start, (key & np.uint64(2**_HALF - 1)).astype(np.uint32), weights
