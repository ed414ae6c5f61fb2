"""How many signals a block has room for: what a body may have unpacked, and what of it a square holds packed."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError
from focusmesh.kernel.availability import PARTS_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.signal import SignedSignal

_SHARE = 0.4
"""About what signals of links are packed to; blocks of many are packed to less than a third."""
_CARE = 1.1
_TELLING_BYTES = 1 << 20
"""Fewer bytes than these pack worse than a full block of the same."""


class Room:
    """Says how many bytes of signals fit a block, and learns from blocks how small they and the focus are packed."""

    def __init__(self, parameters: Parameters) -> None:
        # A body that is too long could be made, and then never be read again.
        self.bytes_max = parameters.block_bytes_max // 2
        self._has_squares = parameters.has_squares
        self._share, self._focus_bytes = _SHARE, 0

    @property
    def portion_bytes(self) -> int:
        """About how many bytes of signals the next block has room for."""
        if not self._has_squares:
            return self.bytes_max
        left = max(PARTS_BYTES_MAX / _CARE - self._focus_bytes, PARTS_BYTES_MAX / 4)
        return min(self.bytes_max, int(left / (_CARE * self._share)))

    def check(self, signals: Sequence[SignedSignal]) -> None:
        """Raises BlockError ("body") for more bytes than any block has room for."""
        size_bytes = _size(signals)
        if size_bytes > self.bytes_max:
            raise BlockError(
                "body",
                f"the signals have {size_bytes:,} bytes, and a block holds at most {self.bytes_max:,}: take fewer",
            )

    def first(self, signals: Sequence[SignedSignal]) -> Sequence[SignedSignal]:
        """Those of the signals to put into the next block, one at least; what takes several is divided evenly."""
        sizes = list(accumulate(len(signed.wire) for signed in signals))
        if not sizes or sizes[-1] <= self.portion_bytes:
            return signals
        level = sizes[-1] / ceil(sizes[-1] / self.portion_bytes)
        return signals[: max(1, bisect_right(sizes, level))]

    def learn(self, signals: Sequence[SignedSignal], packed_bytes: int, focus_bytes: int) -> None:
        """Signals that are in a block were packed to so many bytes, and how the focus moved to so many."""
        size_bytes, self._focus_bytes = _size(signals), focus_bytes
        if size_bytes >= _TELLING_BYTES:
            self._share = packed_bytes / size_bytes


def _size(signals: Sequence[SignedSignal]) -> int:
    return sum(len(signed.wire) for signed in signals)
