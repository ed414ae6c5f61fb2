"""What edits changed in the rows of one part: all ranks hear of all edits, each keeps what touches its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.cluster.parts import Part
    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray, WeightArray

    PairArray = npt.NDArray[np.uint64]

HALF = 32


class PartRows(NamedTuple):
    """Compressed rows of own particles, as the part has them; ``weight`` is empty where all weigh 1.

    Entries of a row rise by position: own columns begin at ``first``, the others are ``foreign``.
    """

    start: OffsetArray
    column: IndexArray
    weight: WeightArray
    first: int
    foreign: IndexArray


class PairEdits:
    """The pairs of one direction whose weight changed: what they weighed in the part, at the last ``settle``, and now.

    A pair is its row in the upper half of a uint64 and its column in the lower; all arrays rise by pair.
    """

    def __init__(self, rows: PartRows) -> None:
        self.rows = rows
        self.keys: PairArray = np.zeros(0, dtype=np.uint64)
        self.was, self.now, self.change = np.zeros(0), np.zeros(0), np.zeros(0)
        self.since: PairArray = np.zeros(0, dtype=np.uint64)
        self.before = np.zeros(0)

    @property
    def arrays(self) -> tuple[OffsetArray, IndexArray, WeightArray]:
        """Starts, columns and weights of the rows as they were made, as kernels take them."""
        return self.rows[:3]

    @property
    def changes(self) -> tuple[PairArray, FloatArray]:
        """Pairs and by how much their weight changed, likewise."""
        return self.keys, self.change

    def weights(self, pairs: PairArray) -> FloatArray:
        """What pairs weigh now."""
        from focusmesh.engine.cluster.push_compiled import weights_of

        found = weights_of(*self.rows, pairs)
        at, known = _found(self.keys, pairs)
        found[known] = self.now[at[known]]
        return found

    def put(self, pairs: PairArray, weights: FloatArray) -> FloatArray:
        """Sets what distinct rising pairs weigh; what they weighed before. O(edits so far)."""
        from focusmesh.engine.cluster.push_compiled import weights_of

        held = self.weights(pairs)
        _, told = _found(self.since, pairs)
        self.since, (self.before,) = _merge(self.since, pairs[~told], ((self.before, held[~told]),))
        _, known = _found(self.keys, pairs)
        fresh = pairs[~known]
        was = weights_of(*self.rows, fresh)
        self.keys, (self.was, self.now) = _merge(
            self.keys, fresh, ((self.was, was), (self.now, was))
        )
        at, _ = _found(self.keys, pairs)
        self.now[at] = weights
        self.change = self.now - self.was
        return held

    def recent(self) -> tuple[OffsetArray, OffsetArray, FloatArray, FloatArray]:
        """Rows and columns of what changed since the last ``settle``, weights before and now."""
        at, _ = _found(self.keys, self.since)
        return rows_of(self.since), columns_of(self.since), self.before, self.now[at]

    def settle(self) -> None:
        """From now on is what counts as before."""
        self.since, self.before = self.since[:0], self.before[:0]

    def sum_of(self, row: int) -> float:
        """The weights of a row now."""
        from focusmesh.engine.cluster.push_compiled import row_sum

        rows = self.rows
        return row_sum(rows.start, rows.weight, self.keys, self.change, row)


class Sides(NamedTuple):
    """Links out and in of own particles, and o and d; arrays by own index."""

    out_links: OffsetArray
    in_links: OffsetArray
    out_total: FloatArray
    degree_total: FloatArray

    def take(self, rows: OffsetArray) -> Sides:
        """Those of some particles, copied."""
        return Sides(
            self.out_links[rows],
            self.in_links[rows],
            self.out_total[rows],
            self.degree_total[rows],
        )

    def longer(self, count: int) -> Sides:
        """With so many isolated particles more."""
        none, nothing = np.zeros(count, dtype=np.int64), np.zeros(count)
        return Sides(
            np.append(self.out_links, none),
            np.append(self.in_links, none),
            np.append(self.out_total, nothing),
            np.append(self.degree_total, nothing),
        )


class PartEdits:
    """The rows of a part as they are now. Own particles have indices: those of the part, then new ones.

    A column is an own index below ``base`` or a place: particles elsewhere that the part's rows name, then those that
    edits brought, new own ones included. New particles are dealt out: the k-th lives at rank k mod ``size``.
    """

    def __init__(self, part: Part) -> None:
        self.rank, self.size = part.rank, part.count
        self.bounds = np.array(part.whole.bounds, dtype=np.int64)
        self.base, self.known = part.own, part.whole.particles
        self.fresh = 0
        self.out = PairEdits(_rows(part, part.out_start, part.out_column, part.out_weight))
        self.back = PairEdits(_rows(part, part.in_start, part.in_column, part.in_weight))
        self.sides = Sides(
            np.diff(part.out_start).astype(np.int64),
            np.diff(part.in_start).astype(np.int64),
            part.out_total[: part.own].astype(np.float64),
            part.degree_total[: part.own].astype(np.float64),
        )
        self._foreign = part.foreign.astype(np.int64)
        self._extra: dict[int, int] = {}
        self._owner = np.searchsorted(self.bounds, self._foreign, side="right") - 1
        self._at = self._foreign - self.bounds[self._owner]
        self._touched: dict[int, tuple[int, int, float, float]] = {}
        self._heaviest: dict[int, float] = {}
        self.skew = 0.0

    @property
    def count(self) -> int:
        """n now, over all ranks."""
        return self.known + self.fresh

    @property
    def own_count(self) -> int:
        """Own particles now."""
        return len(self.sides.out_links)

    @property
    def place_count(self) -> int:
        """Places of the box."""
        return len(self._owner)

    @property
    def has_edits(self) -> bool:
        """Whether anything is not as the part has it."""
        return bool(self.fresh or len(self.out.keys) or len(self.back.keys))

    def owner_of(self, particles: OffsetArray) -> OffsetArray:
        """Which rank has each particle."""
        new = particles >= self.known
        found = np.searchsorted(self.bounds, particles, side="right") - 1
        return np.where(new, (particles - self.known) % self.size, found)

    def index_of(self, particles: OffsetArray) -> OffsetArray:
        """The own index of each particle at its owner."""
        new, owner = particles >= self.known, self.owner_of(particles)
        widths = np.diff(self.bounds)
        return np.where(
            new,
            widths[owner] + (particles - self.known) // self.size,
            particles - self.bounds[np.minimum(owner, self.size - 1)],
        )

    def particle_of(self, index: OffsetArray) -> OffsetArray:
        """The particles of own indices."""
        new = self.known + self.rank + (index - self.base) * self.size
        return np.where(index < self.base, self.bounds[self.rank] + index, new)

    def destination(self, places: OffsetArray) -> tuple[OffsetArray, OffsetArray]:
        """Rank and own index there of places of the box."""
        return self._owner[places], self._at[places]

    def add_particles(self, count: int) -> int:
        """So many new, isolated particles over all ranks; how many of them live here."""
        first, self.fresh = self.fresh, self.fresh + count
        here = len(range(self.rank, self.fresh, self.size)) - len(
            range(self.rank, first, self.size)
        )
        self.sides = self.sides.longer(here)
        return here

    def apply(
        self, source: OffsetArray, target: OffsetArray, weight: FloatArray, *, adding: bool
    ) -> None:
        """Sets, or adds to, the weights of pairs of particles; of pairs that come twice the last counts, or the sum."""
        edited = []
        for edits, rows, columns, links in (
            (self.out, source, target, self.sides.out_links),
            (self.back, target, source, self.sides.in_links),
        ):
            here = self.owner_of(rows) == self.rank
            pairs = _pairs(self.index_of(rows[here]), self._columns(columns[here]))
            edited.append(np.unique(rows_of(pairs)))
            self._remember(edited[-1])
            self._put(edits, pairs, weight[here], links, adding=adding)
        self._add_up(np.union1d(*edited))

    def weights(self, source: OffsetArray, target: OffsetArray) -> FloatArray:
        """What pairs weigh now whose source lives here, 0 for others."""
        found = np.zeros(len(source))
        here = np.flatnonzero(self.owner_of(source) == self.rank)
        rows = self.index_of(source[here])
        held = self._held_columns(target[here])
        known = held >= 0
        found[here[known]] = self.out.weights(_pairs(rows[known], held[known]))
        return found

    def row_changes(self) -> tuple[OffsetArray, Sides, Sides]:
        """Own indices whose rows changed since the last ``settle``, rising; their sides then and now."""
        rows = np.array(sorted(self._touched), dtype=np.int64)
        then = np.array([self._touched[row] for row in rows.tolist()]).reshape(-1, 4)
        counts = then[:, :2].astype(np.int64)
        before = Sides(counts[:, 0], counts[:, 1], then[:, 2], then[:, 3])
        return rows, before, self.sides.take(rows)

    def settle(self) -> None:
        """From now on is what counts as before."""
        self._touched.clear()
        self.out.settle()
        self.back.settle()

    def _remember(self, rows: OffsetArray) -> None:
        for row in rows.tolist():
            if row not in self._touched:
                sides = self.sides
                self._touched[row] = (
                    int(sides.out_links[row]),
                    int(sides.in_links[row]),
                    float(sides.out_total[row]),
                    float(sides.degree_total[row]),
                )

    def _put(
        self,
        edits: PairEdits,
        pairs: PairArray,
        weight: FloatArray,
        links: OffsetArray,
        *,
        adding: bool,
    ) -> None:
        distinct, at = np.unique(pairs, return_inverse=True)
        if adding:
            weights = edits.weights(distinct) + np.bincount(at, weight, len(distinct))
        else:
            weights = np.zeros(len(distinct))
            weights[at] = weight
        held = edits.put(distinct, weights)
        present = (weights > 0).astype(np.int64) - (held > 0)
        np.add.at(links, rows_of(distinct), present)
        for row, left in zip(rows_of(distinct).tolist(), held.tolist(), strict=True):
            self._heaviest[row] = max(left, self._heaviest.get(row, 0.0))

    def _add_up(self, rows: OffsetArray) -> None:
        """o and d of edited rows, added up anew."""
        sides = self.sides
        for row in rows.tolist():
            out = self.out.sum_of(row) if sides.out_links[row] else 0.0
            back = self.back.sum_of(row) if sides.in_links[row] else 0.0
            sides.out_total[row], sides.degree_total[row] = out, out + back
            least = min((total for total in (out, out + back) if total > 0), default=np.inf)
            self.skew = max(self.skew, self._heaviest.get(row, 0.0) / least)

    def _held_columns(self, particles: OffsetArray) -> OffsetArray:
        """The column of each particle in rows here, −1 where none names it."""
        own = (self.bounds[self.rank] <= particles) & (particles < self.bounds[self.rank + 1])
        at, named = _found(self._foreign, particles)
        columns = np.where(own, particles - self.bounds[self.rank], self.base + at)
        for spot in np.flatnonzero(~(own | named)).tolist():
            columns[spot] = self._extra.get(int(particles[spot]), -1)
        return columns

    def _columns(self, particles: OffsetArray) -> OffsetArray:
        """The same; unknown ones get a place."""
        columns = self._held_columns(particles)
        for spot in np.flatnonzero(columns < 0).tolist():
            columns[spot] = self._place(int(particles[spot]))
        return columns

    def _place(self, particle: int) -> int:
        place = self._extra.get(particle)
        if place is None:
            place = self._extra[particle] = self.base + len(self._owner)
            one = np.array([particle])
            self._owner = np.append(self._owner, self.owner_of(one))
            self._at = np.append(self._at, self.index_of(one))
        return place


def rows_of(pairs: PairArray) -> OffsetArray:
    """The rows of pairs."""
    return (pairs >> np.uint64(HALF)).astype(np.int64)


def columns_of(pairs: PairArray) -> OffsetArray:
    """The columns of pairs."""
    return (pairs & np.uint64((1 << HALF) - 1)).astype(np.int64)


def _pairs(rows: OffsetArray, columns: OffsetArray) -> PairArray:
    return (rows.astype(np.uint64) << np.uint64(HALF)) | columns.astype(np.uint64)


def _rows(
    part: Part, start: OffsetArray, column: IndexArray, weight: WeightArray | None
) -> PartRows:
    known = np.zeros(0, dtype=np.float32) if weight is None else weight
    return PartRows(start, column, known, part.first, part.foreign)


def _found(
    sorted_values: npt.NDArray[np.integer], wanted: npt.NDArray[np.integer]
) -> tuple[OffsetArray, npt.NDArray[np.bool_]]:
    """Where each wanted value stands, and whether it does."""
    at = np.searchsorted(sorted_values, wanted)
    if not len(sorted_values):
        return at, np.zeros(len(wanted), dtype=bool)
    known = sorted_values[np.minimum(at, len(sorted_values) - 1)] == wanted
    return at, known


def _merge(
    keys: PairArray, fresh: PairArray, columns: tuple[tuple[FloatArray, FloatArray], ...]
) -> tuple[PairArray, list[FloatArray]]:
    """Sorted keys with more of them, and the columns beside."""
    if not len(fresh):
        return keys, [held for held, _ in columns]
    at = np.searchsorted(keys, fresh)
    return np.insert(keys, at, fresh), [np.insert(held, at, more) for held, more in columns]
