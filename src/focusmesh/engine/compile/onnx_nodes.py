"""Nodes of an ONNX graph under way, and the Loop that both forms of a model are made around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.compile.model import CompiledModel


def load_onnx() -> Any:
    """The package ``onnx``; raises MissingExtraError."""
    try:
        import onnx
    except ModuleNotFoundError:
        raise MissingExtraError("onnx", "reading or writing a compiled model") from None
    return onnx


class Nodes:
    """A list of nodes under way: ``add`` returns the name of what a node gives."""

    def __init__(self, prefix: str = "") -> None:
        self._helper = load_onnx().helper
        self._prefix = prefix
        self.nodes: list[Any] = []

    def add(self, operator: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """The output of ``operator`` on ``inputs``, called ``name`` or by number."""
        output = name or f"{self._prefix}{operator}_{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, value: Any, kind: npt.DTypeLike = np.float64) -> str:
        """A constant inside of the graph."""
        tensor = load_onnx().numpy_helper.from_array(np.array(value, dtype=kind))
        return self.add("Constant", value=tensor)

    def full(self, shape: str, value: float) -> str:
        """A tensor of ``shape`` with one value everywhere."""
        tensor = load_onnx().numpy_helper.from_array(np.array([value]))
        return self.add("ConstantOfShape", shape, value=tensor)

    def indices(self, name: str) -> str:
        """An initializer of int32 places as the int64 that operators want."""
        return self.add("Cast", name, to=load_onnx().TensorProto.INT64)

    def scatter_add(self, values: str, places: str, shape: str) -> str:
        """Values added up at their places, zeros elsewhere."""
        return self.add(
            "ScatterElements", self.full(shape, 0.0), places, values, axis=0, reduction="add"
        )


def loop_body(model: CompiledModel, layer: Nodes, image: str) -> Any:
    """The Loop's graph: (turn, go on, x) → (go on, R(x))."""
    onnx = load_onnx()
    info, kinds, count = onnx.helper.make_tensor_value_info, onnx.TensorProto, len(model.particles)
    layer.add("Identity", "go_on", name="goes_on")
    layer.add("Identity", image, name="x_next")
    return onnx.helper.make_graph(
        layer.nodes,
        "layer",
        [
            info("turn", kinds.INT64, []),
            info("go_on", kinds.BOOL, []),
            info("x", kinds.DOUBLE, [count]),
        ],
        [info("goes_on", kinds.BOOL, []), info("x_next", kinds.DOUBLE, [count])],
    )


def teleported_part(graph: Nodes, model: CompiledModel, drawn: str) -> str:
    return graph.add("Mul", drawn, graph.constant(model.params.gap))
