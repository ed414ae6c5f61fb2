"""Pages of a ledger's own focus for whoever asks: a light client that was told that they cannot be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import ProofError
from focusmesh.kernel.focus import FocusEdits, FocusTrace, Held
from focusmesh.kernel.fraud.forms import FOCUS, INWARD, LEADERS, OUTWARD, PARTICLES, RECORDS
from focusmesh.kernel.fraud.page_requests import HASHES, HEAD, TraceAsk, answer_of
from focusmesh.kernel.fraud.truth import BytePages

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, MassArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.focus import TraceHead
    from focusmesh.kernel.fraud.claim import OwnPages


@dataclass(frozen=True)
class FocusPages:
    """All pages that one focus is committed to with."""

    head: TraceHead
    trees: dict[int, OwnPages]

    @classmethod
    def of(cls, vector: MassArray, digests: ByteArray, trace: FocusTrace) -> FocusPages:
        """Of a vector and the particles in its order. O(n + m)."""
        trees: dict[int, OwnPages] = {
            PARTICLES: BytePages.particles(digests),
            FOCUS: BytePages.values(vector),
            LEADERS: BytePages.leaders(vector, digests),
            RECORDS: trace.records,
            OUTWARD: trace.outward,
            INWARD: trace.inward,
        }
        return cls(trace.head, trees)

    def answer(self, ask: TraceAsk) -> bytes:
        """What is asked for; raises ProofError ("fraud") where there is no such page."""
        if ask.tree == HEAD:
            return answer_of(ask, [self.head.encode()])
        pages = self.trees.get(ask.tree)
        if pages is None or ask.first + ask.count > len(pages):
            raise ProofError("fraud", f"tree {ask.tree} has no pages {ask.first} … + {ask.count}")
        places = range(ask.first, ask.first + ask.count)
        if ask.what == HASHES:
            return answer_of(ask, [pages.tree.leaf_hashes[at].tobytes() for at in places])
        return answer_of(ask, [pages.page(at) for at in places])


class TraceServer:
    """Pages of a chain's blocks within the history window; those of the last block that was asked for are kept."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._kept: tuple[bytes, FocusPages] | None = None

    def has(self, block: bytes) -> bool:
        """Whether the pages of a block are at hand, and cost little."""
        return self._kept is not None and self._kept[0] == block

    def answer(self, ask: TraceAsk, height: int) -> bytes:
        """Pages of the block at a height. Raises BlockError ("height") where its state is not kept, ProofError
        ("fraud") where it is another block, has no focus of its own or no such page. O(K·m) for a block, then O(page).
        """
        header = self._chain.header(height)
        if header.id != ask.block:
            raise ProofError("fraud", f"block {height} has another id here")
        certificate = header.focus_certificate
        if (
            certificate is None
            or certificate.height != height
            or not self._chain.parameters_of(height).has_trace
        ):
            raise ProofError("fraud", f"block {height} has no trace")
        if self._kept is None or self._kept[0] != ask.block:
            self._kept = ask.block, self._pages(height)
        return self._kept[1].answer(ask)

    def _pages(self, height: int) -> FocusPages:
        chain = self._chain
        with chain.state.at(height) as view:
            axons, digests = view.axons(), view.names()[0]
        edits = FocusEdits.of(np.array(digests), axons.source, axons.target, axons.weight)
        held, vector = Held.nothing().with_edits(edits), chain.vector(height)
        trace = FocusTrace.of(held.operator(chain.parameters_of(height).operator), vector)
        return FocusPages.of(vector, held.order.digests, trace)
