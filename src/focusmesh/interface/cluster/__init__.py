"""Clusters: partitioning, and solving on many machines with Ray and torch.distributed.

May import: focusmesh.engine, focusmesh.errors; Ray, PyTorch, PyArrow and fsspec where they are used. Start
reading in partitioning/.
"""

from __future__ import annotations

from focusmesh.interface.cluster.clustered import Certified, ClusterGraph
from focusmesh.interface.cluster.focus import ClusterFocus, WorkerReport
from focusmesh.interface.cluster.partitioning import Partitioned, is_made_of, partition_graph
from focusmesh.interface.cluster.results import read_scores, verify_writable
from focusmesh.interface.cluster.workers import group_at

__all__ = [
    "Certified",
    "ClusterFocus",
    "ClusterGraph",
    "Partitioned",
    "WorkerReport",
    "group_at",
    "is_made_of",
    "partition_graph",
    "read_scores",
    "verify_writable",
]
