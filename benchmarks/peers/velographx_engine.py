"""VeloGraphX: the peer that keeps PageRank up to date under edits. It knows no weights: give it unweighted links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import velographx

from benchmarks.peers.base import DAMPING, Engine

if TYPE_CHECKING:
    from collections.abc import Iterable

_ITERATIONS = 500


class VeloGraphX(Engine):
    """Its tolerance is of the largest change of one particle: ``prepare`` looks for the one that stands for L1."""

    ranking: Any = None
    graph: Any = None

    def drop(self) -> None:
        self.ranking = self.graph = None

    def build(self) -> None:
        given = self.inputs
        ends = np.column_stack((given.source, given.target)).astype(np.uint32)
        self.graph = velographx.from_numpy_edges(ends, directed=True)
        last = given.particle_count - 1
        if self.graph.vertex_count <= last:
            # It makes particles up to the last that has a link.
            self.graph.add_edge(last, 0)
            self.graph.remove_edge(last, 0)

    def prepare(self) -> None:
        self.ranking = velographx.IncrementalPageRank(self.graph, DAMPING)
        self.largest = 1e-7
        self._recompute()
        while self.ranking.last_residual_l1 >= 1e-6:
            self.largest /= 4
            self._recompute()

    def solve(self, tolerance: float) -> tuple[npt.NDArray[Any], int | None]:
        self._recompute()
        return self.values(), None

    def update(self, edits: Iterable[tuple[int, int, bool]]) -> None:
        """Applies (source, target, whether it is there now) to graph and scores with its incremental method."""
        batch = velographx.UpdateBatch()
        for source, target, present in edits:
            (batch.add if present else batch.remove)(source, target)
        self.ranking.apply(batch, tol=self.largest)

    def keep_scores(self, path: str) -> None:
        """Writes the scores as they are now."""
        self.scores = self.values()
        super().keep_scores(path)

    def values(self) -> npt.NDArray[Any]:
        """The scores as they are now, shape (n,)."""
        return np.array(self.ranking.values)

    def _recompute(self) -> None:
        self.ranking.recompute(_ITERATIONS, self.largest)
