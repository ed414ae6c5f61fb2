"""The upgrade drill: a network of an old release, under load, comes to this release and to what that brings.

Start reading at drill.py; tests/host/localnet/test_upgrade_drill.py has the old releases that it is held to.
"""

from __future__ import annotations

from focusmesh.host.localnet.upgrade_drill.checks import Check as Check
from focusmesh.host.localnet.upgrade_drill.checks import DrillReport as DrillReport
from focusmesh.host.localnet.upgrade_drill.drill import UpgradeDrill as UpgradeDrill
