"""The full operator as one writes it with SciPy: sparse products in float64, plain iteration."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from benchmarks.peers.base import DAMPING
from benchmarks.peers.scipy_engine import SciPy
from focusmesh import FocusParams


class SciPyFull(SciPy):
    """R of focus.md §2 at its default parameters, whose diffusion is the PageRank of ``SciPy``."""

    params = FocusParams()

    def prepare(self) -> None:
        """Besides the walk along the links, Q: a step either way, staying where there is no link."""
        super().prepare()
        assert 1 - self.params.alpha == DAMPING
        both = self.out_rows + self.in_rows.T
        degree = np.asarray(both.sum(axis=0), dtype=np.float64).ravel()
        alone = degree == 0
        degree[alone] = 1.0
        self.either_way = sparse.csr_array(
            both @ sparse.diags_array(1 / degree) + sparse.diags_array(alone.astype(np.float64))
        )

    def rank_fully(self, tolerance: float) -> int:
        """Iterates until ‖R(x) − x‖₁ proves an error within ``tolerance``; keeps the scores, returns applications."""
        x = np.full(self.inputs.particle_count, 1 / self.inputs.particle_count)
        residual, applications = 1.0, 0
        while residual > tolerance * self.params.gap:
            moved = self._apply(x)
            residual = float(np.abs(moved - x).sum())
            x = moved
            applications += 1
        self.scores = x
        return applications

    def _apply(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        params, count = self.params, len(x)
        spread = DAMPING * float(x[self.dangling].sum()) + params.alpha * float(x.sum())
        moved: npt.NDArray[Any] = params.diffusion * (DAMPING * (self.walk @ x) + spread / count)
        for power, share in enumerate(params.coefficients):
            x = self.either_way @ x if power else x
            moved += share * x
        return moved
