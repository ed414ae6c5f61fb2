"""focusmesh, and the judge that evaluates every engine's answer by one application of R in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.kernels_compiled import read_both
from benchmarks.peers.base import DAMPING, Engine
from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import Operator, graph_focus
from focusmesh.engine.support.parallel import even_chunks, run

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh import Focus


class Focusmesh(Engine):
    """Certified ranking; ``tolerance`` is that of the proved bound, which is stricter than the L1 change."""

    graph: Graph | None = None

    def drop(self) -> None:
        self.graph = None

    def build(self) -> None:
        given = self.inputs
        self.graph = Graph.from_edges(
            given.source, given.target, given.weight, particles=given.particle_count
        )
        assert self.graph.structure is not None

    def solve(self, tolerance: float, solver: str = "auto") -> tuple[npt.NDArray[Any], int | None]:
        focus = self._focus(FocusParams.pagerank(DAMPING), tolerance, solver)
        return focus.scores, focus.iterations

    def rank_plainly(self, tolerance: float) -> int | None:
        """``rank`` without acceleration."""
        self.scores, iterations = self.solve(tolerance, "plain")
        return iterations

    def rank_fully(self, tolerance: float, solver: str) -> dict[str, float]:
        """Ranks by the full operator with its default parameters."""
        focus = self._focus(FocusParams(), tolerance, solver)
        return {"iterations": focus.iterations, "residual": focus.residual, "bound": focus.bound}

    def residual(self, path: str, full: bool = False) -> float:
        """‖R(x) − x‖₁ in float64 for scores in a file, scaled to mass 1; R is that of PageRank unless ``full``."""
        structure = self._built().structure
        x = np.load(path)[structure.order]
        x = x / x.sum()
        uniform = np.full(len(x), 1 / len(x))
        params = FocusParams() if full else FocusParams.pagerank(DAMPING)
        operator = Operator.on(structure, params, uniform, uniform)
        return float(np.abs(operator.apply(x) - x).sum())

    def stream(self, threads: int) -> int:
        """Reads the columns and the values of the in-rows in words of 8 bytes, and does nothing with them."""
        structure = self._built().structure
        words = len(structure.in_source) // 2
        column = structure.in_source[: 2 * words].view(np.uint64)
        weight = structure.in_weight
        value = column if weight is None else weight[: 2 * words].view(np.uint64)
        chunks = even_chunks(words, 1 << 19 if threads > 1 else words)
        found = run(lambda span: read_both(column, value, span), chunks)
        return int(np.bitwise_xor.reduce(np.array(found, dtype=np.uint64)))

    def _focus(self, params: FocusParams, tolerance: float, solver: str) -> Focus:
        """Cold: what an earlier focus left with the links is dropped first, or it would be looked up."""
        graph = self._built()
        graph.derived.clear()
        return graph_focus(graph, params, tolerance, solver=solver)

    def _built(self) -> Graph:
        assert self.graph is not None, "build first"
        return self.graph


class Typed(Focusmesh):
    """focusmesh with weights of another kind: ``float64`` or ``none``."""

    def __init__(self, graph: str, kind: str) -> None:
        super().__init__(graph)
        self.kind = kind
        given = self.inputs
        self.weight = None
        if kind == "float64":
            random = np.random.default_rng(1)
            self.weight = random.uniform(0.1, 1.0, len(given))

    def build(self) -> None:
        if not hasattr(self, "kind"):
            super().build()
            return
        given = self.inputs
        self.graph = Graph.from_edges(
            given.source, given.target, self.weight, particles=given.particle_count
        )
        assert self.graph.structure is not None
