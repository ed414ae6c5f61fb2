"""What an engine is asked: the steps of every benchmark of building and ranking."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import Inputs

if TYPE_CHECKING:
    import numpy.typing as npt

DAMPING = 0.85
_STALLED = 10


class Rule:
    """When a power iteration ends: with a change below the tolerance, or with ten in a row that are no smaller.

    Sums in float32 may never see a change below 1e-6; what such an engine has reached is judged all the same.
    """

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._least = math.inf
        self._stalled = 0

    def goes_on(self, change: float) -> bool:
        """Whether another iteration follows one with this change."""
        self._stalled = 0 if change < self._least else self._stalled + 1
        self._least = min(change, self._least)
        return change >= self._tolerance and self._stalled < _STALLED


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
