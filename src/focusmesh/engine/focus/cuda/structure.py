"""The aggregated axons of a graph on the card, in the order of the engine's Structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from focusmesh.engine.focus.cuda.edits import (
    EditedRows,
    aggregated_changes,
    ends_of,
    transpose,
)
from focusmesh.engine.focus.cuda.program import THREADS, cupy, current
from focusmesh.engine.focus.cuda.rows import CardRows

if TYPE_CHECKING:
    from focusmesh.engine.links import Structure

Side: TypeAlias = "CardRows | EditedRows"
_HALF = 32
_LEAST = 1e-18


class CardStructure:
    """``axon_count`` axons between ``particle_count`` particles, in- and out-rows; 16 bytes an axon, 20 a particle.

    ``out_total``, ``degree_total``: o and d, float64 (n,). ``symmetric``: the in-rows serve for both sides.
    ``longest_row``: the links of the particle that has most. ``positions``: of the particles, where somebody asked.
    """

    positions: Any = None

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
        self._suits_single: bool | None = None
        self.out_total, self.degree_total = totals
        self.particle_count, self.axon_count, self.longest_row = counts

    def add_links(self, source: Any, target: Any, change: Any) -> None:
        """Adds to the weights of links (solver positions, on the host), making links that are not there.

        A weight does not fall below 0, where it counts for nothing. Then o and d of their ends are summed anew, so that
        they carry no rounding of earlier edits. O(k log k) for k links, their particles' links, and all new pairs.
        """
        cp = cupy()
        if self._edited is None:
            assert isinstance(self.inward, CardRows)
            self._edited = EditedRows(self.inward), EditedRows(self._own_outward())
            self.inward, self.outward = self._edited
            self.out_total, self.degree_total = self.out_total.copy(), self.degree_total.copy()
        inward, outward = self._edited
        key, amount = aggregated_changes(source, target, change)
        if not len(key):
            return
        ends = ends_of(key)
        rows, columns, amounts = (cp.asarray(values) for values in (*ends, amount))
        found = outward.add_weights(rows, columns, amounts)
        inward.add_weights(columns, rows, amounts)
        left = ~found.get()
        if left.any():
            outward.add_pairs(key[left], amount[left])
            inward.add_pairs(*transpose(key[left], amount[left]))
        self._sum_anew(cp.concatenate((rows, columns)))
        self.longest_row += len(key)
        self._suits_single = None

    def _sum_anew(self, particles: Any) -> None:
        """o and d of some particles (uint32, on the card), a block of threads each; one may come twice."""
        assert self._edited is not None
        inward, outward = self._edited
        current().kernel(f"row_totals<{inward.weight_type}>")(
            (len(particles),),
            (THREADS,),
            (*inward.tables(), *outward.tables(), particles, self.out_total, self.degree_total),
        )

    @property
    def suits_single(self) -> bool:
        """Whether float32 holds 1/o and 1/d with room to spare: no weight is smaller or larger than anyone's."""
        if self._suits_single is None:
            cp = cupy()
            least = cp.stack([cp.where(t > 0, t, 1.0).min() for t in self._totals()])
            most = cp.stack([total.max() for total in self._totals()])
            ends = cp.stack([least.min(), most.max()]).get()
            holds = bool(ends[0] > _LEAST and ends[1] < 1 / _LEAST)
            self._suits_single = self._holds_everywhere(holds)
        return self._suits_single

    def _holds_everywhere(self, holds: bool) -> bool:
        return holds

    def _totals(self) -> tuple[Any, Any]:
        return self.out_total, self.degree_total

    @property
    def is_edited(self) -> bool:
        """Whether links came to it since it was laid out."""
        return self._edited is not None

    def both_sums(self, gathered: Any, inward: Any, outward: Any) -> Any:
        """Sums of float64 over both sides; those over the out-rows, which are ``inward`` where that has all."""
        self.inward.sums("double", gathered, inward)
        if self.symmetric:
            return inward
        self.outward.sums("double", gathered, outward)
        return outward

    def pair_sums(self, pairs: Any, inward: Any, alone: Any, outward: Any) -> None:
        """Sums of ``pairs`` over the in-rows; of their seconds, ``alone``, over out-rows that are not the in-rows."""
        self.inward.sums("float2", pairs, inward)
        if not self.symmetric:
            self.outward.sums("float", alone, outward)

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
        source, target, weight = _aggregate(source, target, weight)
        order = cp.argsort(-cp.bincount(source, minlength=particle_count), kind="stable").astype(
            cp.uint32
        )
        position = cp.empty(particle_count, cp.uint32)
        position[order] = cp.arange(particle_count, dtype=cp.uint32)
        source, target = position[source], position[target]
        sides, totals, longest = [], [], cp.zeros(particle_count, cp.int64)
        for row, column in ((target, source), (source, target)):
            start, columns, weights = _compress(row, column, weight, particle_count)
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


def _aggregate(source: Any, target: Any, weight: Any) -> tuple[Any, Any, Any]:
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
        if len(first) < len(key):
            # Differences of running sums would be those of everybody's weights, and lose what is small beside them.
            pair = cp.zeros(len(key), cp.int64)
            pair[first[1:]] = 1
            ordered = cp.bincount(cp.cumsum(pair), weights=ordered, minlength=len(first))
        weights, key = ordered.astype(cp.float32), key[first]
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


def _compress(row: Any, column: Any, weight: Any, particle_count: int) -> tuple[Any, Any, Any]:
    """Compressed rows of unordered axons, each row by rising column."""
    cp = cupy()
    key = _keys(row, column)
    order = cp.argsort(key)
    key, weights = key[order], weight[order]
    bounds = cp.arange(particle_count + 1, dtype=cp.uint64) << cp.uint64(_HALF)
    start = cp.searchsorted(key, bounds).astype(cp.int64)
    return start, (key & cp.uint64(2**_HALF - 1)).astype(cp.uint32), weights
