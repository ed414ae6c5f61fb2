"""Compiled transformers: a graph's links as attention heads, layers that apply R, files for ONNX (compile.md).

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{arrays,files,focus,graph,progress}.
Start reading at making.py, then heads.py, layers.py and onnx_graph.py.
"""

from __future__ import annotations

from focusmesh.engine.compile.accuracy import measured
from focusmesh.engine.compile.factors import Factors
from focusmesh.engine.compile.heads import Heads
from focusmesh.engine.compile.low_rank import factors_for, remaining, still
from focusmesh.engine.compile.making import compile_graph
from focusmesh.engine.compile.model import CompiledModel
from focusmesh.engine.compile.onnx_nodes import load_onnx
from focusmesh.engine.compile.spectrum import Embedding, embed

__all__ = [
    "CompiledModel",
    "Embedding",
    "Factors",
    "Heads",
    "compile_graph",
    "embed",
    "factors_for",
    "load_onnx",
    "measured",
    "remaining",
    "still",
]
