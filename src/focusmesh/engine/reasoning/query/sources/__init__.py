"""What patterns are asked of: property graphs in memory, and the links of a graph's snapshot.

It imports ``values`` of its siblings, and ``engine.links``. Start reading at ``property_graph.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.sources.link_graph import LinkGraph as LinkGraph
from focusmesh.engine.reasoning.query.sources.link_graph import link_graph as link_graph
from focusmesh.engine.reasoning.query.sources.memory_graph import MemoryGraph as MemoryGraph
from focusmesh.engine.reasoning.query.sources.property_graph import Direction as Direction
from focusmesh.engine.reasoning.query.sources.property_graph import Neighbours as Neighbours
from focusmesh.engine.reasoning.query.sources.property_graph import PropertyGraph as PropertyGraph
