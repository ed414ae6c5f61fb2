"""The operators of an exported model: what a context becomes, the heads, and one layer, done L times by a Loop.

Every name of a value is used once. What depends on weights alone stands outside of the Loop, where runtimes work it out
when they load the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.compile.onnx_dense import dense_step
from focusmesh.engine.compile.onnx_edges import edge_step, factor_step
from focusmesh.engine.compile.onnx_nodes import Nodes, load_onnx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy.typing as npt

    from focusmesh.engine.compile.model import CompiledModel

OPSET, IR = 21, 10
FACTOR_NAMES = {
    "query": "left",
    "key": "right",
    "apart_row": "row",
    "apart_column": "column",
    "apart_value": "value",
}
"""What the parts of factors are called in a file: W_Q, W_K, and the scores that are kept apart."""


def model_nodes(model: CompiledModel) -> list[Any]:
    """The nodes of the whole graph, from ``context`` to ``focus``."""
    graph = Nodes()
    drawn = _embed(graph, model)
    make = dense_step if model.form == "dense" else edge_step
    if model.factors is not None and model.form == "edges":
        make = factor_step
    body = make(graph, model, drawn)
    found = graph.add(
        "Loop",
        graph.constant(model.layers, np.int64),
        graph.constant(True, np.bool_),
        drawn,
        body=body,
    )
    held = graph.add("Max", found, graph.add("Mul", drawn, graph.constant(model.params.gap)))
    graph.add("Div", held, graph.add("ReduceSum", held, keepdims=1), name="focus")
    return graph.nodes


def initializers(model: CompiledModel, nodes: Iterable[Any]) -> Mapping[str, npt.NDArray[Any]]:
    """The weights that ``nodes`` read, by name, in a fixed order; runtimes warn of others."""
    heads = model.heads
    found: dict[str, npt.NDArray[Any]] = {
        name: getattr(heads, name)
        for name in ("row_head", "row_source", "gate", "row", "target", "logit")
    }
    found |= {name: getattr(heads, name) for name in ("first", "second", "pair_logit")}
    for name, stands in FACTOR_NAMES.items():
        part = getattr(model.factors, stands, None)
        if part is not None:
            found[name] = part
    used = set(_inputs(nodes))
    return {name: array for name, array in found.items() if name in used}


def _inputs(nodes: Iterable[Any]) -> Iterator[str]:
    """Names that nodes read, those inside of the Loop included."""
    for node in nodes:
        yield from node.input
        for attribute in node.attribute:
            if attribute.name == "body":
                yield from _inputs(attribute.g.node)


def _embed(graph: Nodes, model: CompiledModel) -> str:
    """u_c = (1 − β)·u + β·w_c; an empty context leaves u."""
    count = len(model.particles)
    length = graph.add("Shape", "context")
    kind = load_onnx().TensorProto.DOUBLE
    given = graph.add("Cast", length, to=kind)
    share = graph.add(
        "Div", graph.constant([model.beta]), graph.add("Max", given, graph.constant([1.0]))
    )
    seats = graph.add("Expand", share, length)
    size = graph.constant([count], np.int64)
    left = graph.add("Sub", graph.constant([1.0]), graph.add("Mul", share, given))
    uniform = graph.add("Mul", graph.full(size, 1 / count), left)
    return graph.add("Add", uniform, graph.scatter_add(seats, "context", size))
