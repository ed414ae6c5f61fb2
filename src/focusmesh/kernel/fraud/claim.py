"""What the accused committed to: pages that are one's own where their hashes agree, else had from a source."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.focus import TraceHead
from focusmesh.kernel.fraud.page_requests import (
    HASHES,
    HEAD,
    PAGES,
    LackingError,
    asks_for,
    pages_in,
)
from focusmesh.kernel.state import MerkleTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import ByteArray
    from focusmesh.kernel.focus import TraceForm
    from focusmesh.kernel.fraud.page_requests import TraceAsk, TraceSource


class OwnPages(Protocol):
    """Pages that whoever carried the block out has itself."""

    @property
    def tree(self) -> MerkleTree:
        """The tree over them."""

    def page(self, index: int) -> bytes:
        """One of them."""

    def __len__(self) -> int: ...


class ClaimedTree:
    """One tree of the accused. ``differing`` are the pages that are not one's own, ascending."""

    def __init__(
        self,
        source: TraceSource,
        block: bytes,
        tree: int,
        root: bytes,
        count: int,
        own: OwnPages | None,
    ) -> None:
        """Raises LackingError where the hashes of its leaves are not here."""
        self._source, self._block, self._number, self._own = source, block, tree, own
        self._pages: dict[int, bytes] = {}
        self.count = count
        if own is not None and len(own) == count and own.tree.root == root:
            self.tree, self.differing = own.tree, []
            return
        self.tree = self._leaves(root)
        mine = _rows([]) if own is None else own.tree.leaf_hashes
        theirs = self.tree.leaf_hashes
        shared = min(len(mine), count)
        same = (mine[:shared] == theirs[:shared]).all(axis=1)
        self.differing = [*np.flatnonzero(~same).tolist(), *range(shared, count)]

    def load(self, indices: Sequence[int], page_bytes: int) -> None:
        """Has these pages at hand; raises LackingError where some are not here."""
        wanted = [index for index in indices if self._is_theirs(index) and index not in self._pages]
        asks = asks_for(self._block, self._number, PAGES, wanted, page_bytes)
        lacking: list[TraceAsk] = []
        for ask, answer in zip(asks, self._source.answers(asks), strict=True):
            found = self._pages_of(ask, answer)
            if found is None:
                self._source.refuse(ask)
                lacking.append(ask)
            else:
                self._pages.update(found)
        if lacking:
            raise LackingError(lacking)

    def page(self, index: int, page_bytes: int) -> bytes:
        """A page as it is committed to."""
        if self._is_theirs(index):
            self.load([index], page_bytes)
            return self._pages[index]
        assert self._own is not None
        return self._own.page(index)

    def path(self, index: int) -> bytes:
        """The way up from a page."""
        return b"".join(self.tree.prove(index))

    def _is_theirs(self, index: int) -> bool:
        at = int(np.searchsorted(self.differing, index))
        return at < len(self.differing) and self.differing[at] == index

    def _pages_of(self, ask: TraceAsk, answer: bytes) -> dict[int, bytes] | None:
        """Pages of an answer by number, None where they are not under the root."""
        try:
            pages = pages_in(ask, answer)
        except ProofError:
            return None
        hashes = self.tree.leaf_hashes
        found = dict(enumerate(pages, ask.first))
        right = all(
            sha256(b"\x00" + page).digest() == hashes[index].tobytes()
            for index, page in found.items()
        )
        return found if right else None

    def _leaves(self, root: bytes) -> MerkleTree:
        asks = asks_for(self._block, self._number, HASHES, range(self.count), DIGEST_BYTES)
        answers = self._source.answers(asks)
        try:
            hashes = [
                each
                for ask, answer in zip(asks, answers, strict=True)
                for each in pages_in(ask, answer)
            ]
            tree = MerkleTree(_rows(hashes))
        except ProofError:
            tree = MerkleTree(_rows([]))
        if tree.root != root or len(tree) != self.count:
            for ask in asks:
                self._source.refuse(ask)
            raise LackingError(asks)
        return tree


def claimed_head(source: TraceSource, block: bytes, root: bytes, form: TraceForm) -> TraceHead:
    """The head of the accused's trace; raises LackingError where it is not here."""
    asks = asks_for(block, HEAD, PAGES, [0], form.head_bytes)
    (answer,) = source.answers(asks)
    try:
        head = TraceHead.decode(answer, form)
        if head.root == root:
            return head
    except ProofError:
        pass
    source.refuse(asks[0])
    raise LackingError(asks)


def _rows(hashes: list[bytes]) -> ByteArray:
    return np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, DIGEST_BYTES)
