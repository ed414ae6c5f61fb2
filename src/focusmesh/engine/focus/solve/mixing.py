"""Anderson acceleration: an iterate, what its last steps were, and the best mix of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.vectors import sweep, zeros
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from focusmesh.engine.focus.operator.reduction import Reduction
    from focusmesh.engine.support.arrays import FloatArray, RealArray

MEMORY = 3
_RIDGE = 1e-14
_WILD = 1e4
"""Weights beyond this come from differences that hardly differ; a jump by them could not be taken back in float32."""
_ROUNDED_UP = 1 + 2.0**-40
"""Covers the rounding of a sum of absolute values, so that it is never told too small."""


class Lane:
    """One vector of an iterate: ``x``; in float32 its last two steps f and the last ``memory`` changes Δf and jumps.

    A jump is by how much the image changed: Δx + Δf. Memory: 8 + 8·``memory`` bytes an entry beside ``x``.
    """

    def __init__(self, x: RealArray, memory: int, floor: RealArray, weight: float) -> None:
        self.x = x
        self.floor = floor
        self.weight = weight
        self.steps = zeros((2, len(x)), np.float32)
        self.jumps = zeros((memory, len(x)), np.float32)
        self.changes = zeros((memory, len(x)), np.float32)

    def least(self, part: slice) -> RealArray:
        """The floor of that part."""
        return self.floor if len(self.floor) == 1 else self.floor[part]


class History:
    """The least squares over the last ``memory`` changes: which row is next, and the products of what was recorded.

    Whoever keeps the vectors calls ``begin``, multiplies them, then ``end``.
    """

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._gram = np.zeros((memory, memory))
        self._projections = np.zeros(memory)
        self._known = False
        self.used = 0
        self.next = 0

    @property
    def last(self) -> int:
        """The row that was filled last."""
        return (self.next - 1) % max(self._memory, 1)

    @property
    def projections(self) -> FloatArray:
        """Products of the step before with each row that is used."""
        return self._projections[: self.used]

    def begin(self) -> int:
        """The row that the change of this step goes to; −1 where there is no step to compare with."""
        if not self._known:
            return -1
        newest = self.next
        self.used = min(self.used + 1, self._memory)
        self.next = (newest + 1) % max(self._memory, 1)
        return newest

    def end(self, newest: int, with_change: FloatArray, with_step: FloatArray) -> None:
        """Takes in the products of the newest change, and of the step, with each row that is used."""
        used = self.used
        if newest >= 0 and used:
            self._gram[newest, :used] = with_change
            self._gram[:used, newest] = with_change
        self._projections[:used] = with_step
        self._known = True

    def weights(self) -> FloatArray:
        """γ, which minimises ‖f − Σ γ_j Δf_j‖₂; zeros where it would jump too far."""
        used = self.used
        found = _least_squares(self._gram[:used, :used], self._projections[:used])
        if np.abs(found).sum() > _WILD:
            found[:] = 0.0
        return found

    def pause(self) -> None:
        """The step before is not comparable with the next one; the changes still are."""
        self._known = False

    def forget(self) -> None:
        """Nothing is known."""
        self.used, self.next, self._known = 0, 0, False


class Mixer:
    """An iterate of one or more vectors that are mapped together.

    For each of the last ``memory`` steps it keeps by how much the step f = image − x and the image changed.
    Sums run over chunks of fixed size in fixed order: the same bits on any number of cores.
    """

    def __init__(
        self,
        vectors: Sequence[RealArray],
        floors: Sequence[RealArray],
        reduction: Reduction,
        weights: Sequence[float] = (1.0,),
        memory: int = MEMORY,
        *,
        compiled: bool = False,
    ) -> None:
        """``vectors`` are written to. No entry falls below its floor (length n, or 1 for all the same).

        ``weights`` say how much each vector counts in the least squares; ``compiled``: few entries are no reason
        against compiled kernels.
        """
        self.lanes = [
            Lane(x, memory, floor, weight)
            for x, floor, weight in zip(vectors, floors, weights, strict=True)
        ]
        count = len(vectors[0])
        self._reduction, self._chunks = reduction, reduction.spans(count)
        whole = reduction.particle_count(count)
        self._compiled = compiled or whole >= COMPILED_FROM_LINKS // 8
        self._history = History(memory)
        self._now = 0

    def record(self, image: Callable[[slice], Sequence[RealArray]]) -> list[float]:
        """Takes in what the map made of each vector, part by part; the L1 norm of each step, rounded up."""
        newest = self._history.begin()
        self._now = 1 - self._now
        used, lanes = self._history.used, self.lanes

        def record(part: slice) -> FloatArray:
            norms, products = [], np.zeros((2, used))
            for lane, here in zip(lanes, image(part), strict=True):
                norm, own = self._record(lane, here, newest, part)
                norms.append(norm)
                products += lane.weight * own
            return np.append(norms, products)

        own_parts = np.array(sweep(self._chunks, record)).reshape(-1, len(lanes) + 2 * used)
        parts = self._reduction.chunk_rows(own_parts)
        own, projections = sum(parts[:, len(lanes) :], np.zeros(2 * used)).reshape(2, used)
        if newest >= 0:
            # f has changed by the newest change: its products with the others follow.
            held = np.arange(used) != newest
            projections[held] = self._history.projections[held] + own[held]
        self._history.end(newest, own, projections)
        return [_ROUNDED_UP * math.fsum(parts[:, at]) for at in range(len(lanes))]

    def mix(self, then: Callable[[slice], object]) -> None:
        """x ← x + f − Σ γ_j (Δx_j + Δf_j), where γ minimises ‖f − Σ γ_j Δf_j‖₂; ``then`` of each part that is done."""
        self._advance(self._history.weights(), then)

    @property
    def newest(self) -> npt.NDArray[np.float32]:
        """The step f of the first vector that was recorded last, in float32; overwritten by the one after the next."""
        step: npt.NDArray[np.float32] = self.lanes[0].steps[self._now]
        return step

    @property
    def can_retreat(self) -> bool:
        """Whether the iterate before this one is still known."""
        return self._history.used > 0

    def step(self, then: Callable[[slice], object]) -> None:
        """x ← x + f, the plain step."""
        self._advance(np.zeros(self._history.used), then)

    def retreat(self, then: Callable[[slice], object]) -> None:
        """x ← the image of the iterate before this one; forgets everything else."""
        last = self._history.last

        def back(part: slice) -> None:
            for lane in self.lanes:
                image = lane.x[part] + lane.steps[self._now, part] - lane.jumps[last, part]
                lane.x[part] = np.maximum(image, lane.least(part))
            then(part)

        sweep(self._chunks, back)
        self._history.forget()

    def resume(self) -> None:
        """The vectors were replaced, but the map is the same up to a constant: what is known of it stays."""
        self._history.pause()

    def _record(
        self, lane: Lane, image: RealArray, newest: int, part: slice
    ) -> tuple[float, FloatArray]:
        step, before = lane.steps[self._now], lane.steps[1 - self._now]
        changes, products = lane.changes[: self._history.used], np.zeros((2, self._history.used))
        if self._compiled:
            from focusmesh.engine.focus.solve.mixing_compiled import record_step

            span = part.start, part.stop
            norm = record_step(
                *(lane.x, image, before, step, changes, lane.jumps, newest, span, products)
            )
            return norm, products
        exact = image - lane.x[part]
        step[part] = exact
        wide = changes[:, part].astype(np.float64)
        if newest >= 0 and len(changes):
            wide[newest] = step[part] - before[part]
            changes[newest, part] = wide[newest]
            lane.jumps[newest, part] += changes[newest, part]
            products[0] = _products(wide, wide[newest])
        products[1] = _products(wide, step[part].astype(np.float64))
        return float(np.abs(exact).sum()), products

    def _advance(self, weights: FloatArray, then: Callable[[slice], object]) -> None:
        def move(part: slice) -> None:
            for lane in self.lanes:
                self._move(lane, weights, part)
            then(part)

        sweep(self._chunks, move)

    def _move(self, lane: Lane, weights: FloatArray, part: slice) -> None:
        step, jumps, to = lane.steps[self._now], lane.jumps, self._history.next
        if self._compiled:
            from focusmesh.engine.focus.solve.mixing_compiled import move_vector

            move_vector(lane.x, step, jumps, weights, lane.floor, (part.start, part.stop), to)
            return
        here = lane.x[part] + step[part]
        for weight, jump in zip(weights, jumps, strict=False):
            here -= weight * jump[part]
        here = np.maximum(here, lane.least(part))
        if len(jumps):
            jumps[to, part] = here - lane.x[part]
        lane.x[part] = here


def _products(rows: FloatArray, vector: FloatArray) -> FloatArray:
    """``rows @ vector`` in one thread: waking others takes longer than so few entries, and would change the sums."""
    return np.asarray(np.einsum("ij,j->i", rows, vector), dtype=np.float64)


def _least_squares(gram: FloatArray, projections: FloatArray) -> FloatArray:
    """Solution of the normal equations, scaled to unit diagonal and damped where they are near singular."""
    scale = np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
    scaled = gram / np.outer(scale, scale) + _RIDGE * np.eye(len(gram))
    return np.asarray(np.linalg.solve(scaled, projections / scale) / scale, dtype=np.float64)
