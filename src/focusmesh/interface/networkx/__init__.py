"""The NetworkX backend ``focusmesh``: PageRank, HITS, focus and the matrices under them, on cached conversions.

May import: networkx, and everything below, once NetworkX asks for the backend (``info`` is read when it starts).
Start reading at dispatching.py, then converted.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.interface.networkx.info import get_info
from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.networkx.converted import ConvertedGraph
    from focusmesh.interface.networkx.dispatching import Backend, backend
    from focusmesh.interface.networkx.focusing import focus

__all__ = ["Backend", "ConvertedGraph", "backend", "focus", "get_info"]

_HOMES = {
    "focusmesh.interface.networkx.dispatching": ("Backend", "backend"),
    "focusmesh.interface.networkx.converted": ("ConvertedGraph",),
    "focusmesh.interface.networkx.focusing": ("focus",),
}


if not TYPE_CHECKING:
    # NetworkX reads ``get_info`` while it is being imported itself, so nothing else may load before it is asked for.
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
