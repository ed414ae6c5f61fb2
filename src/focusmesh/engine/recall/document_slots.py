"""Seats: under which number each document lies in the indexes, wherever its particle stands in the graph by now.

Particles are renumbered when others come between them; a document that stays as it is keeps its seat, and the indexes
are told of the others alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.support.arrays import OffsetArray

_APART = np.uint64(0x9E3779B97F4A7C15)


class Followed(NamedTuple):
    """The seats of a new list of documents; seats that are ``gone``, and documents that are ``added`` by their index.

    A seat may be in both: it was given to another document.
    """

    seating: Seating
    gone: OffsetArray
    added: OffsetArray


@dataclass(frozen=True, eq=False)
class Seating:
    """For each document, shape (n,) int64: its key (see ``keys_of``), and its seat, from 0 and distinct."""

    keys: npt.NDArray[np.int64]
    seats: OffsetArray

    @classmethod
    def fresh(cls, keys: npt.NDArray[np.int64]) -> Seating:
        """Everybody in order."""
        return cls(keys, np.arange(len(keys), dtype=np.int64))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Seating)
            and np.array_equal(self.keys, other.keys)
            and np.array_equal(self.seats, other.seats)
        )

    __hash__ = None  # type: ignore[assignment]

    def following(self, keys: npt.NDArray[np.int64]) -> Followed:
        """Who stays keeps the seat, who comes takes one that is free. O(n log n)."""
        _, before, now = np.intersect1d(self.keys, keys, return_indices=True)
        seats = np.full(len(keys), -1, dtype=np.int64)
        seats[now] = self.seats[before]
        left = np.ones(len(self.keys), dtype=np.bool_)
        left[before] = False
        gone, added = np.sort(self.seats[left]), np.flatnonzero(seats < 0).astype(np.int64)
        beyond = int(self.seats.max()) + 1 if len(self.seats) else 0
        free = np.concatenate((gone, np.arange(beyond, beyond + len(added), dtype=np.int64)))
        seats[added] = free[: len(added)]
        return Followed(Seating(keys, seats), gone, added)

    def places(self) -> OffsetArray:
        """The index of the document in each seat, −1 in an empty one."""
        places = np.full(int(self.seats.max()) + 1 if len(self.seats) else 0, -1, dtype=np.int64)
        places[self.seats] = np.arange(len(self.seats), dtype=np.int64)
        return places


NOBODY = Seating.fresh(np.zeros(0, dtype=np.int64))


def keys_of(hashes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """A number for each document: the same for the k-th of equal ones in any list, another for the next of them."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    begins = np.r_[True, ordered[1:] != ordered[:-1]] if len(ordered) else np.zeros(0, np.bool_)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(ordered)), 0))
    keys = np.empty(len(hashes), dtype=np.uint64)
    with np.errstate(over="ignore"):
        keys[order] = (
            ordered.view(np.uint64) + (np.arange(len(ordered)) - first).astype(np.uint64) * _APART
        )
    return keys.view(np.int64)
