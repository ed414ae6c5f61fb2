"""Rows as they were: what blocks changed, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.rows.merge import Place, edit_rows
from focusmesh.kernel.state.rows.records import LINK

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import IndexArray
    from focusmesh.kernel.state.rows.merge import Names
    from focusmesh.kernel.state.rows.records import Links

UNDO = np.dtype([("source", "<u4"), *[(name, LINK[name]) for name in LINK.names or ()]])
"""A link as it was before a block; an amount of 0 says that it was not there. 28 bytes."""
_ID_BYTES = 16


class Past:
    """Links at a past height, as differences from now: ``undos`` are the undo records of all blocks since, in order.

    O(changed links · log) to make.
    """

    def __init__(self, undos: Sequence[bytes]) -> None:
        records = np.frombuffer(b"".join(undos), dtype=UNDO)
        ids = records.view(np.uint8).reshape(-1, UNDO.itemsize)[:, :_ID_BYTES]
        halves = np.ascontiguousarray(ids).view(np.uint64)
        order = np.lexsort((halves[:, 1], halves[:, 0]))
        # Of a link that several blocks changed, the oldest record is how it was; the sort keeps their order.
        first = np.append(True, (np.diff(halves[order], axis=0) != 0).any(axis=1))[: len(order)]
        kept = records[order[first]]
        self.records: npt.NDArray[np.void] = kept[np.argsort(kept["source"], kind="stable")]
        """The links that are different, as they were then, by source id."""

    def sources(self) -> IndexArray:
        """Ids of the particles whose rows were different."""
        return np.unique(self.records["source"])

    def row(self, names: Names, source: int, links: Links) -> Links:
        """The links of a source as they were, from those that it has now."""
        span = np.searchsorted(self.records["source"], [source, source + 1])
        records = self.records[slice(*span)]
        wanted = np.zeros(len(records), dtype=LINK)
        for name in LINK.names or ():
            wanted[name] = records[name]
        wanted = wanted[names.order(wanted)]
        start = np.array([0, len(links)])
        row = np.zeros(len(wanted), dtype=np.int64)
        return edit_rows(links, start, Place.of(names, links, start, row, wanted)).links
