"""The rows of a graph that is being edited: a structure that stays as it is, and a delta adjacency beside it.

A pair whose weight changed has a slot: what it weighed in the structure, what it weighs now, and a place in two
chains, one of its source and one of its target. A row is its part of the structure plus its chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from focusmesh.engine.focus.live.row_arrays import RowArrays

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.links import Structure

Scalar = TypeVar("Scalar", bound=np.generic)

_SPARE = 64


def rows_of(structure: Structure) -> RowArrays:
    """The rows of ``structure``, nothing edited. O(n), and shares the links."""
    s, count = structure, structure.particle_count
    empty = np.zeros(0, dtype=np.float32)
    room, slots = count + max(_SPARE, count // _SPARE), max(_SPARE, s.axon_count // _SPARE)
    return RowArrays(
        out_start=s.out_start,
        out_target=s.out_target,
        out_weight=empty if s.out_weight is None else s.out_weight,
        in_start=s.in_start,
        in_source=s.in_source,
        in_weight=empty if s.in_weight is None else s.in_weight,
        out_head=np.full(room, -1, dtype=np.int32),
        in_head=np.full(room, -1, dtype=np.int32),
        out_total=pad(s.out_total, room),
        degree_total=pad(s.degree_total, room),
        out_count=pad(np.diff(s.out_start).astype(np.int32), room),
        in_count=pad(np.diff(s.in_start).astype(np.int32), room),
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


def with_room(rows: RowArrays, particles: int, slots: int) -> RowArrays:
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
        from focusmesh.engine.focus.live.rows_compiled import fill_table

        room = max(needed, 2 * len(rows.slot_now))
        longer = {name: _longer(rows, name, room) for name in by_slot}
        rows = rows._replace(**longer, table=_empty_table(room))
        fill_table(rows)
    return rows


def pad(values: npt.NDArray[Scalar], room: int) -> npt.NDArray[Scalar]:
    """``values`` and zeros after them."""
    longer = np.zeros(room, dtype=values.dtype)
    longer[: len(values)] = values
    return longer


def _longer(rows: RowArrays, name: str, room: int) -> npt.NDArray[Any]:
    values = getattr(rows, name)
    longer = pad(values, room)
    if name in ("out_head", "in_head", "out_next", "in_next"):
        longer[len(values) :] = -1
    return longer


def _empty_table(slots: int) -> npt.NDArray[np.int32]:
    """An open-addressing table that stays at most half full: a power of two."""
    return np.full(1 << (2 * slots - 1).bit_length(), -1, dtype=np.int32)
