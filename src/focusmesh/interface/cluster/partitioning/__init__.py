"""Partitioning: Parquet tables, or a graph that is there, become a folder of parts.

May import: focusmesh.engine, focusmesh.errors, interface.cluster.ray_session; Ray, PyArrow and fsspec where
they are used. Start reading at partition.py.
"""

from __future__ import annotations

from focusmesh.interface.cluster.partitioning.partition import Partitioned, partition_graph
from focusmesh.interface.cluster.partitioning.source import is_made_of

__all__ = ["Partitioned", "is_made_of", "partition_graph"]
