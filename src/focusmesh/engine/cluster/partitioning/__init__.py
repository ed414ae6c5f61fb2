"""From tables of links to the files of parts, piece by piece on disk: what memory holds does not grow with the links.

May import: focusmesh.engine.{support,links,focus}, engine.cluster.parts.
Start reading at phases.py; a runner (phase_runner.py) carries the pieces out, here or on other machines, and keeps
what is whole already.
"""

from __future__ import annotations

from focusmesh.engine.cluster.partitioning.blocks import READ as READ
from focusmesh.engine.cluster.partitioning.blocks import RowBlock as RowBlock
from focusmesh.engine.cluster.partitioning.blocks import SpeltNames as SpeltNames
from focusmesh.engine.cluster.partitioning.blocks import keep_block as keep_block
from focusmesh.engine.cluster.partitioning.job import BLOCK_ROWS as BLOCK_ROWS
from focusmesh.engine.cluster.partitioning.job import PartitionJob as PartitionJob
from focusmesh.engine.cluster.partitioning.part_writer import whole_manifest as whole_manifest
from focusmesh.engine.cluster.partitioning.phase_runner import PartitionRun as PartitionRun
from focusmesh.engine.cluster.partitioning.phase_runner import begin_job as begin_job
from focusmesh.engine.cluster.partitioning.phase_runner import clear_job as clear_job
from focusmesh.engine.cluster.partitioning.phases import PHASES as PHASES
from focusmesh.engine.cluster.partitioning.phases import carry_out_piece as carry_out_piece
from focusmesh.engine.cluster.partitioning.report import RowReport as RowReport
