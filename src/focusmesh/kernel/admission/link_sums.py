"""What the links of each neuron count for: Σ amount × g(target), as of a mark that all nodes agree on.

Marks lie a quarter of the history window apart, and the last one but one before a block holds for it, so that every
node that has the window can find the same sums. They are found only where somebody asks, which is where room is short:
at first by one pass over all links, later by the links that blocks changed and one pass over memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from focusmesh.kernel.admission.focus_shares import focus_shares, smaller_shares

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import StateView

_MARKS_A_WINDOW = 4
_LOW_BITS = 32
_LOW = (1 << _LOW_BITS) - 1
_MARKS_KEPT = 4
_LOOSE_SHARE = 4
"""Changes are put together with the links that they change once they are a quarter as many."""


def mark_before(height: int, history_window: int) -> int:
    """The mark that holds for the block after ``height``: a quarter to half of a window before it, 0 at the least."""
    length = max(1, history_window // _MARKS_A_WINDOW)
    return max(height // length - 1, 0) * length


class LinkSums(NamedTuple):
    """Sums by the id of the neuron, in two halves: ``high`` · 2³² + ``low``, in sixteenths of a base unit."""

    block: bytes
    high: OffsetArray
    low: OffsetArray

    def amount(self, neuron: int | None) -> int:
        """That of a neuron; 0 for one that had no link then."""
        if neuron is None or neuron >= len(self.high):
            return 0
        return (int(self.high[neuron]) << _LOW_BITS) + int(self.low[neuron])


_NOTHING = LinkSums(b"", np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


class _Amounts(NamedTuple):
    """What is locked at the block of a height, each link once or in several parts: targets, neurons, amounts."""

    height: int
    block: bytes
    target: IndexArray
    neuron: IndexArray
    amount: OffsetArray
    settled: int

    def sums(self, shares: OffsetArray, neurons: int) -> tuple[OffsetArray, OffsetArray]:
        high, low = np.zeros(neurons, dtype=np.int64), np.zeros(neurons, dtype=np.int64)
        share = shares[self.target]
        np.add.at(high, self.neuron, (self.amount >> _LOW_BITS) * share)
        np.add.at(low, self.neuron, (self.amount & _LOW) * share)
        return high, low


class LinkWeights:
    """The sums of one chain at its last marks. Not safe between threads."""

    def __init__(self) -> None:
        self._sums: dict[bytes, LinkSums] = {}
        self.last: LinkSums | None = None
        """Those that were found last; None before anybody asked."""
        self._amounts: _Amounts | None = None

    def at(self, chain: Chain) -> LinkSums:
        """Those that hold for the block after the last one of ``chain``. O(1) where they are known.

        Nothing where the history window is under four blocks: weights are of stake alone there.
        Raises BlockError ("height") where this node has not come by the blocks that they depend on: it joined later.
        """
        window = chain.parameters.history_window
        if window < _MARKS_A_WINDOW:
            return _NOTHING
        height = mark_before(chain.height, window)
        block = chain.header(height).id
        found = self._sums.get(block)
        if found is None:
            found = self._sums[block] = self.last = self._find(chain, height, block)
            while len(self._sums) > _MARKS_KEPT:
                del self._sums[next(iter(self._sums))]
        return found

    def _find(self, chain: Chain, height: int, block: bytes) -> LinkSums:
        shares = _shares_at(chain, height)
        with chain.state.at(height) as view:
            particles, _, neurons = view.names()
            amounts = self._amounts = self._amounts_at(chain, view, block)
        by_id = [_by_id(particles[: len(each)], each) for each in shares]
        return LinkSums(block, *amounts.sums(smaller_shares(by_id, len(particles)), len(neurons)))

    def _amounts_at(self, chain: Chain, view: StateView, block: bytes) -> _Amounts:
        last = self._amounts
        if last is not None and last.height <= view.height and _has(chain, last):
            changes = view.amounts_since(last.height)
            if changes is not None:
                joined = _Amounts(
                    view.height,
                    block,
                    np.concatenate((last.target, changes.target)),
                    np.concatenate((last.neuron, changes.neuron)),
                    np.concatenate((last.amount, changes.amount)),
                    last.settled,
                )
                return _put_together(joined)
        links = view.links().links
        target = np.ascontiguousarray(links["target"])
        neuron = np.ascontiguousarray(links["neuron"])
        amount = links["amount"].astype(np.int64)
        return _Amounts(view.height, block, target, neuron, amount, len(target))


_weights: WeakKeyDictionary[Chain, LinkWeights] = WeakKeyDictionary()


def link_weights(chain: Chain) -> LinkWeights:
    """Those of a chain; nothing is computed yet."""
    return _weights.setdefault(chain, LinkWeights())


def _has(chain: Chain, amounts: _Amounts) -> bool:
    return amounts.height <= chain.height and chain.header(amounts.height).id == amounts.block


def _put_together(amounts: _Amounts) -> _Amounts:
    """With one entry for each pair of target and neuron, once many were changed; all in all O(log m) a change."""
    if len(amounts.target) - amounts.settled <= max(1_024, amounts.settled // _LOOSE_SHARE):
        return amounts
    pairs = amounts.target.astype(np.uint64) << np.uint64(_LOW_BITS) | amounts.neuron
    kept, place = np.unique(pairs, return_inverse=True)
    total = np.zeros(len(kept), dtype=np.int64)
    np.add.at(total, place, amounts.amount)
    there = np.flatnonzero(total)
    target = (kept[there] >> np.uint64(_LOW_BITS)).astype(np.uint32)
    neuron = kept[there].astype(np.uint32)
    return amounts._replace(target=target, neuron=neuron, amount=total[there], settled=len(there))


def _shares_at(chain: Chain, height: int) -> list[OffsetArray]:
    """g by the last two foci that were committed up to a height, in the order of digests.

    Nothing where there are no two; the last one alone where the one before is older than the history window.
    """
    last = chain.header(height).focus_certificate
    if last is None or chain.header(last.height - 1).focus_certificate is None:
        return []
    heights = [height]
    if last.height > chain.height - chain.parameters.history_window:
        heights.append(last.height - 1)
    return [focus_shares(chain.vector(each)) for each in heights]


def _by_id(digests: ByteArray, shares: OffsetArray) -> OffsetArray:
    """What is by rising digest, by id. O(n log n)."""
    words = np.ascontiguousarray(digests).view(">u8").astype(np.uint64)
    by_id = np.empty_like(shares)
    by_id[np.lexsort(words.T[::-1])] = shares
    return by_id
