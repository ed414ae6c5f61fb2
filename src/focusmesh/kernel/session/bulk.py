"""Many links as signals: cut by size in arrays, so that each link costs little more than its bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.session.packets import HEAD_BYTES, OperationBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import IndexArray
    from focusmesh.kernel.session.particle_names import Particle
    from focusmesh.kernel.state import Parameters

_LINK_BYTES = 124
"""The most that a ``link/1`` takes in a signal, with a relation and an amount of 2⁶³ − 1."""
_BLOB_BYTES = 60


@dataclass(frozen=True)
class Links:
    """``m`` links to be made: ends and relations by their place in ``particles``, amounts in base units.

    ``relation`` is −1 where there is none. No link leads to its own source, amounts are above 0. ``known`` says which
    particles' contents the ledger has.
    """

    particles: Sequence[Particle]
    known: npt.NDArray[np.bool_]
    source: IndexArray
    target: IndexArray
    relation: npt.NDArray[np.int64]
    amount: npt.NDArray[np.int64]

    def batches(self, parameters: Parameters) -> Iterator[OperationBatch]:
        """The operations of one signal after the other, in order, contents announced before their first link."""
        new = self._new()
        blobs = new.sum(axis=1)
        cuts = _cuts(
            blobs + 1,
            parameters.operations_max,
            _LINK_BYTES + _BLOB_BYTES * blobs,
            parameters.signal_bytes_max - HEAD_BYTES,
        )
        for begin, end in pairwise(cuts):
            yield self._batch(slice(begin, end), new[begin:end])

    def operations(self, rows: slice) -> list[tuple[str, bytes, bytes, bytes, int]]:
        """The ``link/1`` of each of these links, in order."""
        ids = self._ids
        return [
            ("link/1", ids[source], ids[target], ids[relation], amount)
            for source, target, relation, amount in zip(
                self.source[rows].tolist(),
                self.target[rows].tolist(),
                self.relation[rows].tolist(),
                self.amount[rows].tolist(),
                strict=True,
            )
        ]

    def rows(self) -> npt.NDArray[np.int64]:
        """Shape (m, 4): source, target, relation and amount in numbers that are equal for equal links."""
        first = np.array([self._places[each] for each in self._ids], dtype=np.int64)
        ends = (first[self.source], first[self.target], first[self.relation])
        return np.stack([*ends, self.amount], axis=1)

    def rows_of(
        self, operations: Sequence[tuple[str, bytes, bytes, bytes, int]]
    ) -> npt.NDArray[np.int64] | None:
        """The ``rows`` of other ``link/1``; None where one of them has an end or a relation that none here has."""
        places = self._places
        try:
            rows = [
                (places[source], places[target], places[relation], amount)
                for _, source, target, relation, amount in operations
            ]
        except KeyError:
            return None
        return np.array(rows, dtype=np.int64).reshape(-1, 4)

    def after(self, count: int) -> Links:
        """All but the first ``count``."""
        return replace(
            self,
            source=self.source[count:],
            target=self.target[count:],
            relation=self.relation[count:],
            amount=self.amount[count:],
        )

    @cached_property
    def _ids(self) -> list[bytes]:
        """Digests by place; the last one, at −1, stands for no relation."""
        return [*(each.id for each in self.particles), b""]

    @cached_property
    def _places(self) -> dict[bytes, int]:
        """The last place of each digest: two names may be of one particle."""
        return {each: at for at, each in enumerate(self._ids)}

    def _new(self) -> npt.NDArray[np.bool_]:
        """Shape (m, 3): whether this link is the first that names its source, target, relation, if not known."""
        ends = np.stack([self.source, self.target, self.relation], axis=1).astype(np.int64)
        flat = ends.reshape(-1)
        _, first = np.unique(flat, return_index=True)
        new = np.zeros(len(flat), dtype=bool)
        new[first] = True
        unknown = np.append(~self.known, False)
        wanted: npt.NDArray[np.bool_] = new & unknown[flat]
        return wanted.reshape(-1, 3)

    def _batch(self, rows: slice, new: npt.NDArray[np.bool_]) -> OperationBatch:
        ends = np.stack([self.source[rows], self.target[rows], self.relation[rows]], axis=1)
        fresh = [self.particles[at] for at in ends[new].tolist()]
        contents = [each.content for each in fresh if each.content is not None]
        blobs = [
            ("put_blob/1", each.id, len(each.content)) for each in fresh if each.content is not None
        ]
        return OperationBatch([*blobs, *self.operations(rows)], contents)


def _cuts(
    counts: npt.NDArray[np.int64],
    count_max: int,
    sizes: npt.NDArray[np.int64],
    size_max: int,
) -> list[int]:
    """Where to cut so that neither counts nor sizes of a part add up to more than they may; from 0 to the end."""
    count_sum, size_sum = np.cumsum(counts), np.cumsum(sizes)
    cuts = [0]
    while cuts[-1] < len(counts):
        at = cuts[-1]
        counted = count_sum[at - 1] if at else 0
        sized = size_sum[at - 1] if at else 0
        end = min(
            int(np.searchsorted(count_sum, counted + count_max, "right")),
            int(np.searchsorted(size_sum, sized + size_max, "right")),
        )
        cuts.append(max(end, at + 1))
    return cuts
