"""What a rank reads of other ranks' particles, and how that comes to it before each pass over links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.ranks.exchange import sum_over_ranks
from focusmesh.errors import ShardError

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.focus.ranks.exchange import Ranks
    from focusmesh.engine.support.arrays import OffsetArray

    Places = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


_LOW = (1 << 32) - 1


@dataclass(frozen=True)
class Route:
    """One choice of foreign particles: ``slots`` among all of them, and how many each rank gives (``taken``).

    ``given`` are the own particles that others get, rank by rank, ``lengths`` of each.
    """

    slots: Places
    taken: tuple[int, ...]
    given: Places
    lengths: tuple[int, ...]

    @classmethod
    def to(cls, ranks: Ranks, bounds: OffsetArray, foreign: Places, chosen: Mask) -> Route:
        """Tells every rank once which of its particles are ``chosen`` here. All ranks call it together."""
        xp = array_module(foreign)
        slots = xp.flatnonzero(chosen)
        wanted = foreign[slots].astype(xp.int64)
        cuts = xp.searchsorted(wanted, xp.asarray(bounds)).tolist()
        asked = [
            wanted[start:stop] - first
            for start, stop, first in zip(cuts[:-1], cuts[1:], bounds.tolist(), strict=False)
        ]
        given = ranks.swap(asked)
        lengths = tuple(map(len, given))
        return cls(slots, tuple(map(len, asked)), xp.concatenate(given), lengths)


class Halo:
    """The foreign particles of one rank, by rising position: ``own`` is how many live here, ``count`` how many do not.

    ``inward`` and ``outward`` say which of them links in and out lead to. ``due_bytes`` counts what had to leave here
    for the passes so far, given the cut: each value once for each rank that reads it.
    """

    def __init__(
        self, ranks: Ranks, bounds: OffsetArray, foreign: Places, inward: Mask, outward: Mask
    ) -> None:
        self.ranks, self.count, self._xp = ranks, len(foreign), array_module(foreign)
        self.own = int(bounds[ranks.rank + 1] - bounds[ranks.rank])
        self.inward, self.outward, self.both, self.outward_alone = (
            Route.to(ranks, bounds, foreign, chosen)
            for chosen in (inward, outward, inward | outward, outward & ~inward)
        )
        self.shared: Places = self._xp.flatnonzero(inward & outward)
        self.due_bytes = 0
        self._rooms: dict[tuple[str, ...], Any] = {}

    def extend(self, values: Any, purpose: str = "") -> Any:
        """A vector with room for foreign values behind the own ones, kept for its purpose; the own ones are copied."""
        key = (purpose, values.dtype.str)
        room = self._rooms.get(key)
        if room is None:
            room = self._xp.zeros(self.own + self.count, dtype=values.dtype)
            self._rooms[key] = room
        room[: self.own] = values
        return room

    def post(self, route: Route, values: Any, into: Any) -> Fetching:
        """Sends the own ``values`` of a route and fetches its foreign ones to the end of ``into``."""
        self.due_bytes += (
            len(route.given) - route.lengths[self.ranks.rank]
        ) * values.dtype.itemsize
        return Fetching(self, route, values, into)

    def fetch(self, route: Route, values: Any, purpose: str = "") -> Any:
        """``extend``, with the foreign values of the route."""
        room = self.extend(values, purpose)
        self.post(route, values, room).wait()
        return room


def fetched_whole(halo: Halo, route: Route, masses: Any) -> Any:
    """``Halo.fetch`` of whole numbers: raises ShardError unless what came adds up to what was sent, modulo 2³²."""
    room = halo.fetch(route, masses, "mass")
    sent, came = masses[route.given].sum(), room[halo.own :][route.slots].sum()
    told = sum_over_ranks(
        halo.ranks, np.array([float(int(total) & _LOW) for total in (sent, came)])
    )
    if (told[0] - told[1]) % (_LOW + 1):
        raise ShardError("masses were lost, doubled or damaged on the way between ranks")
    return room


class Fetching:
    """Foreign values that are on their way."""

    def __init__(self, halo: Halo, route: Route, values: Any, into: Any) -> None:
        xp = array_module(values)
        self._foreign, self._slots = into[halo.own :], route.slots
        self._scattered = len(route.slots) != halo.count
        self._landed = xp.empty(len(route.slots), into.dtype) if self._scattered else self._foreign
        parcels = xp.take(values, route.given)
        self._pending = halo.ranks.post(parcels, route.lengths, self._landed, route.taken)

    def wait(self) -> None:
        """Returns when they stand in their places."""
        self._pending.wait()
        if self._scattered:
            self._foreign[self._slots] = self._landed


def array_module(values: Any) -> Any:
    """NumPy, or CuPy for arrays of a card."""
    if isinstance(values, np.ndarray):
        return np
    from focusmesh.engine.focus.cuda.program import cupy

    return cupy()
