"""From tables of links to the files of parts, piece by piece on disk: what memory holds does not grow with the links.

May import: focusmesh.engine.{arrays,files,focus,graph,parallel,progress}, engine.cluster.parts. Start reading at
phases.py; a runner (running.py) carries the pieces out, here or on other machines, and keeps what is whole already.
"""

from __future__ import annotations

from focusmesh.engine.cluster.partitioning.blocks import READ, RowBlock, Spelt, keep_block
from focusmesh.engine.cluster.partitioning.job import BLOCK_ROWS, PartitionJob
from focusmesh.engine.cluster.partitioning.phases import PHASES, carry_out_piece
from focusmesh.engine.cluster.partitioning.report import RowReport
from focusmesh.engine.cluster.partitioning.running import PartitionRun, begin_job, clear_job
from focusmesh.engine.cluster.partitioning.writing import whole_manifest

__all__ = [
    "BLOCK_ROWS",
    "PHASES",
    "READ",
    "PartitionJob",
    "PartitionRun",
    "RowBlock",
    "RowReport",
    "Spelt",
    "begin_job",
    "carry_out_piece",
    "clear_job",
    "keep_block",
    "whole_manifest",
]
