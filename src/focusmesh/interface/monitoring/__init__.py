"""A watch over nodes that believes none of them: states and focus are rebuilt from what their public API gives.

May import: all layers below, and the records of the service. Start reading at watching.py, then rebuilding.py.
"""

from __future__ import annotations

from focusmesh.interface.monitoring.api import NodeApi
from focusmesh.interface.monitoring.rebuilding import RebuiltNode, rebuilt_node
from focusmesh.interface.monitoring.watching import Look, NodeLook, Watch, looks, metrics_text

__all__ = [
    "Look",
    "NodeApi",
    "NodeLook",
    "RebuiltNode",
    "Watch",
    "looks",
    "metrics_text",
    "rebuilt_node",
]
