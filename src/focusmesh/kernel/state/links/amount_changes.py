"""By how much links changed between two heights that the store can go back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.kernel.state.links.history import Past

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import IndexArray, OffsetArray
    from focusmesh.kernel.state.links.links import LinkTable
    from focusmesh.kernel.state.store import Reader


class AmountChanges(NamedTuple):
    """Ids of targets and neurons, and what is locked more (or less) in their links: one entry a link."""

    target: IndexArray
    neuron: IndexArray
    amount: OffsetArray


def amount_changes(
    reader: Reader, table: LinkTable, undos: Sequence[bytes], count: int
) -> AmountChanges:
    """What the first ``count`` blocks changed of those that ``undos`` lead back over, one record a block, in order.

    O(changed links · log n, and the rows of those that no later block changed).
    """
    before, after = Past(undos).records, Past(undos[count:]).records
    # Of links that only later blocks changed both say the same.
    now = np.array(table.amounts(reader, table.keys(reader, before)), dtype=np.uint64)
    _, at, later = np.intersect1d(_ids(before), _ids(after), return_indices=True)
    now[at] = after["amount"][later]
    change = now.astype(np.int64) - before["amount"].astype(np.int64)
    moved = np.flatnonzero(change)
    return AmountChanges(before["target"][moved], before["neuron"][moved], change[moved])


def _ids(
    records: np.ndarray[tuple[int], np.dtype[np.void]],
) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
    names = np.stack([records[name] for name in ("source", "target", "relation", "neuron")], axis=1)
    return np.ascontiguousarray(names).view("S16").reshape(-1)
