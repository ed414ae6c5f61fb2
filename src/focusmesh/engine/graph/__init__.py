"""Graph: the facade of the engine. It has a link store, and its methods hand each question down to what answers it.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.graph.conversion import add_properties as add_properties
    from focusmesh.engine.graph.graph import Graph as Graph
    from focusmesh.engine.graph.grids import array_graph as array_graph
    from focusmesh.engine.graph.grids import block_name as block_name
    from focusmesh.engine.graph.grids import cube_name as cube_name
    from focusmesh.engine.graph.grids import grid_graph as grid_graph
    from focusmesh.engine.graph.live_focus import LiveFocus as LiveFocus
    from focusmesh.engine.graph.trust import eigentrust as eigentrust
    from focusmesh.engine.graph.trust import local_trust as local_trust
    from focusmesh.engine.graph.warm_kernels import WarmReport as WarmReport
    from focusmesh.engine.graph.warm_kernels import warm as warm
else:
    __getattr__, __dir__ = lazily(__name__)
