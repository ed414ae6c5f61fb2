"""A network of real processes on this machine, to try things with and to break: made, run, perturbed, watched, ended.

May import: all layers below, and the modules of the interface beside it. Nothing here is used by a node that is run in
earnest, but for ``drilled``, which is asked for by a hidden option. Start reading at folder.py, then supervising.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.localnet.drills import drilled
    from focusmesh.interface.localnet.folder import Agreement, NetFolder, NodePlan, Plan
    from focusmesh.interface.localnet.lying import lie
    from focusmesh.interface.localnet.making import make_net
    from focusmesh.interface.localnet.perturbing import FAULTS, perturb, undo
    from focusmesh.interface.localnet.processes import Process, is_alive, started_at
    from focusmesh.interface.localnet.relay import Relay, Switches
    from focusmesh.interface.localnet.showing import NodeShown, shown, supervisor_of
    from focusmesh.interface.localnet.starting import bring_down, bring_up
    from focusmesh.interface.localnet.supervising import Supervisor
    from focusmesh.interface.localnet.wishes import Wish, Wishes

__all__ = [
    "FAULTS",
    "Agreement",
    "NetFolder",
    "NodePlan",
    "NodeShown",
    "Plan",
    "Process",
    "Relay",
    "Supervisor",
    "Switches",
    "Wish",
    "Wishes",
    "bring_down",
    "bring_up",
    "drilled",
    "is_alive",
    "lie",
    "make_net",
    "perturb",
    "shown",
    "started_at",
    "supervisor_of",
    "undo",
]

# A name goes in three places: the import above, the sorted list, and here.
_HOMES = {
    "focusmesh.interface.localnet.drills": ("drilled",),
    "focusmesh.interface.localnet.folder": ("Agreement", "NetFolder", "NodePlan", "Plan"),
    "focusmesh.interface.localnet.lying": ("lie",),
    "focusmesh.interface.localnet.making": ("make_net",),
    "focusmesh.interface.localnet.perturbing": ("FAULTS", "perturb", "undo"),
    "focusmesh.interface.localnet.processes": ("Process", "is_alive", "started_at"),
    "focusmesh.interface.localnet.relay": ("Relay", "Switches"),
    "focusmesh.interface.localnet.showing": ("NodeShown", "shown", "supervisor_of"),
    "focusmesh.interface.localnet.starting": ("bring_down", "bring_up"),
    "focusmesh.interface.localnet.supervising": ("Supervisor",),
    "focusmesh.interface.localnet.wishes": ("Wish", "Wishes"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
