"""Evidence from a chain: the state at a height within the history window."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import BlockError
from focusmesh.ids import digest
from focusmesh.kernel.block import parameters_bytes
from focusmesh.kernel.receipts.paths import Witness, path_of
from focusmesh.kernel.state import PARAMETERS_KEY, encode_proof

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, MassArray, OffsetArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import Row, StateView

_TEXT_BYTES_MAX = 1_024
"""Longer content is not shown as a particle's name in a receipt."""


class ChainEvidence:
    """See ``Evidence``; good for as long as the view that it reads from."""

    def __init__(self, chain: Chain, view: StateView) -> None:
        self._chain, self._view = chain, view
        self.header = chain.header(view.height)
        if view.root != self.header.state_root:
            raise BlockError(
                "state-root", f"the state at {view.height} does not have the root in the header"
            )

    @cached_property
    def parameters(self) -> bytes:
        """See ``Evidence``."""
        data = self._view.get(PARAMETERS_KEY) or b""
        if digest(data) == self.header.params_hash:
            return data
        # The block ended an epoch: its state has those that hold from the next block on.
        return parameters_bytes(self._chain.parameters_of(self.header.height))

    @cached_property
    def vector(self) -> MassArray:
        """See ``Evidence``."""
        return self._chain.vector(self.header.height)

    @cached_property
    def digests(self) -> ByteArray:
        """See ``Evidence``. O(n log n)."""
        particles, _, _ = self._view.names()
        ordered: ByteArray = particles[self._ids]
        return ordered

    @cached_property
    def _ids(self) -> OffsetArray:
        """Ids of particles in the order of their digests."""
        particles, _, _ = self._view.names()
        words = np.ascontiguousarray(particles).view(">u8")
        return np.lexsort(words.T[::-1])

    def get(self, key: bytes) -> bytes | None:
        """See ``Evidence``."""
        return self._view.get(key)

    def witness(self, key: bytes) -> Witness:
        """See ``Evidence``."""
        siblings, leaf = self._view.tree.path(key)
        end = None if leaf is None else (leaf.path, hashlib.sha256(leaf.value).digest())
        return Witness(path_of(key), siblings, end)

    def prove(self, key: bytes) -> bytes:
        """See ``Evidence``."""
        return encode_proof(self._view.tree.prove(key))

    def row(self, source: bytes) -> Row | None:
        """See ``Evidence``."""
        return self._view.row(source)

    def axons(self) -> tuple[OffsetArray, OffsetArray, OffsetArray]:
        """See ``Evidence``."""
        found = self._view.axons()
        places = np.empty(len(self._ids), np.int64)
        places[self._ids] = np.arange(len(places))
        return places[found.source], places[found.target], found.weight.astype(np.int64)

    def text(self, particle: bytes) -> str | None:
        """See ``Evidence``."""
        content = self._view.content(particle)
        if content is None or len(content) > _TEXT_BYTES_MAX:
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            return None
