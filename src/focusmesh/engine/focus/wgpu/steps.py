"""The steps of the integer operator by WebGPU: the bits of certificate_steps.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.wgpu.operator import WIDE, wide_total
from focusmesh.engine.focus.wgpu.program import Sums
from focusmesh.engine.focus.wgpu.rows import DeviceRows
from focusmesh.engine.focus.wgpu.structure import pairs
from focusmesh.engine.support.wgpu import halves

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import IntegerAxons, Totals
    from focusmesh.engine.focus.certificate.steps import Spread
    from focusmesh.engine.focus.wgpu.program import FocusProgram
    from focusmesh.engine.support.arrays import IndexArray, MassArray
    from focusmesh.engine.support.wgpu import Array, Buffer, Step

_SHARE = np.dtype((np.uint32, 4))
_SCALE = 1 << 32


class WgpuSteps:
    """Steps by WebGPU; vectors are uint64, shape (n,), in solver order, there. See ``Steps``.

    Memory: 16 bytes an axon, 100 a particle.
    """

    backend = "wgpu"

    def __init__(self, program: FocusProgram, axons: IntegerAxons) -> None:
        s = axons.structure
        self._program, self._count = program, axons.count
        self._in = _rows(program, s.in_start, s.in_source, axons.in_weight)
        self._out = self._in
        if not s.symmetric:
            self._out = _rows(program, s.out_start, s.out_target, axons.out_weight)
        self._norms = [program.hold(_norms(totals)) for totals in (axons.out, axons.degree)]
        self._rank = program.hold(axons.rank.astype(np.uint32))
        self._shares = program.zeros(axons.count, _SHARE)
        self._inward = self._outward = program.zeros(axons.count, WIDE)
        inward = self._in.sums("whole", (self._shares, self._inward))
        outward: list[Step] = []
        if self._out is not self._in:
            self._outward = program.zeros(axons.count, WIDE)
            outward = self._out.sums("whole", (self._shares, self._outward))
        self._gathering = inward, [*inward, *outward]
        self._sums = Sums(program, axons.count, 1, WIDE)

    def hold(self, values: MassArray) -> Buffer:
        return self._program.hold(pairs(values))

    def give(self, values: Buffer) -> MassArray:
        given: MassArray = self._program.read(values).reshape(-1).view(np.uint64)
        return given

    def follow(self, x: Buffer) -> tuple[Buffer, int]:
        return self._receive(x, 0)

    def mix(self, x: Buffer) -> tuple[Buffer, int]:
        return self._receive(x, 1)

    def scale(self, x: Buffer, factor: int) -> int:
        return self._sum("whole_scaled", (x,), factor % _SCALE, int(factor == _SCALE))

    def fill(self, y: Buffer, spread: Spread) -> None:
        own = self._inward if spread.own is None else self.hold(spread.own)
        filled = self._program.launch("whole_filled", self._rank, own, y)
        numbers = int(spread.own is not None), *halves(spread.value), spread.more, spread.leftover
        self._program.run([(filled, self._sums.threads, (self._count, *numbers))])

    def add_scaled(self, y: Buffer, factor: int, result: Buffer) -> int:
        return self._sum("whole_added", (y, result), factor % _SCALE, int(factor == _SCALE))

    def rise(self, image: Buffer, x: Buffer) -> int:
        return self._sum("whole_risen", (image, x))

    def _receive(self, x: Buffer, undirected: int) -> tuple[Buffer, int]:
        y, norms = self._program.zeros(self._count, WIDE), self._norms[undirected]
        shared = self._program.launch("whole_shares", x, norms, self._shares)
        self._program.run([(shared, self._sums.threads, (self._count,))])
        self._program.run(self._gathering[undirected])
        vectors = self._inward, self._outward, x, norms, y
        return y, self._sum("whole_arrived", vectors, undirected)

    def _sum(self, kernel: str, vectors: tuple[Buffer, ...], *numbers: int) -> int:
        """The sum that a sweep makes."""
        launch = self._program.launch(kernel, *vectors, self._sums.partial)
        self._program.run([(launch, self._sums.threads, (self._count, *numbers))])
        return wide_total(self._sums.read(1)[0])


def _rows(
    program: FocusProgram, start: Array, column: Array, weight: IndexArray | None
) -> DeviceRows:
    weights = np.ones(len(column), np.uint32) if weight is None else weight.astype(np.uint32)
    return DeviceRows(program, start, column, [weights])


def _norms(totals: Totals) -> Array:
    """t̄, its inverse for a division of whole numbers, the shift, and whether there is any link; uint32 (n, 4)."""
    scaled = totals.scaled.astype(np.uint64)
    inverse = np.uint64(2**64 - 1) // scaled - np.uint64(_SCALE)
    columns = scaled, inverse, totals.shift, totals.exact > 0
    return np.stack([column.astype(np.uint32) for column in columns], axis=1)
