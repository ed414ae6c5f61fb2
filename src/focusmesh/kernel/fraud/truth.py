"""What whoever carried a block out has itself, to hold the accused's pages against and to show of the state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import CertificateError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.focus import (
    LEADER_BYTES,
    LEADERS_PAGE,
    PARTICLES_A_PAGE,
    VALUES_A_PAGE,
    FocusTrace,
    leader_pages,
    particles_of,
    values_of,
)
from focusmesh.kernel.state import MerkleTree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.engine.support.arrays import ByteArray, MassArray
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.focus import Held
    from focusmesh.kernel.state import Parameters, Row, Tree

_VALUE_BYTES = 8


@dataclass(frozen=True)
class BytePages:
    """Pages of so many bytes each, the last may be shorter, and the tree over them."""

    data: bytes
    page_bytes: int
    tree: MerkleTree

    @classmethod
    def particles(cls, digests: ByteArray) -> BytePages:
        """Of particles in order."""
        return cls(digests.tobytes(), PARTICLES_A_PAGE * DIGEST_BYTES, particles_of(digests))

    @classmethod
    def values(cls, vector: MassArray) -> BytePages:
        """Of a vector."""
        data = vector.astype("<u8").tobytes()
        return cls(data, VALUES_A_PAGE * _VALUE_BYTES, values_of(vector))

    @classmethod
    def leaders(cls, vector: MassArray, digests: ByteArray) -> BytePages:
        """Of the leaders of a vector."""
        pages = leader_pages(vector, digests)
        return cls(b"".join(pages), LEADERS_PAGE * LEADER_BYTES, MerkleTree.of(pages))

    def page(self, index: int) -> bytes:
        """One page."""
        return self.data[index * self.page_bytes : (index + 1) * self.page_bytes]

    def __len__(self) -> int:
        return -(-len(self.data) // self.page_bytes)


@dataclass(frozen=True)
class Truth:
    """A block, what it comes to, and the states that leaves can be shown of.

    ``held`` are the particles and axons after the block; ``vector`` is what its differences lead to, None where they
    lead nowhere. ``trees`` are states by number (forms.py), ``rows`` a particle's links in one of them; ``headers`` are
    those of states from EARLIER on.
    """

    header: Header
    parent: Header
    parameters: Parameters
    held: Held
    vector: MassArray | None
    trees: Mapping[int, Tree]
    rows: Callable[[int, bytes], Row | None]
    headers: tuple[bytes, ...] = ()

    @property
    def digests(self) -> ByteArray:
        """All particles in order."""
        return self.held.order.digests

    @cached_property
    def particles(self) -> BytePages:
        """Their pages."""
        return BytePages.particles(self.digests)

    @cached_property
    def before(self) -> BytePages:
        """Pages of the particles that the parent's focus ranks."""
        certificate = self.parent.focus_certificate
        count = 0 if certificate is None else certificate.particles
        return BytePages.particles(self.digests[self.held.order.ids < count])

    def trace(self, vector: MassArray) -> FocusTrace | None:
        """The trace of one application of R to ``vector``, None where it may not be applied to it. O(K·m)."""
        operator = self.held.operator(self.parameters.operator)
        try:
            return FocusTrace.of(operator, vector, self.held.links)
        except CertificateError:
            return None

    def rank(self, digest: bytes) -> int:
        """Where a particle would stand among those there are."""
        count = len(self.digests)
        words = np.frombuffer(digest, dtype=">u8")
        first, stop = 0, count
        while first < stop:
            middle = (first + stop) // 2
            if tuple(self.digests[middle].view(">u8")) < tuple(words):
                first = middle + 1
            else:
                stop = middle
        return first
