"""Whole simulated networks: machines with disks, clocks and users, faults from a seed, invariants that must hold.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.simulation.liveness import LivenessNetwork as LivenessNetwork
    from focusmesh.kernel.simulation.liveness import drawn_lives as drawn_lives
    from focusmesh.kernel.simulation.network import NetworkRun as NetworkRun
    from focusmesh.kernel.simulation.network import SimulatedNetwork as SimulatedNetwork
    from focusmesh.kernel.simulation.schedule import GROUPS as GROUPS
    from focusmesh.kernel.simulation.schedule import KINDS as KINDS
    from focusmesh.kernel.simulation.schedule import Fault as Fault
    from focusmesh.kernel.simulation.schedule import Schedule as Schedule
    from focusmesh.kernel.simulation.schedule import draw_schedule as draw_schedule
    from focusmesh.kernel.simulation.schedule import kinds_of as kinds_of
    from focusmesh.kernel.simulation.shrinker import shrunk as shrunk
else:
    __getattr__, __dir__ = lazily(__name__)
