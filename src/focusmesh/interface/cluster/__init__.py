"""Clusters: partitioning, and solving on many machines with Ray and torch.distributed.

May import: focusmesh.engine, focusmesh.errors; Ray, PyTorch, PyArrow and fsspec where they are used. Start
reading in partitioning/.
"""

from __future__ import annotations

from focusmesh.interface.cluster.partitioning import Partitioned, partition_graph

__all__ = ["Partitioned", "partition_graph"]
