"""One graph on several machines: its parts, and what ranks compute on them together.

May import: focusmesh.engine.{arrays,compiled,files,focus,graph,machine,parallel,progress}. Start reading in parts/.
"""

from __future__ import annotations

from focusmesh.engine.cluster.contexts import PartQuery
from focusmesh.engine.cluster.graph import EditBatch, PartBest, PartFocus, PartGraph
from focusmesh.engine.cluster.partitioning import (
    BLOCK_ROWS,
    READ,
    PartitionJob,
    PartitionRun,
    RowBlock,
    RowReport,
    Spelt,
    begin_job,
    carry_out_piece,
    clear_job,
    keep_block,
    whole_manifest,
)
from focusmesh.engine.cluster.parts import (
    Manifest,
    Part,
    PartFile,
    Whole,
    join_parts,
    make_parts,
    open_manifest,
    open_part,
    verify_count,
    verify_folder,
    write_parts,
)
from focusmesh.engine.cluster.planning import ClusterPlan, WorkerRates, plan_links, plan_parts
from focusmesh.engine.cluster.ranked import operator_of_part, structure_of_part
from focusmesh.engine.cluster.solving import Keeping, RankReport, certify_part, solve_part

__all__ = [
    "BLOCK_ROWS",
    "READ",
    "ClusterPlan",
    "EditBatch",
    "Keeping",
    "Manifest",
    "Part",
    "PartBest",
    "PartFile",
    "PartFocus",
    "PartGraph",
    "PartQuery",
    "PartitionJob",
    "PartitionRun",
    "RankReport",
    "RowBlock",
    "RowReport",
    "Spelt",
    "Whole",
    "WorkerRates",
    "begin_job",
    "carry_out_piece",
    "certify_part",
    "clear_job",
    "join_parts",
    "keep_block",
    "make_parts",
    "open_manifest",
    "open_part",
    "operator_of_part",
    "plan_links",
    "plan_parts",
    "solve_part",
    "structure_of_part",
    "verify_count",
    "verify_folder",
    "whole_manifest",
    "write_parts",
]
