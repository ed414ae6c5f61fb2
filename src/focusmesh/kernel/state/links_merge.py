"""Changes put into sorted rows: where each belongs, and what the rows are afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.rows_records import LINK

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.arrays import ByteArray, MassArray, OffsetArray
    from focusmesh.kernel.state.rows_records import Links

FIELDS = ("target", "relation", "neuron")


@dataclass(frozen=True)
class Names:
    """What the ids of links stand for: digests and their first eight bytes, for each of ``FIELDS``."""

    digests: Sequence[ByteArray]
    heads: Sequence[MassArray]

    def keys(self, links: Links) -> ByteArray:
        """Keys of links: target ‖ relation ‖ neuron, uint8 (k, 96)."""
        parts = zip(FIELDS, self.digests, strict=True)
        return np.concatenate([digests[links[field]] for field, digests in parts], axis=1)

    def order(self, links: Links) -> OffsetArray:
        """The order in which keys ascend."""
        return np.argsort(self.keys(links).view("S96").reshape(-1))

    def compare(self, rows: Links, at: OffsetArray, wanted: Links) -> npt.NDArray[np.int8]:
        """−1, 0 or 1 as the key of ``rows[at[i]]`` is less than, equal to or greater than ``wanted[i]``'s."""
        result = np.zeros(len(at), dtype=np.int8)
        left = np.arange(len(at))
        for field, digests, heads in zip(FIELDS, self.digests, self.heads, strict=True):
            if not len(left):
                break
            mine, theirs = rows[field][at[left]], wanted[field][left]
            head, other = heads[mine], heads[theirs]
            result[left] = np.where(head < other, -1, np.where(head > other, 1, 0))
            for tie in np.flatnonzero((head == other) & (mine != theirs)).tolist():
                one, two = digests[mine[tie]].tobytes(), digests[theirs[tie]].tobytes()
                result[left[tie]] = -1 if one < two else 1
            left = left[result[left] == 0]
        return result


def located(
    names: Names, rows: Links, start: OffsetArray, row: OffsetArray, wanted: Links
) -> tuple[OffsetArray, npt.NDArray[np.bool_]]:
    """Where each wanted link is in its row, or would be, and whether it is. O(k · log of the longest row)."""
    low, high = start[row], start[row + 1]
    while True:
        open_ones = np.flatnonzero(low < high)
        if not len(open_ones):
            break
        middle = (low[open_ones] + high[open_ones]) // 2
        less = names.compare(rows, middle, wanted[open_ones]) < 0
        low[open_ones[less]] = middle[less] + 1
        high[open_ones[~less]] = middle[~less]
    found = low < start[row + 1]
    inside = np.flatnonzero(found)
    found[inside] = names.compare(rows, low[inside], wanted[inside]) == 0
    return low, found


@dataclass(frozen=True)
class Merged:
    """Rows with changes in them; links that came to nothing are still there, with an amount of 0.

    ``origin`` is where a link was in the rows before, −1 for new ones. ``before`` is the amount it had.
    """

    links: Links
    start: OffsetArray
    origin: OffsetArray
    before: MassArray
    touched: npt.NDArray[np.bool_]


def merged(
    rows: Links,
    start: OffsetArray,
    row: OffsetArray,
    changed: Links,
    place: tuple[OffsetArray, npt.NDArray[np.bool_]],
) -> Merged:
    """Rows with ``changed`` links, ascending by row and key, put where ``located`` said. O(links of the rows)."""
    at, found = place
    fresh = np.flatnonzero(~found)
    inserted_before = np.zeros(len(start), dtype=np.int64)
    np.add.at(inserted_before, row[fresh] + 1, 1)
    slot = np.ones(len(rows) + len(fresh), dtype=np.bool_)
    new_at = at[fresh] + np.arange(len(fresh))
    slot[new_at] = False
    old_at = np.flatnonzero(slot)
    links = np.empty(len(slot), dtype=LINK)
    links[old_at] = rows
    links[new_at] = changed[fresh]
    before = links["amount"].copy()
    before[new_at] = 0
    final = old_at[at[found]]
    links["amount"][final] = changed["amount"][found]
    links["height"][final] = changed["height"][found]
    touched = ~slot
    touched[final] = True
    origin = np.full(len(slot), -1, dtype=np.int64)
    origin[old_at] = np.arange(len(rows))
    return Merged(links, start + np.cumsum(inserted_before), origin, before, touched)
