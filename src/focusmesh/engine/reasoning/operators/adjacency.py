"""Who is linked with whom, in the order of the particles: what the operators of graphs walk over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.support.selection import row_places
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.support.arrays import OffsetArray

Csr = Any
"""A SciPy CSR array (n, n) with sorted rows."""

_KEY = "adjacency"
DIRECTIONS = ("out", "in", "any")
"""Along links, against them, or either way."""


class Adjacency:
    """Axons of one moment as sparse arrays, made when first asked for. Row and column i are particle i.

    An axon is there once however many links it has; none leads from a particle to itself. Memory: 12 bytes an axon for
    each array.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._made: dict[str, Csr] = {}

    @property
    def count(self) -> int:
        """Number of particles."""
        return len(self._snapshot.particles)

    def weights(self, direction: str) -> Csr:
        """The weights of axons, float64; those of both ways added for ``"any"``. O(n + m) when first asked for."""
        if direction not in DIRECTIONS:
            raise InputError(f"direction is one of {', '.join(DIRECTIONS)}, not {direction!r}")
        if direction not in self._made:
            self._made[direction] = self._make(direction)
        return self._made[direction]

    def neighbours(self) -> Csr:
        """Whose axon leads either way; the value counts the ways, 1 or 2 (int8). O(n + m) when first asked for."""
        if "ways" not in self._made:
            out = self.weights("out")
            ones = _array(out, np.ones(out.nnz, dtype=np.int8))
            self._made["ways"] = _sort(ones + ones.T.tocsr())
        return self._made["ways"]

    def _make(self, direction: str) -> Csr:
        from scipy import sparse

        if direction == "in":
            return _sort(self.weights("out").T.tocsr())
        if direction == "any":
            return _sort(self.weights("out") + self.weights("in"))
        structure = self._snapshot.structure
        rows = np.repeat(structure.order, np.diff(structure.out_start)).astype(np.int64)
        columns = structure.order[structure.out_target].astype(np.int64)
        weight = structure.out_weight
        values = np.ones(len(rows)) if weight is None else weight.astype(np.float64)
        return _sort(sparse.csr_array((values, (rows, columns)), shape=(self.count, self.count)))


def adjacency_of(snapshot: Snapshot) -> Adjacency:
    """The adjacency of a moment, kept with it."""
    found: Adjacency | None = snapshot.derived.get(_KEY)
    if found is None:
        found = snapshot.derived[_KEY] = Adjacency(snapshot)
    return found


def hops(links: Csr, starts: OffsetArray, tick: Callable[[], None], end: int = -1) -> OffsetArray:
    """The least number of links from any of ``starts``, int64 (n,), −1 where no way leads. O(n + m).

    The search ends with the layer that has particle ``end``. ``tick`` is called once a layer.
    """
    found = np.full(links.shape[0], -1, dtype=np.int64)
    layer, far = np.unique(starts), 0
    found[layer] = 0
    while len(layer) and (end < 0 or found[end] < 0):
        tick()
        far += 1
        places, _ = row_places(links.indptr, layer)
        met = links.indices[places]
        met = met[found[met] < 0].astype(np.int64)
        found[met] = far
        # Of a large layer the marks are read off, of a small one they are sorted.
        is_large = len(met) > len(found) // 8
        layer = np.flatnonzero(found == far) if is_large else np.unique(met)
    return found


def _array(like: Csr, values: Any) -> Csr:
    from scipy import sparse

    return sparse.csr_array((values, like.indices, like.indptr), shape=like.shape)


def _sort(links: Csr) -> Csr:
    links.sort_indices()
    return links
