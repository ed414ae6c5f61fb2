"""One graph on several machines: its parts, and what ranks compute on them together.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.cluster.contexts import PartQuery as PartQuery
from focusmesh.engine.cluster.graph import EditBatch as EditBatch
from focusmesh.engine.cluster.graph import PartBest as PartBest
from focusmesh.engine.cluster.graph import PartFocus as PartFocus
from focusmesh.engine.cluster.graph import PartGraph as PartGraph
from focusmesh.engine.cluster.partitioning import BLOCK_ROWS as BLOCK_ROWS
from focusmesh.engine.cluster.partitioning import READ as READ
from focusmesh.engine.cluster.partitioning import PartitionJob as PartitionJob
from focusmesh.engine.cluster.partitioning import PartitionRun as PartitionRun
from focusmesh.engine.cluster.partitioning import RowBlock as RowBlock
from focusmesh.engine.cluster.partitioning import RowReport as RowReport
from focusmesh.engine.cluster.partitioning import SpeltNames as SpeltNames
from focusmesh.engine.cluster.partitioning import begin_job as begin_job
from focusmesh.engine.cluster.partitioning import carry_out_piece as carry_out_piece
from focusmesh.engine.cluster.partitioning import clear_job as clear_job
from focusmesh.engine.cluster.partitioning import keep_block as keep_block
from focusmesh.engine.cluster.partitioning import whole_manifest as whole_manifest
from focusmesh.engine.cluster.parts import Manifest as Manifest
from focusmesh.engine.cluster.parts import Part as Part
from focusmesh.engine.cluster.parts import PartFile as PartFile
from focusmesh.engine.cluster.parts import Whole as Whole
from focusmesh.engine.cluster.parts import join_parts as join_parts
from focusmesh.engine.cluster.parts import make_parts as make_parts
from focusmesh.engine.cluster.parts import open_manifest as open_manifest
from focusmesh.engine.cluster.parts import open_part as open_part
from focusmesh.engine.cluster.parts import verify_count as verify_count
from focusmesh.engine.cluster.parts import verify_folder as verify_folder
from focusmesh.engine.cluster.parts import write_parts as write_parts
from focusmesh.engine.cluster.plan import ClusterPlan as ClusterPlan
from focusmesh.engine.cluster.plan import WorkerRates as WorkerRates
from focusmesh.engine.cluster.plan import plan_links as plan_links
from focusmesh.engine.cluster.plan import plan_parts as plan_parts
from focusmesh.engine.cluster.ranked import operator_of_part as operator_of_part
from focusmesh.engine.cluster.ranked import structure_of_part as structure_of_part
from focusmesh.engine.cluster.solve import Keeping as Keeping
from focusmesh.engine.cluster.solve import RankReport as RankReport
from focusmesh.engine.cluster.solve import certify_part as certify_part
from focusmesh.engine.cluster.solve import solve_part as solve_part
