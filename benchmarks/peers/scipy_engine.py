"""SciPy: compressed rows and columns, and the power iteration that one writes with them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from benchmarks.peers.base import DAMPING, Engine, Rule


class SciPy(Engine):
    """float64 throughout; one thread, as SciPy's product has."""

    number: ClassVar[type[np.floating[Any]]] = np.float64
    out_rows: Any = None
    in_rows: Any = None

    def drop(self) -> None:
        self.out_rows = self.in_rows = None

    def build(self) -> None:
        given = self.inputs
        shape = (given.particle_count, given.particle_count)
        ends = (given.source.astype(np.int32), given.target.astype(np.int32))
        links = sparse.coo_array((given.weight.astype(self.number), ends), shape=shape)
        self.out_rows = links.tocsr()
        self.in_rows = links.tocsc()

    def prepare(self) -> None:
        """Values divided by what their source sends out in all; the compressed columns of A are rows of Aᵀ."""
        total = np.asarray(self.out_rows.sum(axis=1), dtype=np.float64)
        self.dangling = np.flatnonzero(total == 0)
        inverse = 1 / np.where(total > 0, total, 1.0)
        values = (self.in_rows.data * inverse[self.in_rows.indices]).astype(self.number)
        parts = (values, self.in_rows.indices, self.in_rows.indptr)
        self.walk = sparse.csr_array(parts, shape=self.in_rows.shape)

    def solve(self, tolerance: float) -> tuple[npt.NDArray[Any], int | None]:
        count = self.inputs.particle_count
        x = np.full(count, 1 / count, dtype=self.number)
        change, iterations = 1.0, 0
        rule = Rule(tolerance)
        while rule.goes_on(change):
            lost = float(x[self.dangling].sum(dtype=np.float64))
            moved = self.walk @ x
            moved *= self.number(DAMPING)
            moved += self.number((1 - DAMPING + DAMPING * lost) / count)
            change = float(np.abs(moved - x).sum(dtype=np.float64))
            x = moved
            iterations += 1
        return x, iterations


class SciPySingle(SciPy):
    """float32 values and iterates."""

    number = np.float32
