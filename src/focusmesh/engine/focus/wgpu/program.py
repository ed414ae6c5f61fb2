"""Focus's WGSL program: its sources, and the sums that its sweeps leave."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.support import wgpu

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.support.wgpu import Array, Step

GROUPS = 1024
"""Workgroups of a sweep over a vector, at most."""


@cache
def source(kernel: str) -> str:
    """The text of a kernel: a name, with what it sums in angle brackets where that is left open."""
    name, _, value = kernel.rstrip(">").partition("<")
    folder = files(__package__) / "source"
    parts = ("common", "wide", *([value] if value else []), name)
    return "\n".join((folder / f"{part}.wgsl").read_text(encoding="utf-8") for part in parts)


class FocusProgram(wgpu.Program):
    """The kernels of focus on one device."""

    def __init__(self, device: Any, threads: int = wgpu.THREADS) -> None:
        super().__init__(device, source, threads)

    def groups(self, count: int) -> int:
        """Workgroups of a sweep over so many entries."""
        return max(1, min(GROUPS, -(-count // self.threads)))


class Sums:
    """Where sweeps over vectors of one length leave their sums, and how these are read."""

    def __init__(self, program: FocusProgram, count: int, kinds: int, kind: npt.DTypeLike) -> None:
        self._program, self.groups = program, program.groups(count)
        self.partial = program.zeros(kinds * self.groups, kind)
        self.sums = program.zeros(kinds, kind)
        self._count = count
        total = "wide_total" if np.dtype(kind).shape else "total"
        self._total = program.launch(total, self.partial, self.sums)

    @property
    def threads(self) -> int:
        """Threads of a sweep."""
        return self.groups * self._program.threads

    def total(self, kinds: int) -> Step:
        """The step that adds up on the device what the sweep before it left."""
        numbers = (self.groups, kinds)
        return self._total, self._program.threads, numbers

    def read(self, kinds: int) -> Array:
        """What each workgroup of the last sweep left, float64 or uint64, shape (kinds, groups)."""
        found = self._program.read(self.partial, kinds * self.groups)
        if found.ndim > 1:
            return found.view(np.uint64).reshape(kinds, self.groups)
        return found.astype(np.float64).reshape(kinds, self.groups)
