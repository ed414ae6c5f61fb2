"""The aggregated axons of a graph on the card, in the order of the engine's Structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from focusmesh.engine.focus.cuda.editing import EditedRows, aggregated_changes
from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.cuda.rows import CardRows

if TYPE_CHECKING:
    from focusmesh.engine.graph import Structure

Side: TypeAlias = "CardRows | EditedRows"
_HALF = 32


class CardStructure:
    """``axon_count`` axons between ``particle_count`` particles, in- and out-rows; 16 bytes an axon, 20 a particle.

    ``out_total``, ``degree_total``: o and d, float64 (n,). ``symmetric``: the in-rows serve for both sides.
    ``longest_row``: the links of the particle that has most.
    """

    def __init__(
        self,
        inward: CardRows,
        outward: CardRows,
        totals: tuple[Any, Any],
        counts: tuple[int, int, int],
    ) -> None:
        self.inward: Side = inward
        self.outward: Side = outward
        self._edited: tuple[EditedRows, EditedRows] | None = None
        self.out_total, self.degree_total = totals
        self.particle_count, self.axon_count, self.longest_row = counts

    def add_links(self, source: Any, target: Any, change: Any) -> None:
        """Adds to the weights of links (solver positions; host or card), making links that are not there.

        A weight does not fall below 0, where it counts for nothing. Then o and d are summed anew: two passes, so that
        they carry no rounding of earlier edits. O(m) and O(k log k) for k links.
        """
        cp, n = cupy(), self.particle_count
        if self._edited is None:
            self._edited = EditedRows(self.inward), EditedRows(self._own_outward())
            self.inward, self.outward = self._edited
        inward, outward = self._edited
        pairs = aggregated_changes(source, target, change)
        inward.add(pairs[1], pairs[0], pairs[2])
        outward.add(*pairs)
        ones, totals = cp.ones(n), [cp.zeros(n) for _ in range(2)]
        inward.sums("double", ones, totals[0])
        outward.sums("double", ones, totals[1])
        self.out_total, self.degree_total = totals[1], totals[0] + totals[1]
        self.longest_row += len(pairs[0])

    def _own_outward(self) -> CardRows:
        """Out-rows that change without the in-rows."""
        rows = self.inward if self.symmetric else self.outward
        assert isinstance(rows, CardRows)
        return rows.copy() if self.symmetric else rows

    @property
    def symmetric(self) -> bool:
        """Whether every axon has one of the same weight the other way."""
        return self.inward is self.outward

    @classmethod
    def of(cls, structure: Structure) -> CardStructure:
        """A structure of the engine, copied to the card."""
        cp, s = cupy(), structure
        inward = _rows(s.in_start, s.in_source, s.in_weight)
        outward = inward if s.symmetric else _rows(s.out_start, s.out_target, s.out_weight)
        totals = cp.asarray(s.out_total), cp.asarray(s.degree_total)
        return cls(inward, outward, totals, (s.particle_count, s.axon_count, s.longest_row))

    @classmethod
    def from_links(
        cls, source: Any, target: Any, weight: Any, particle_count: int
    ) -> tuple[CardStructure, Any]:
        """Links as arrays of the host or the card: uint32 (k,), uint32 (k,), float32 (k,) or None for all 1.

        Self-loops are dropped and duplicates summed. Also gives ``order``: the particle at each solver position, by
        falling number of out-links. O(k log k) work on the card and 40 bytes a link while it lasts.
        """
        cp = cupy()
        source, target = cp.asarray(source, cp.uint32), cp.asarray(target, cp.uint32)
        source, target, weight = _aggregated(source, target, weight)
        order = cp.argsort(-cp.bincount(source, minlength=particle_count), kind="stable").astype(
            cp.uint32
        )
        position = cp.empty(particle_count, cp.uint32)
        position[order] = cp.arange(particle_count, dtype=cp.uint32)
        source, target = position[source], position[target]
        sides, totals, longest = [], [], cp.zeros(particle_count, cp.int64)
        for row, column in ((target, source), (source, target)):
            start, columns, weights = _compressed(row, column, weight, particle_count)
            rows = CardRows(start, columns, weights)
            total = cp.zeros(particle_count)
            rows.sums("double", cp.ones(particle_count), total)
            longest += cp.diff(start)
            sides.append(rows)
            totals.append(total)
            del start, columns, weights
        counts = particle_count, len(source), int(longest.max()) if particle_count else 0
        return cls(sides[0], sides[1], (totals[1], totals[0] + totals[1]), counts), order


def _rows(start: Any, column: Any, weight: Any) -> CardRows:
    cp = cupy()
    weights = cp.ones(len(column), cp.float32) if weight is None else cp.asarray(weight)
    if weights.dtype.kind == "u":
        weights = weights.astype(cp.float64)
    return CardRows(cp.asarray(start), cp.asarray(column), weights)


def _aggregated(source: Any, target: Any, weight: Any) -> tuple[Any, Any, Any]:
    """The axons: sorted by target and source, each pair once, no self-loops."""
    cp = cupy()
    if weight is None:
        key = _keys(target, source)[source != target]
        key.sort()
        first = _firsts(key)
        counts = cp.diff(cp.append(first, len(key)))
        key, weights = key[first], counts.astype(cp.float32)
    else:
        kept = cp.flatnonzero((source != target) & (cp.asarray(weight) > 0))
        key = _keys(target[kept], source[kept])
        order = cp.argsort(key)
        key, ordered = key[order], cp.asarray(weight, cp.float32)[kept][order].astype(cp.float64)
        first = _firsts(key)
        ends = cp.append(first, len(key))
        running = cp.append(cp.zeros(1), cp.cumsum(ordered))
        weights = (running[ends[1:]] - running[ends[:-1]]).astype(cp.float32)
        key = key[first]
    return (
        (key & cp.uint64(2**_HALF - 1)).astype(cp.uint32),
        (key >> cp.uint64(_HALF)).astype(cp.uint32),
        weights,
    )


def _keys(high: Any, low: Any) -> Any:
    cp = cupy()
    return (high.astype(cp.uint64) << cp.uint64(_HALF)) | low


def _firsts(key: Any) -> Any:
    """Where each value of a sorted array begins."""
    cp = cupy()
    return cp.flatnonzero(cp.append(cp.ones(min(len(key), 1), bool), key[1:] != key[:-1]))


def _compressed(row: Any, column: Any, weight: Any, particle_count: int) -> tuple[Any, Any, Any]:
    """Compressed rows of unordered axons, each row by rising column."""
    cp = cupy()
    key = _keys(row, column)
    order = cp.argsort(key)
    key, weights = key[order], weight[order]
    bounds = cp.arange(particle_count + 1, dtype=cp.uint64) << cp.uint64(_HALF)
    start = cp.searchsorted(key, bounds).astype(cp.int64)
    return start, (key & cp.uint64(2**_HALF - 1)).astype(cp.uint32), weights
