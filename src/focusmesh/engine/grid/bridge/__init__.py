"""From a grid to a graph: cubes, models and blocks become particles, edges and places become links.

May import: engine.graph, engine.grid.{array,cube}. Start reading at making.py.
"""

from __future__ import annotations

from focusmesh.engine.grid.bridge.making import array_graph, block_name, cube_name, grid_graph

__all__ = ["array_graph", "block_name", "cube_name", "grid_graph"]
