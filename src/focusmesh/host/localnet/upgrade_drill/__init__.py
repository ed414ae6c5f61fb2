"""The upgrade drill: a network of an old release, under load, comes to this release and to what that brings.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.host.localnet.upgrade_drill.checks import Check as Check
from focusmesh.host.localnet.upgrade_drill.checks import DrillReport as DrillReport
from focusmesh.host.localnet.upgrade_drill.drill import UpgradeDrill as UpgradeDrill
