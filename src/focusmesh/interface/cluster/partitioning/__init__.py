"""Partitioning: Parquet tables, or a graph that is there, become a folder of parts.

May import: focusmesh.engine, focusmesh.errors, interface.cluster.ray_session; Ray, PyArrow and fsspec where
they are used. Start reading at partition.py.
"""

from __future__ import annotations

from focusmesh.interface.cluster.partitioning.partition import Partitioned, partition_graph

__all__ = ["Partitioned", "partition_graph"]
