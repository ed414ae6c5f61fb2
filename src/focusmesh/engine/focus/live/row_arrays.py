"""The arrays of rows that are edited, which kernels and their callers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray, WeightArray

BASE, COUNT, SLOTS, LOOSE = range(4)
"""Entries of ``Rows.sizes``: particles of the structure, particles now, slots in use, totals changed in place."""


class RowArrays(NamedTuple):
    """Arrays that the kernels edit in place; all by solver position, particles that are new come last.

    ``out_start`` … ``in_weight`` are those of the structure (an empty array where every weight is 1). Arrays by
    particle have spare room, as those by slot have: ``sizes`` says how much is in use. ``out_total`` and
    ``degree_total`` are o
    and d now, ``out_count`` and ``in_count`` the links now: whether a particle dangles is decided by counts.
    ``heaviest`` is the largest weight that ever left a particle's rows, which bounds the rounding of their sums.
    """

    out_start: OffsetArray
    out_target: IndexArray
    out_weight: WeightArray
    in_start: OffsetArray
    in_source: IndexArray
    in_weight: WeightArray
    out_head: npt.NDArray[np.int32]
    in_head: npt.NDArray[np.int32]
    out_total: FloatArray
    degree_total: FloatArray
    out_count: npt.NDArray[np.int32]
    in_count: npt.NDArray[np.int32]
    heaviest: FloatArray
    slot_source: npt.NDArray[np.uint32]
    slot_target: npt.NDArray[np.uint32]
    slot_was: FloatArray
    slot_now: FloatArray
    out_next: npt.NDArray[np.int32]
    in_next: npt.NDArray[np.int32]
    table: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int64]
    skew: FloatArray

    @property
    def particle_count(self) -> int:
        """n now."""
        return int(self.sizes[COUNT])

    @property
    def slot_count(self) -> int:
        """Pairs whose weight is not that of the structure, or was not once."""
        return int(self.sizes[SLOTS])
