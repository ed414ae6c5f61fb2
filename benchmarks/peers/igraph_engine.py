"""igraph: its PRPACK solver, whose tolerance is fixed near 1e-12."""

from __future__ import annotations

from typing import Any

import igraph
import numpy as np
import numpy.typing as npt

from benchmarks.peers.base import DAMPING, Engine


class IGraph(Engine):
    """Built from pairs of integers, which it takes faster than an array of them."""

    graph: Any = None

    def drop(self) -> None:
        self.graph = None

    def build(self) -> None:
        given = self.inputs
        pairs = zip(given.source.tolist(), given.target.tolist(), strict=True)
        self.graph = igraph.Graph(n=given.particle_count, edges=pairs, directed=True)
        self.graph.es["weight"] = given.weight.tolist()

    def solve(self, tolerance: float) -> tuple[npt.NDArray[Any], int | None]:
        scores = self.graph.pagerank(damping=DAMPING, weights="weight", implementation="prpack")
        return np.array(scores), None

    def personalised(self, reset: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Teleport and dangling mass to ``reset`` (n,), exact as ``solve`` is."""
        return np.array(
            self.graph.personalized_pagerank(
                damping=DAMPING, reset=reset.tolist(), weights="weight", implementation="prpack"
            )
        )
