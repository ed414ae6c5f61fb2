"""The memory of Anderson acceleration: differences of steps and of images, and their best mix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.vectors import sweep
from focusmesh.engine.parallel import COMPILED_FROM_LINKS

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray

MEMORY = 3
_RIDGE = 1e-14


class History:
    """The last ``memory`` differences of steps f = R(x) − x and of images R(x), as rows of float64.

    Sums run over chunks of fixed size in fixed order: the same bits on any number of cores.
    """

    def __init__(self, count: int, memory: int = MEMORY) -> None:
        self._memory = memory
        self._compiled = count >= COMPILED_FROM_LINKS
        self._steps = np.empty((memory, count))
        self._images = np.empty((memory, count))
        self._gram = np.zeros((memory, memory))
        self._last: tuple[FloatArray, FloatArray] | None = None
        self._filled = 0
        self._next = 0

    def clear(self) -> None:
        """Forgets everything."""
        self._last, self._filled, self._next = None, 0, 0

    def mixed(self, step: FloatArray, image: FloatArray) -> FloatArray:
        """Records R(x) − x and R(x); the next iterate R(x) − Σ γ_j ΔR_j, where γ minimises ‖f − Σ γ_j Δf_j‖₂."""
        projections = np.zeros(0)
        if self._last is not None:
            projections = self._record(step, image, *self._last)
        self._last = (step, image)
        if not self._filled:
            return image
        used = self._filled
        weights = _least_squares(self._gram[:used, :used], projections)
        return self._combined(image, weights)

    def _record(
        self, step: FloatArray, image: FloatArray, last_step: FloatArray, last_image: FloatArray
    ) -> FloatArray:
        """Stores the newest differences over the oldest; products of ``step`` with all differences."""
        at = self._next
        self._filled = min(self._filled + 1, self._memory)
        self._next = (at + 1) % self._memory
        steps, images = self._steps[: self._filled], self._images[: self._filled]

        def record(part: slice) -> FloatArray:
            products = np.empty((2, self._filled))
            if self._compiled:
                from focusmesh.engine.focus.mixing_compiled import record_differences

                span = part.start, part.stop
                record_differences(
                    *(step, image, last_step, last_image, span, at, steps, images), products
                )
                return products
            np.subtract(step[part], last_step[part], out=steps[at, part])
            np.subtract(image[part], last_image[part], out=images[at, part])
            products[0] = np.einsum("ji,i->j", steps[:, part], steps[at, part])
            products[1] = np.einsum("ji,i->j", steps[:, part], step[part])
            return products

        own, projections = np.sum(sweep(len(step), record), axis=0)
        self._gram[at, : self._filled] = own
        self._gram[: self._filled, at] = own
        return np.asarray(projections, dtype=np.float64)

    def _combined(self, image: FloatArray, weights: FloatArray) -> FloatArray:
        images = self._images[: len(weights)]
        if not self._compiled:
            best: FloatArray = image - np.einsum("j,ji->i", weights, images)
            return best
        from focusmesh.engine.focus.mixing_compiled import combine

        mixed = np.empty_like(image)
        sweep(
            len(image), lambda part: combine(image, images, weights, (part.start, part.stop), mixed)
        )
        return mixed


def _least_squares(gram: FloatArray, projections: FloatArray) -> FloatArray:
    """Solution of the normal equations, scaled to unit diagonal and damped where they are near singular."""
    scale = np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
    scaled = gram / np.outer(scale, scale) + _RIDGE * np.eye(len(gram))
    return np.asarray(np.linalg.solve(scaled, projections / scale) / scale, dtype=np.float64)
