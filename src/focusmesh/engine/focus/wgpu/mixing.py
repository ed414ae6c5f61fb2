"""Anderson mixing on the device: the history of engine/focus/solve/mixing.py over a vector that stays there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.solve.mixing import MEMORY, History
from focusmesh.engine.focus.wgpu.program import Sums

if TYPE_CHECKING:
    from focusmesh.engine.focus.wgpu.program import FocusProgram
    from focusmesh.engine.support.wgpu import Buffer

_KINDS = 2 + 2 * MEMORY


class WgpuMixer:
    """An iterate on the device, which it changes in place, and its image. Memory: 8 vectors beside these."""

    def __init__(self, program: FocusProgram, value: str, x: Buffer, image: Buffer) -> None:
        """``value``: what the vector holds, ``"real"`` or ``"pair"`` (source/)."""
        n = x.count
        self._program, self._count = program, n
        self._sums = Sums(program, n, _KINDS, np.float32)
        steps = program.zeros(2 * n, x.kind)
        changes, jumps = (program.zeros(MEMORY * n, x.kind) for _ in range(2))
        self._record = program.launch(
            f"record<{value}>", x, image, steps, changes, jumps, self._sums.partial
        )
        self._move = program.launch(f"move<{value}>", x, steps, jumps)
        self._retreat = program.launch(f"retreat<{value}>", x, steps, jumps)
        self._history = History(MEMORY)
        self._now = 0

    def record(self) -> tuple[float, float]:
        """Takes in the image; the L1 norm of the step of x, and of the tail."""
        newest = self._history.begin()
        self._now = 1 - self._now
        used = self._history.used
        numbers = self._count, used, newest, self._now
        self._program.run([(self._record, self._sums.threads, numbers)])
        found = [math.fsum(part) for part in self._sums.read(_KINDS).tolist()]
        products = np.array(found[2:])
        self._history.end(newest, products[:used], products[MEMORY : MEMORY + used])
        return found[0], found[1]

    def mix(self) -> None:
        """x ← x + f − Σ γ_j (Δx_j + Δf_j), where γ minimises ‖f − Σ γ_j Δf_j‖₂."""
        weights = np.zeros(MEMORY)
        used = self._history.used
        weights[:used] = self._history.weights()
        numbers = self._count, used, self._now, self._history.next, *weights.tolist()
        self._program.run([(self._move, self._sums.threads, numbers)])

    @property
    def can_retreat(self) -> bool:
        """Whether the iterate before this one is still known."""
        return self._history.used > 0

    def retreat(self) -> None:
        """x ← the image of the iterate before this one; forgets everything else."""
        numbers = self._count, self._now, self._history.last
        self._program.run([(self._retreat, self._sums.threads, numbers)])
        self._history.forget()

    def resume(self) -> None:
        """The vector was replaced, but the map is the same up to a constant: what is known of it stays."""
        self._history.pause()
