"""A layer over lists of links in ONNX: values are gathered along links and added up by scattering them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.compile.low_rank import remaining, still
from focusmesh.engine.compile.onnx_nodes import Nodes, load_onnx, loop_body, teleported_part

if TYPE_CHECKING:
    from focusmesh.engine.compile.model import CompiledModel

ELEMENTS_FROM_PARTICLES = 10_000


def gathering(model: CompiledModel) -> str:
    """The operator that gathers along links. Of a vector the two give the same.

    ONNX Runtime is fifteen times faster at ``GatherElements``; the reference evaluator fails in it above 64 entries.
    """
    large = len(model.particles) >= ELEMENTS_FROM_PARTICLES
    return "GatherElements" if large else "Gather"


def edge_step(graph: Nodes, model: CompiledModel, drawn: str) -> Any:
    """Gathers along links, sums by scattering; the softmax of a row is one of a segment."""
    params, count = model.params, len(model.particles)
    size, rows = (
        graph.constant([count], np.int64),
        graph.constant([len(model.heads.gate)], np.int64),
    )
    target = graph.indices("target")
    share = _segment_softmax(graph, "logit", "row", rows)
    share = graph.add("Mul", share, graph.add("Gather", "gate", "row"))
    source = graph.add("Gather", "row_source", "row")
    given = graph.scatter_add("gate", graph.indices("row_source"), size)
    fallen = graph.add("Sub", graph.constant(1.0), given)
    landed = graph.add("Div", fallen, graph.constant(float(count)))
    teleported = teleported_part(graph, model, drawn)
    either = _either_way(graph, size) if params.coefficients[1:] else None

    layer = Nodes("layer.")
    carried = layer.add("Mul", layer.add(gathering(model), "x", source), share)
    walked = layer.scatter_add(carried, target, size)
    # Runtimes merge a factor beside a MatMul into it as float32, so there is none beside this one.
    walked = layer.add("Add", walked, layer.add("MatMul", "x", landed))
    follow = graph.constant(params.diffusion * (1 - params.alpha))
    image = layer.add("Add", layer.add("Mul", walked, follow), teleported)
    return loop_body(model, layer, _with_series(graph, layer, model, image, either, size))


def _with_series(
    graph: Nodes,
    layer: Nodes,
    model: CompiledModel,
    image: str,
    either: tuple[str, ...] | None,
    size: str,
) -> str:
    """``image`` + Σ c_k·Qᵏ x, step by step along the links either way."""
    moved = "x"
    for k, coefficient in enumerate(model.params.coefficients):
        if k and either is not None:
            source, target, share = either
            carried = layer.add("Mul", layer.add(gathering(model), moved, source), share)
            moved = layer.scatter_add(carried, target, size)
        image = layer.add("Add", image, layer.add("Mul", moved, graph.constant(coefficient)))
    return image


def _either_way(graph: Nodes, size: str) -> tuple[str, str, str]:
    """Source, target and share of every step of the undirected head; who is isolated steps to itself."""
    source = graph.add("Concat", "first", "second", axis=0)
    target = graph.add("Concat", "second", "first", axis=0)
    logit = graph.add("Concat", "pair_logit", "pair_logit", axis=0)
    share = _segment_softmax(graph, logit, source, size)
    links = graph.scatter_add(share, graph.indices(source), size)
    none = graph.add("NonZero", graph.add("Equal", links, graph.constant(0.0)))
    alone = graph.add("Squeeze", none, graph.constant([0], np.int64))
    shares = graph.add("Concat", share, graph.full(graph.add("Shape", alone), 1.0), axis=0)
    small = graph.add("Cast", alone, to=load_onnx().TensorProto.INT32)
    source = graph.add("Concat", source, small, axis=0)
    return source, graph.add("Concat", graph.indices(target), alone, axis=0), shares


def _segment_softmax(graph: Nodes, logit: str, row: str, rows: str) -> str:
    """Over the entries of each row (int32); a row without any is read by nobody."""
    lowest, places = graph.full(rows, -np.inf), graph.indices(row)
    highest = graph.add("ScatterElements", lowest, places, logit, axis=0, reduction="max")
    raised = graph.add("Exp", graph.add("Sub", logit, graph.add("Gather", highest, row)))
    total = graph.scatter_add(raised, places, rows)
    return graph.add("Div", raised, graph.add("Gather", total, row))


def factor_step(graph: Nodes, model: CompiledModel, drawn: str) -> Any:
    """Two tall matrices in the place of lists of links; nothing is clipped, so x is scaled."""
    params = model.params
    key = graph.add(
        "Transpose", graph.add("Mul", "key", graph.constant(remaining(params))), perm=[1, 0]
    )
    teleported = teleported_part(graph, model, drawn)
    layer = Nodes("layer.")
    moved = layer.add("MatMul", layer.add("MatMul", "x", "query"), key)
    stays = layer.add("Mul", "x", graph.constant(still(params)))
    image = layer.add("Add", layer.add("Add", stays, moved), teleported)
    return loop_body(
        model, layer, layer.add("Div", image, layer.add("ReduceSum", image, keepdims=1))
    )
