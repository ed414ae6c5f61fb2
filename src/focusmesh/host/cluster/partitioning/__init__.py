"""Partitioning: Parquet tables, or a graph that is there, become a folder of parts.

May import: focusmesh.engine, focusmesh.errors, interface.cluster.ray_session; Ray, PyArrow and fsspec where
they are used. Start reading at partition.py.
"""

from __future__ import annotations

from focusmesh.host.cluster.partitioning.partition import Partitioned as Partitioned
from focusmesh.host.cluster.partitioning.partition import partition_graph as partition_graph
from focusmesh.host.cluster.partitioning.source import is_made_of as is_made_of
