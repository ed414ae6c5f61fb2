"""Scratch space of a push: arrays as long as the graph that stay zero between queries."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, FloatArray, IndexArray

LANES = 8
"""Residual lanes of the full operator: 64 bytes a particle, one cache line."""

_LARGE = 1 << 28
"""Bytes from which memory is worth making anew."""

Work: TypeAlias = "tuple[FloatArray, FloatArray, ByteArray, IndexArray]"


@dataclass(slots=True)
class Workspace:
    """``settled`` (n,) is p, ``left`` (n, lanes) is r; ``seen`` (n,) marks the first ``count`` of ``touched`` (n,)."""

    settled: FloatArray
    left: FloatArray
    seen: ByteArray
    touched: IndexArray
    count: int = 0
    dense: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    def vector(self, purpose: str, shape: tuple[int, ...], kind: type) -> npt.NDArray[Any]:
        """Memory that dense passes use again and again: zeros at first, then what was left in it."""
        if purpose not in self.dense or self.dense[purpose].shape != shape:
            self.dense[purpose] = np.zeros(shape, dtype=kind)
        return self.dense[purpose]

    def make_room(self) -> None:
        """Gives the memory of a large one back, where something else needs it now; the workspace must be clean."""
        if self.left.nbytes >= _LARGE:
            self.settled, self.left = np.zeros(self.settled.shape), np.zeros(self.left.shape)

    @property
    def arrays(self) -> Work:
        """All of them, as kernels take them."""
        return self.settled, self.left, self.seen, self.touched


class Workspaces:
    """Workspaces for ``count`` particles: two queries at once get two, and one after the other get the same.

    Pages that no query touches are never in memory.
    """

    def __init__(self, count: int, lanes: int) -> None:
        self._shape = count, lanes
        self._free: deque[Workspace] = deque()

    @contextmanager
    def one(self) -> Iterator[Workspace]:
        """A clean workspace. It is kept for the next query if it is clean again and nothing was raised."""
        try:
            space = self._free.pop()
        except IndexError:
            space = self.create()
        yield space
        if not space.count:
            self._free.append(space)

    def create(self) -> Workspace:
        """A new one."""
        count, lanes = self._shape
        return Workspace(
            settled=np.zeros(count),
            left=np.zeros((count, lanes)),
            seen=np.zeros(count, dtype=np.uint8),
            touched=np.zeros(count, dtype=np.uint32),
        )
