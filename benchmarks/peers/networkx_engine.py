"""NetworkX: dictionaries of dictionaries, ranked through SciPy."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt

from benchmarks.peers.base import DAMPING, Engine


class NetworkX(Engine):
    """A DiGraph; its tolerance is an L1 change a particle."""

    graph: Any = None

    def drop(self) -> None:
        self.graph = None

    def build(self) -> None:
        given = self.inputs
        graph = nx.DiGraph()
        graph.add_nodes_from(range(given.particle_count))
        ends = (given.source.tolist(), given.target.tolist(), given.weight.tolist())
        graph.add_weighted_edges_from(zip(*ends, strict=True))
        self.graph = graph

    def solve(self, tolerance: float) -> tuple[npt.NDArray[Any], int | None]:
        each = tolerance / self.inputs.particle_count
        scores = nx.pagerank(self.graph, alpha=DAMPING, max_iter=1000, tol=each)
        return np.fromiter(scores.values(), dtype=np.float64), None

    def personalised(
        self, reset: npt.NDArray[np.float64], tolerance: float = 1e-6
    ) -> npt.NDArray[Any]:
        """Teleport and dangling mass to ``reset`` (n,), stopping at an L1 change below ``tolerance``."""
        scores = nx.pagerank(
            self.graph,
            alpha=DAMPING,
            personalization=dict(enumerate(reset.tolist())),
            max_iter=1000,
            tol=tolerance / self.inputs.particle_count,
        )
        return np.fromiter(scores.values(), dtype=np.float64)
