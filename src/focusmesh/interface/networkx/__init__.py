"""The NetworkX backend ``focusmesh``: PageRank, HITS, focus and the matrices under them, on cached conversions.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.interface.networkx.info import get_info as get_info
from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.networkx.conversion import ConvertedGraph as ConvertedGraph
    from focusmesh.interface.networkx.dispatch import Backend as Backend
    from focusmesh.interface.networkx.dispatch import backend as backend
    from focusmesh.interface.networkx.focus_backend import focus as focus
else:
    # NetworkX reads ``get_info`` while it is being imported itself, so nothing else may load before it is asked for.
    __getattr__, __dir__ = lazily(__name__)
