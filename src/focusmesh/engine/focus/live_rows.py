"""The rows of a graph that is being edited: a structure that stays as it is, and a delta adjacency beside it.

A pair whose weight changed has a slot: what it weighed in the structure, what it weighs now, and a place in two
chains, one of its source and one of its target. A row is its part of the structure plus its chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.arrays import FloatArray, IndexArray, OffsetArray, WeightArray
    from focusmesh.engine.graph import Structure

Scalar = TypeVar("Scalar", bound=np.generic)

BASE, COUNT, SLOTS, LOOSE = range(4)
"""Entries of ``Rows.sizes``: particles of the structure, particles now, slots in use, totals changed in place."""

_SPARE = 64


class Rows(NamedTuple):
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


def rows_of(structure: Structure) -> Rows:
    """The rows of ``structure``, nothing edited. O(n), and shares the links."""
    s, count = structure, structure.particle_count
    empty = np.zeros(0, dtype=np.float32)
    room, slots = count + max(_SPARE, count // _SPARE), max(_SPARE, s.axon_count // _SPARE)
    return Rows(
        out_start=s.out_start,
        out_target=s.out_target,
        out_weight=empty if s.out_weight is None else s.out_weight,
        in_start=s.in_start,
        in_source=s.in_source,
        in_weight=empty if s.in_weight is None else s.in_weight,
        out_head=np.full(room, -1, dtype=np.int32),
        in_head=np.full(room, -1, dtype=np.int32),
        out_total=padded(s.out_total, room),
        degree_total=padded(s.degree_total, room),
        out_count=padded(np.diff(s.out_start).astype(np.int32), room),
        in_count=padded(np.diff(s.in_start).astype(np.int32), room),
        heaviest=np.zeros(room),
        slot_source=np.zeros(slots, dtype=np.uint32),
        slot_target=np.zeros(slots, dtype=np.uint32),
        slot_was=np.zeros(slots),
        slot_now=np.zeros(slots),
        out_next=np.full(slots, -1, dtype=np.int32),
        in_next=np.full(slots, -1, dtype=np.int32),
        table=_empty_table(slots),
        sizes=np.array([count, count, 0, 0], dtype=np.int64),
        skew=np.zeros(1),
    )


def with_room(rows: Rows, particles: int, slots: int) -> Rows:
    """``rows`` with room for so many more particles and slots; doubles what is too short."""
    by_particle = ("out_head", "in_head", "out_total", "degree_total", "out_count", "in_count")
    by_slot = ("slot_source", "slot_target", "slot_was", "slot_now", "out_next", "in_next")
    needed = rows.particle_count + particles
    if needed > len(rows.out_head):
        room = max(needed, 2 * len(rows.out_head))
        longer: dict[str, Any] = {
            name: _longer(rows, name, room) for name in (*by_particle, "heaviest")
        }
        rows = rows._replace(**longer)
    needed = rows.slot_count + slots
    if needed > len(rows.slot_now):
        from focusmesh.engine.focus.live_rows_compiled import fill_table

        room = max(needed, 2 * len(rows.slot_now))
        longer = {name: _longer(rows, name, room) for name in by_slot}
        rows = rows._replace(**longer, table=_empty_table(room))
        fill_table(rows)
    return rows


def padded(values: npt.NDArray[Scalar], room: int) -> npt.NDArray[Scalar]:
    """``values`` and zeros after them."""
    longer = np.zeros(room, dtype=values.dtype)
    longer[: len(values)] = values
    return longer


def _longer(rows: Rows, name: str, room: int) -> npt.NDArray[Any]:
    values = getattr(rows, name)
    longer = padded(values, room)
    if name in ("out_head", "in_head", "out_next", "in_next"):
        longer[len(values) :] = -1
    return longer


def _empty_table(slots: int) -> npt.NDArray[np.int32]:
    """An open-addressing table that stays at most half full: a power of two."""
    return np.full(1 << (2 * slots - 1).bit_length(), -1, dtype=np.int32)
