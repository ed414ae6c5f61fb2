"""Which of the last blocks has a signal: a window that moves with the chain, bounded in the bytes of its blocks."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.node.signal_status import outcomes

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain

BLOCKS_SEARCHED = 1_024
"""How many blocks are read at once, at most; sessions let their signals expire after 256 blocks."""
BYTES_KEPT = 1 << 26
"""How many bytes of bodies are looked through, and how many the window spans."""
_BLOCKS_KEPT = 1 << 20


class _Block(NamedTuple):
    height: int
    size: int
    signals: tuple[bytes, ...]


class RecentSignals:
    """Follows one chain whenever it is asked; what it knows has no gaps. Some 120 B a signal. Not for several threads.

    Where more blocks came since than are read at once, those before are forgotten.
    """

    def __init__(
        self, bytes_kept: int = BYTES_KEPT, blocks_searched: int = BLOCKS_SEARCHED
    ) -> None:
        self._bytes_kept = bytes_kept
        self._blocks_searched = blocks_searched
        self._blocks: deque[_Block] = deque()
        self._heights: dict[bytes, int] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._heights)

    def height_of(self, signal: bytes, chain: Chain) -> int | None:
        """The block that has the signal, None where none of the last blocks has it; O(1) and the blocks that came."""
        self._follow(chain)
        return self._heights.get(signal)

    def _follow(self, chain: Chain) -> None:
        oldest = max(chain.base - 1, 0)
        known = self._blocks[-1].height if self._blocks else oldest
        if known > chain.height:
            # The ledger went back to an earlier state.
            self._forget(len(self._blocks))
            known = oldest
        lowest = max(known, chain.height - self._blocks_searched, oldest)
        came: list[_Block] = []
        size, height = 0, chain.height
        while height > lowest and size <= self._bytes_kept:
            came.append(_read(chain, height))
            size += came[-1].size
            height -= 1
        if height > known:
            self._forget(len(self._blocks))
        for block in reversed(came):
            self._blocks.append(block)
            self._size += block.size
            self._heights |= dict.fromkeys(block.signals, block.height)
        while len(self._blocks) > 1 and (
            self._size > self._bytes_kept or len(self._blocks) > _BLOCKS_KEPT
        ):
            self._forget(1)

    def _forget(self, count: int) -> None:
        for _ in range(count):
            block = self._blocks.popleft()
            self._size -= block.size
            for signal in block.signals:
                self._heights.pop(signal, None)


def _read(chain: Chain, height: int) -> _Block:
    block = chain.block(height)
    signals = tuple(one.signal for one in outcomes(block, chain.parameters.block_bytes_max))
    return _Block(height, len(block.body), signals)
