"""Compiled transformers: a graph's links as attention heads, layers that apply R, files for ONNX.

Definition: docs/explanation/compile.md.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.compile.accuracy import measure_accuracy as measure_accuracy
from focusmesh.engine.compile.compiler import compile_graph as compile_graph
from focusmesh.engine.compile.factors import Factors as Factors
from focusmesh.engine.compile.heads import Heads as Heads
from focusmesh.engine.compile.low_rank import factors_for as factors_for
from focusmesh.engine.compile.low_rank import remaining as remaining
from focusmesh.engine.compile.low_rank import still as still
from focusmesh.engine.compile.model import CompiledModel as CompiledModel
from focusmesh.engine.compile.onnx_nodes import load_onnx as load_onnx
from focusmesh.engine.compile.spectrum import Embedding as Embedding
from focusmesh.engine.compile.spectrum import embed as embed
