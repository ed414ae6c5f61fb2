"""Anderson mixing on the card: the history of engine/focus/solve/mixing.py over vectors that stay there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.cuda.program import CudaSums, cupy, current
from focusmesh.engine.focus.solve.mixing import MEMORY, History

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.operator.reduction import Reduction

_TYPES = {"f": "float", "d": "double"}
_ROUNDED_UP = 1 + 2.0**-40


class _Lane:
    """A vector, its last two steps, and the last changes of its step and jumps."""

    def __init__(self, x: Any, floor: tuple[Any, Any]) -> None:
        cp, n = cupy(), len(x)
        self.x, self.floor, self.kind = x, floor, _TYPES[x.dtype.char]
        self.steps = cp.zeros((2, n), cp.float32)
        self.changes, self.jumps = (cp.zeros((MEMORY, n), cp.float32) for _ in range(2))


class CardMixer:
    """An iterate of vectors of the card, which it changes in place. Memory: 32 bytes an entry beside each."""

    def __init__(
        self,
        vectors: Sequence[Any],
        floors: Sequence[tuple[Any, Any]],
        reduction: Reduction,
        weights: Sequence[float] = (1.0,),
    ) -> None:
        """``floors``: what ``Spread.arguments`` gives, or a null pointer and 0."""
        self._lanes = [_Lane(x, floor) for x, floor in zip(vectors, floors, strict=True)]
        self._weights = np.asarray(weights)
        self._history = History(MEMORY)
        self._program = current()
        self._sums = CudaSums(self._program, reduction)
        self._now = 0

    def record(self, images: Sequence[Any]) -> list[float]:
        """Takes in what the map made of each vector; the L1 norm of each step, rounded up."""
        return self._record(
            [
                (f"record<{lane.kind}>", (lane.x, image))
                for lane, image in zip(self._lanes, images, strict=True)
            ]
        )[0]

    def record_by(self, kernel: str, front: tuple[Any, ...], told: Any) -> tuple[float, float]:
        """``record`` of one vector by a kernel that works out the image itself; also the first of ``told``."""
        (norm,), first = self._record([(kernel, front)], told)
        return norm, first

    def _record(
        self, launches: Sequence[tuple[str, tuple[Any, ...]]], told: Any = None
    ) -> tuple[list[float], float]:
        cp, kinds = cupy(), 1 + 2 * MEMORY
        newest = self._history.begin()
        self._now = 1 - self._now
        totals = [] if told is None else [told[:1]]
        for lane, (kernel, front) in zip(self._lanes, launches, strict=True):
            steps = lane.steps[1 - self._now], lane.steps[self._now], lane.changes, lane.jumps
            counts = cp.int64(len(lane.x)), cp.int32(self._history.used), cp.int32(newest)
            self._program.sweep(kernel, *front, *steps, *counts, self._sums.partial)
            totals.append(self._sums.total(kinds))
        found = cp.concatenate(totals).get()
        first, found = float(found[0]), found[-kinds * len(launches) :].reshape(-1, kinds)
        products = self._weights @ found[:, 1:]
        used = self._history.used
        self._history.end(newest, products[:used], products[MEMORY : MEMORY + used])
        return [_ROUNDED_UP * float(norm) for norm in found[:, 0]], first

    def mix(self) -> None:
        """x ← x + f − Σ γ_j (Δx_j + Δf_j), where γ minimises ‖f − Σ γ_j Δf_j‖₂."""
        self._advance(self._history.weights())

    def step(self) -> None:
        """x ← x + f, the plain step."""
        self._advance(np.zeros(self._history.used))

    @property
    def can_retreat(self) -> bool:
        """Whether the iterate before this one is still known."""
        return self._history.used > 0

    def retreat(self) -> None:
        """x ← the image of the iterate before this one; forgets everything else."""
        cp, last = cupy(), self._history.last
        for lane in self._lanes:
            self._program.sweep(
                f"retreat<{lane.kind}>",
                *(
                    lane.x,
                    lane.steps[self._now],
                    lane.jumps[last],
                    cp.int64(len(lane.x)),
                    *lane.floor,
                ),
            )
        self._history.forget()

    def resume(self) -> None:
        """The vectors were replaced, but the map is the same up to a constant: what is known of it stays."""
        self._history.pause()

    def _advance(self, weights: Any) -> None:
        cp = cupy()
        padded = np.zeros(MEMORY)
        padded[: len(weights)] = weights
        for lane in self._lanes:
            history = (
                lane.steps[self._now],
                lane.jumps,
                cp.int64(len(lane.x)),
                cp.int32(len(weights)),
            )
            onward = *map(cp.float64, padded), *lane.floor, cp.int32(self._history.next)
            kernel, behind = self._moving(lane.kind)
            self._program.sweep(kernel, lane.x, *history, *onward, *behind)

    def _moving(self, kind: str) -> tuple[str, tuple[Any, ...]]:
        """The kernel that moves a vector, and what it takes behind."""
        return f"move<{kind}>", ()
