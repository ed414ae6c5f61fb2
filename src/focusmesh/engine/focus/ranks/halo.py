"""What a rank reads of other ranks' particles, and how that comes to it before each pass over links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.arrays import OffsetArray
    from focusmesh.engine.focus.ranks.exchange import Pending, Ranks

    Places = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Route:
    """One choice of foreign particles: ``slots`` among all of them, how many each rank gives (``taken``), and which of
    the own ones each rank gets (``given``).
    """

    slots: Places
    taken: tuple[int, ...]
    given: tuple[Any, ...]

    @classmethod
    def to(cls, ranks: Ranks, bounds: OffsetArray, foreign: Places, chosen: Mask) -> Route:
        """Tells every rank once which of its particles are ``chosen`` here. All ranks call it together."""
        slots = np.flatnonzero(chosen)
        wanted = foreign[slots]
        cuts = np.searchsorted(wanted, bounds)
        asked = [
            np.asarray(wanted[cuts[at] : cuts[at + 1]] - bounds[at], dtype=np.int64)
            for at in range(ranks.size)
        ]
        return cls(slots, tuple(map(len, asked)), tuple(ranks.swap(asked)))

    @property
    def sent(self) -> int:
        """Values that leave here in one exchange."""
        return sum(map(len, self.given))


class Halo:
    """The foreign particles of one rank, by rising position: ``own`` is how many live here, ``count`` how many do not.

    ``inward`` and ``outward`` say which of them links in and out lead to. ``lower_bound`` is how many values have to
    leave here for one pass over both sides, for this cut.
    """

    def __init__(
        self, ranks: Ranks, bounds: OffsetArray, foreign: Places, inward: Mask, outward: Mask
    ) -> None:
        self.ranks, self.count = ranks, len(foreign)
        self.own = int(bounds[ranks.rank + 1] - bounds[ranks.rank])
        self.inward, self.outward, self.both, self.outward_alone = (
            Route.to(ranks, bounds, foreign, chosen)
            for chosen in (inward, outward, inward | outward, outward & ~inward)
        )
        self.shared: Places = np.flatnonzero(inward & outward)
        self._rooms: dict[tuple[str, ...], Any] = {}

    def extended(self, values: Any, purpose: str = "") -> Any:
        """A vector with room for foreign values behind the own ones, kept for its purpose; the own ones are copied."""
        key = (purpose, values.dtype.str)
        room = self._rooms.get(key)
        if room is None:
            room = self._rooms[key] = np.zeros(self.own + self.count, dtype=values.dtype)
        room[: self.own] = values
        return room

    def post(self, route: Route, values: Any, into: Any) -> Fetching:
        """Sends the own ``values`` of a route and fetches its foreign ones to the end of ``into``."""
        return Fetching(self, route, values, into)

    def fetched(self, route: Route, values: Any, purpose: str = "") -> Any:
        """``extended``, with the foreign values of the route."""
        room = self.extended(values, purpose)
        self.post(route, values, room).wait()
        return room


class Fetching:
    """Foreign values that are on their way."""

    def __init__(self, halo: Halo, route: Route, values: Any, into: Any) -> None:
        foreign = into[halo.own :]
        self._foreign = foreign
        self._scattered = len(route.slots) != halo.count
        self._slots = route.slots
        self._landed = np.empty(len(route.slots), into.dtype) if self._scattered else foreign
        parcels = [np.take(values, given, mode="clip") for given in route.given]
        self._pending = halo.ranks.post(parcels, _cut(self._landed, route.taken))

    def wait(self) -> None:
        """Returns when they stand in their places."""
        self._pending.wait()
        if self._scattered:
            self._foreign[self._slots] = self._landed


def _cut(values: Any, lengths: Sequence[int]) -> list[Any]:
    ends = np.cumsum(lengths).tolist()
    return [values[end - length : end] for end, length in zip(ends, lengths, strict=True)]
