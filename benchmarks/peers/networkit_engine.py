"""NetworKit: adjacency vectors, parallel power iteration."""

from __future__ import annotations

from typing import Any

import networkit
import numpy as np
import numpy.typing as npt

from benchmarks.peers.base import DAMPING, Engine


class NetworKit(Engine):
    """Its L1 norm is of the change, its sinks are told to distribute: the same definition as ours."""

    graph: Any = None

    def drop(self) -> None:
        self.graph = None

    def build(self) -> None:
        given = self.inputs
        entries = (given.weight.astype(np.float64), (given.source, given.target))
        self.graph = networkit.GraphFromCoo(
            entries, n=given.particle_count, weighted=True, directed=True
        )

    def solve(self, tolerance: float) -> tuple[npt.NDArray[Any], int | None]:
        sinks = networkit.centrality.SinkHandling.DistributeSinks
        ranking = networkit.centrality.PageRank(
            self.graph, DAMPING, tolerance, normalized=False, distributeSinks=sinks
        )
        ranking.norm = networkit.centrality.Norm.L1_NORM
        ranking.run()
        return np.array(ranking.scores()), int(ranking.numberOfIterations())
