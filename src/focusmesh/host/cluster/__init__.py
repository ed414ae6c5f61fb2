"""Clusters: partitioning, and solving on many machines with Ray and torch.distributed.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.host.cluster.cluster_graph import Certified as Certified
from focusmesh.host.cluster.cluster_graph import ClusterGraph as ClusterGraph
from focusmesh.host.cluster.focus import ClusterFocus as ClusterFocus
from focusmesh.host.cluster.focus import WorkerReport as WorkerReport
from focusmesh.host.cluster.groups import group_at as group_at
from focusmesh.host.cluster.partitioning import Partitioned as Partitioned
from focusmesh.host.cluster.partitioning import is_made_of as is_made_of
from focusmesh.host.cluster.partitioning import partition_graph as partition_graph
from focusmesh.host.cluster.results import read_scores as read_scores
from focusmesh.host.cluster.results import verify_writable as verify_writable
