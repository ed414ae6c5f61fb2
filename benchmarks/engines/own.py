"""focusmesh, and the judge that evaluates every engine's answer by one application of R in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.engines.base import DAMPING, Engine
from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import Operator, graph_focus

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

    def solve(
        self, tolerance: float, solver: str = "anderson"
    ) -> tuple[npt.NDArray[Any], int | None]:
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

    def residual(self, path: str) -> float:
        """‖R(x) − x‖₁ in float64 for scores in a file, scaled to mass 1."""
        structure = self._built().structure
        x = np.load(path)[structure.order]
        x = x / x.sum()
        uniform = np.full(len(x), 1 / len(x))
        operator = Operator.on(structure, FocusParams.pagerank(DAMPING), uniform, uniform)
        return float(np.abs(operator.apply(x) - x).sum())

    def _focus(self, params: FocusParams, tolerance: float, solver: str) -> Focus:
        """Cold: no earlier focus is looked up, as ``Graph.focus`` would."""
        return graph_focus(self._built(), params, tolerance, solver=solver)

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
