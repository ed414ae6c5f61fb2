"""A layer as masked attention in ONNX, for contexts of up to 4,096 particles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.compile.low_rank import remaining, still
from focusmesh.engine.compile.onnx_nodes import Nodes, loop_body, teleported_part

if TYPE_CHECKING:
    from focusmesh.engine.compile.factors import Factors
    from focusmesh.engine.compile.model import CompiledModel


def dense_step(graph: Nodes, model: CompiledModel, drawn: str) -> Any:
    """All heads as masked attention, mixed into the one matrix that a layer multiplies by."""
    if model.factors is None:
        gate = _dense_gate(graph, model)
        matrix = _mix_heads(graph, model, _softmax_of_logits(graph, model, gate), gate)
    else:
        matrix = _low_rank_matrix(graph, model, model.factors)
    teleported = teleported_part(graph, model, drawn)
    layer = Nodes("layer.")
    return loop_body(model, layer, layer.add("Add", layer.add("MatMul", "x", matrix), teleported))


def _dense_gate(graph: Nodes, model: CompiledModel) -> str:
    """Gates of all heads, (h + 1, n): 0 without links; that of the undirected head is 1 with some."""
    count, heads = len(model.particles), model.heads.head_count
    places = _pairs(graph, graph.indices("row_head"), graph.indices("row_source"))
    shape = graph.constant([heads, count], np.int64)
    directed = graph.add("ScatterND", graph.full(shape, 0.0), places, "gate")
    ends = graph.add("Concat", graph.indices("first"), graph.indices("second"), axis=0)
    ones = graph.full(graph.add("Shape", ends), 1.0)
    size = graph.constant([count], np.int64)
    linked = graph.add("ScatterElements", graph.full(size, 0.0), ends, ones, axis=0)
    axis = graph.constant([0], np.int64)
    return graph.add("Concat", directed, graph.add("Unsqueeze", linked, axis), axis=0)


def _softmax_of_logits(graph: Nodes, model: CompiledModel, gate: str) -> str:
    """ln A on links, −∞ elsewhere, 0 in rows without links, which would be NaN; then the softmax of each row."""
    count, heads = len(model.particles), model.heads.head_count
    row = graph.indices("row")
    rows = _pairs(graph, graph.indices("row_head"), graph.indices("row_source"))
    directed = graph.add(
        *("Concat", graph.add("Gather", rows, row)), _column(graph, graph.indices("target")), axis=1
    )
    first, second = graph.indices("first"), graph.indices("second")
    one = graph.add("Concat", first, second, axis=0)
    other = graph.add("Concat", second, first, axis=0)
    last = graph.add("Expand", graph.constant([heads], np.int64), graph.add("Shape", one))
    either = graph.add("Concat", *(_column(graph, name) for name in (last, one, other)), axis=1)
    places = graph.add("Concat", directed, either, axis=0)
    logit = graph.add("Concat", "logit", "pair_logit", "pair_logit", axis=0)
    shape = graph.constant([heads + 1, count, count], np.int64)
    logits = graph.add("ScatterND", graph.full(shape, -np.inf), places, logit)
    zero = graph.constant(0.0)
    filled = graph.add("Greater", _each_row(graph, gate), zero)
    return graph.add("Softmax", graph.add("Where", filled, logits, zero), axis=-1)


def _low_rank_matrix(graph: Nodes, model: CompiledModel, factors: Factors) -> str:
    """c_0·I + s·attention, whose scores Q·Kᵀ (and those kept apart) are clipped at 0 and scaled row by row."""
    params, count = model.params, len(model.particles)
    scores = graph.add("MatMul", "query", graph.add("Transpose", "key", perm=[1, 0]))
    if factors.value is not None:
        places = _pairs(graph, graph.indices("apart_row"), graph.indices("apart_column"))
        scores = graph.add("ScatterND", scores, places, "apart_value", reduction="add")
    clipped = graph.add("Relu", scores)
    total = graph.add("ReduceSum", clipped, graph.constant([1], np.int64), keepdims=1)
    filled = graph.add("Greater", total, graph.constant(0.0))
    divisor = graph.add("Where", filled, total, graph.constant(1.0))
    landed = graph.constant(1 / count)
    attention = graph.add("Where", filled, graph.add("Div", clipped, divisor), landed)
    stays = graph.add("Mul", graph.add("EyeLike", scores), graph.constant(still(params)))
    return graph.add("Add", graph.add("Mul", attention, graph.constant(remaining(params))), stays)


def _mix_heads(graph: Nodes, model: CompiledModel, attention: str, gate: str) -> str:
    """diffusion·(1 − α)·P̄ᵀ + Σ c_k·(Qᵀ)ᵏ: the heads times their gates, and what the gates leave over."""
    params, count, heads = model.params, len(model.particles), model.heads.head_count
    gated = graph.add("Mul", attention, _each_row(graph, gate))
    axis = graph.constant([0], np.int64)
    first, last = graph.constant([0], np.int64), graph.constant([heads], np.int64)
    directed = graph.add("Slice", gated, first, last, axis)
    given = graph.add("ReduceSum", graph.add("Slice", gate, first, last, axis), axis, keepdims=0)
    fallen = graph.add("Sub", graph.constant(1.0), given)
    landed = graph.add("Div", _column(graph, fallen), graph.constant(float(count)))
    walk = graph.add("Add", graph.add("ReduceSum", directed, axis, keepdims=0), landed)
    matrix = graph.add("Mul", walk, graph.constant(params.diffusion * (1 - params.alpha)))
    if not params.coefficients:
        return matrix
    number = graph.constant(heads, np.int64)
    undirected, linked = (graph.add("Gather", part, number, axis=0) for part in (gated, gate))
    identity = graph.add("EyeLike", undirected)
    stayed = graph.add("Sub", graph.constant(1.0), _column(graph, linked))
    step = graph.add("Add", undirected, graph.add("Mul", identity, stayed))
    return graph.add("Add", matrix, _series(graph, step, identity, params.coefficients))


def _series(graph: Nodes, step: str, identity: str, coefficients: tuple[float, ...]) -> str:
    """Σ c_k·stepᵏ by Horner's rule: the K steps of the undirected head in one matrix."""
    found = graph.add("Mul", identity, graph.constant(coefficients[-1]))
    for coefficient in coefficients[-2::-1]:
        kept = graph.add("Mul", identity, graph.constant(coefficient))
        found = graph.add("Add", graph.add("MatMul", found, step), kept)
    return found


def _column(graph: Nodes, vector: str) -> str:
    return graph.add("Unsqueeze", vector, graph.constant([1], np.int64))


def _each_row(graph: Nodes, values: str) -> str:
    """(h + 1, n) → (h + 1, n, 1)."""
    return graph.add("Unsqueeze", values, graph.constant([2], np.int64))


def _pairs(graph: Nodes, first: str, second: str) -> str:
    return graph.add("Concat", _column(graph, first), _column(graph, second), axis=1)
