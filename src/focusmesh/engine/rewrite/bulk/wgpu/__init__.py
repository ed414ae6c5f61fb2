"""Bulk evaluation by WebGPU: each invocation of a compute shader is a worker.

May import: what focusmesh.engine.rewrite.bulk may, focusmesh.engine.support.wgpu.
Start reading at board.py, then source/machine.wgsl; rounds.py beside this package says what a round is.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.wgpu.board import WgpuBoard as WgpuBoard
from focusmesh.engine.rewrite.bulk.wgpu.board import source as source
