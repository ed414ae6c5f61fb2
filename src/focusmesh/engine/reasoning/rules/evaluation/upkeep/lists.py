"""Lists by value that grow: the steps from each value, those to it, the pairs that a closure begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.rules.evaluation.upkeep import upkeep_compiled as compiled

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import OffsetArray


class Lists:
    """Values by key; ``heads`` and ``entries`` are as ``upkeep_compiled`` takes them."""

    def __init__(self, count: int, keys: OffsetArray, values: OffsetArray) -> None:
        """``count`` is how many keys there may be."""
        self.heads = np.full(count, -1, dtype=np.int64)
        self.entries = np.empty((2 * len(keys) + 16, 3), dtype=np.int64)
        self._used = len(keys)
        self._free: list[int] = []
        compiled.link_all(self.heads, self.entries, (keys, values))

    def __len__(self) -> int:
        return self._used

    @property
    def arrays(self) -> tuple[OffsetArray, OffsetArray]:
        """Heads and entries."""
        return self.heads, self.entries

    def widen(self, count: int) -> None:
        """Makes room for more keys."""
        self.heads = np.append(self.heads, np.full(count - len(self.heads), -1, dtype=np.int64))

    def put(self, key: int, value: int) -> None:
        """Takes in a value that the list of ``key`` does not have."""
        if self._free:
            at = self._free.pop()
        else:
            at = self._used
            self._used += 1
            if at == len(self.entries):
                self.entries = np.concatenate((self.entries, np.empty_like(self.entries)))
        compiled.link(self.heads, self.entries, at, key, value)

    def remove(self, key: int, value: int) -> None:
        """Takes a value out of the list of ``key``. O(its length)."""
        at = compiled.unlink(self.heads, self.entries, key, value)
        if at >= 0:
            self._free.append(at)
