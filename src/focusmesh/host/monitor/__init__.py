"""A watch over nodes that believes none of them: states and focus are rebuilt from what their public API gives.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.host.monitor.api import NodeApi as NodeApi
from focusmesh.host.monitor.rebuild import RebuiltNode as RebuiltNode
from focusmesh.host.monitor.rebuild import rebuilt_node as rebuilt_node
from focusmesh.host.monitor.watch import Look as Look
from focusmesh.host.monitor.watch import NodeLook as NodeLook
from focusmesh.host.monitor.watch import Watch as Watch
from focusmesh.host.monitor.watch import looks as looks
from focusmesh.host.monitor.watch import metrics_text as metrics_text
