"""A network of real processes on this machine, to try things with and to break: made, run, perturbed, watched, ended.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.host.localnet.creation import make_net as make_net
    from focusmesh.host.localnet.desired_state import Wish as Wish
    from focusmesh.host.localnet.desired_state import Wishes as Wishes
    from focusmesh.host.localnet.drills import apply_drills as apply_drills
    from focusmesh.host.localnet.folder import Agreement as Agreement
    from focusmesh.host.localnet.folder import NetFolder as NetFolder
    from focusmesh.host.localnet.folder import NodePlan as NodePlan
    from focusmesh.host.localnet.folder import Plan as Plan
    from focusmesh.host.localnet.liar import lie as lie
    from focusmesh.host.localnet.lifecycle import bring_down as bring_down
    from focusmesh.host.localnet.lifecycle import bring_up as bring_up
    from focusmesh.host.localnet.parts import old_release as old_release
    from focusmesh.host.localnet.perturbations import FAULTS as FAULTS
    from focusmesh.host.localnet.perturbations import perturb as perturb
    from focusmesh.host.localnet.perturbations import undo as undo
    from focusmesh.host.localnet.processes import OsProcess as OsProcess
    from focusmesh.host.localnet.processes import is_alive as is_alive
    from focusmesh.host.localnet.processes import started_at as started_at
    from focusmesh.host.localnet.relay import Relay as Relay
    from focusmesh.host.localnet.relay import Switches as Switches
    from focusmesh.host.localnet.status import NodeShown as NodeShown
    from focusmesh.host.localnet.status import node_statuses as node_statuses
    from focusmesh.host.localnet.status import supervisor_of as supervisor_of
    from focusmesh.host.localnet.supervisor import Supervisor as Supervisor
    from focusmesh.host.localnet.upgrade_drill import DrillReport as DrillReport
    from focusmesh.host.localnet.upgrade_drill import UpgradeDrill as UpgradeDrill
else:
    __getattr__, __dir__ = lazily(__name__)
