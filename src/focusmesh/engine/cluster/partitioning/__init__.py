"""From tables of links to the files of parts, piece by piece on disk: what memory holds does not grow with the links.

May import: focusmesh.engine.{arrays,files,focus,graph,parallel,progress}, engine.cluster.parts. Start reading at
phases.py; a runner (running.py) carries the pieces out, here or on other machines, and keeps what is whole already.
"""

from __future__ import annotations

from focusmesh.engine.cluster.partitioning.blocks import READ, Block, Spelt, keep_block
from focusmesh.engine.cluster.partitioning.job import BLOCK_ROWS, Job
from focusmesh.engine.cluster.partitioning.numbering import ORDER, row_report
from focusmesh.engine.cluster.partitioning.phases import PHASES, perform
from focusmesh.engine.cluster.partitioning.report import RowReport
from focusmesh.engine.cluster.partitioning.running import Running, begin, clear, run_here
from focusmesh.engine.cluster.partitioning.writing import whole_manifest

__all__ = [
    "BLOCK_ROWS",
    "ORDER",
    "PHASES",
    "READ",
    "Block",
    "Job",
    "RowReport",
    "Running",
    "Spelt",
    "begin",
    "clear",
    "keep_block",
    "perform",
    "row_report",
    "run_here",
    "whole_manifest",
]
