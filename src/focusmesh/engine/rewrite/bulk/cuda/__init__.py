"""Bulk evaluation on an NVIDIA card: each of its threads is a worker.

May import: what focusmesh.engine.rewrite.bulk may, CuPy (lazily).
Start reading at board.py, then source/machine.cu; rounds.py beside this package says what a round is.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.cuda.board import CudaBoard as CudaBoard
from focusmesh.engine.rewrite.bulk.cuda.board import KernelCard as KernelCard
from focusmesh.engine.rewrite.bulk.cuda.board import source as source
from focusmesh.engine.rewrite.bulk.cuda.cards import OPTIONS as OPTIONS
from focusmesh.engine.rewrite.bulk.cuda.cards import PRELUDE as PRELUDE
from focusmesh.engine.rewrite.bulk.cuda.cards import CupyCard as CupyCard
