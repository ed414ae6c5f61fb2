"""Whole simulated networks: machines with disks, clocks and users, faults from a seed, invariants that must hold.

May import: focusmesh.kernel.{block,replication,runtime,state}, focusmesh.engine, focusmesh.protocol, the leaves. The
registry of operations is handed in. Start reading at room.py, then schedule.py, striking.py and invariants.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.worlds.room import MachineRoom, RoomRun
    from focusmesh.kernel.worlds.schedule import GROUPS, KINDS, Fault, Schedule, drawn, kinds_of
    from focusmesh.kernel.worlds.shrinking import shrunk

__all__ = [
    "GROUPS",
    "KINDS",
    "Fault",
    "MachineRoom",
    "RoomRun",
    "Schedule",
    "drawn",
    "kinds_of",
    "shrunk",
]

_HOMES = {
    "focusmesh.kernel.worlds.room": ("MachineRoom", "RoomRun"),
    "focusmesh.kernel.worlds.schedule": (
        *("GROUPS", "KINDS", "Fault", "Schedule", "drawn", "kinds_of"),
    ),
    "focusmesh.kernel.worlds.shrinking": ("shrunk",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
