"""What an engine is asked: the steps of every benchmark of building and ranking."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.graphs import Inputs

if TYPE_CHECKING:
    import numpy.typing as npt

DAMPING = 0.85


class Engine(ABC):
    """One library with one graph. ``inputs`` are arrays in memory before the first step begins."""

    def __init__(self, graph: str) -> None:
        """Works through a tiny graph first, so that what is loaded or compiled once is not charged to a step."""
        self.inputs = Inputs.tiny()
        self.build()
        self.prepare()
        self.scores, _ = self.solve(1e-6)
        self.drop()
        self.inputs = Inputs.named(graph)

    @abstractmethod
    def drop(self) -> None:
        """Forgets what was built."""

    @abstractmethod
    def build(self) -> None:
        """From the arrays to a structure that has the links out of and into every particle."""

    def prepare(self) -> None:  # noqa: B027 - most engines need nothing
        """What ranking needs beyond that and can be kept: not charged to ranking."""

    @abstractmethod
    def solve(self, tolerance: float) -> tuple[npt.NDArray[Any], int | None]:
        """PageRank with the probability 0.85 of following a link, dangling mass and teleport uniform.

        Stops at an L1 change below ``tolerance``. Returns scores (n,) and iterations, None where they are not told.
        """

    def rebuild(self) -> None:
        """``build`` once more."""
        self.drop()
        self.build()

    def rank(self, tolerance: float) -> int | None:
        """Ranks, keeps the scores and returns the iterations."""
        self.scores, iterations = self.solve(tolerance)
        return iterations

    def keep_scores(self, path: str) -> None:
        """Writes the scores of the last ranking as float64."""
        np.save(path, np.asarray(self.scores, dtype=np.float64))
