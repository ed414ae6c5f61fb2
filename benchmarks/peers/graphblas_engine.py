"""SuiteSparse GraphBLAS through python-graphblas: plus_times in float32, both cores."""

from __future__ import annotations

from typing import Any

import graphblas as gb
import numpy as np
import numpy.typing as npt

from benchmarks.peers.base import DAMPING, Engine, Rule


class GraphBlas(Engine):
    """The power iteration of LAGraph, with weights.

    What does not arrive along links, teleport and dangling mass, is what is missing from 1: one sum in place of a
    masked one. Sums over particles are float64, without which it stalls at 1e-6.
    """

    out_rows: Any = None
    in_rows: Any = None

    def drop(self) -> None:
        self.out_rows = self.in_rows = None

    def build(self) -> None:
        given = self.inputs
        count = given.particle_count
        self.out_rows = gb.Matrix.from_coo(
            given.source, given.target, given.weight, nrows=count, ncols=count
        )
        self.in_rows = self.out_rows.T.new()

    def prepare(self) -> None:
        total = self.out_rows.reduce_rowwise(gb.monoid.plus).new().to_dense(fill_value=0.0)
        share = np.divide(DAMPING, total, out=np.zeros_like(total), where=total > 0)
        scale = gb.Vector.from_dense(share.astype(np.float32)).diag()
        self.walk = gb.semiring.plus_times(self.in_rows @ scale).new()
        self.walk.wait()

    def solve(self, tolerance: float) -> tuple[npt.NDArray[Any], int | None]:
        count = self.inputs.particle_count
        x, moved = gb.Vector("FP32", count), gb.Vector("FP32", count)
        x[:] = 1 / count
        change, iterations = 1.0, 0
        rule = Rule(tolerance)
        while rule.goes_on(change):
            moved[:] = 0
            moved(gb.binary.plus) << gb.semiring.plus_times(self.walk @ x)
            arrived = float(moved.reduce(gb.monoid.plus["FP64"]).new().value)
            moved << gb.binary.plus(moved, (1 - arrived) / count)
            x << gb.binary.minus(x & moved)
            x << gb.unary.abs(x)
            change = float(x.reduce(gb.monoid.plus["FP64"]).new().value)
            x, moved = moved, x
            iterations += 1
        return x.to_dense(), iterations
