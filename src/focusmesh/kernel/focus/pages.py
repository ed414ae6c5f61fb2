"""Pages of the committed vector and of the particles, under RFC 6962 trees; a page and its path prove what it holds.

A page of the vector has 512 values (u64, little-endian), one of the particles 16 digests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state import MerkleTree, sha256_rows, verify_inclusion

if TYPE_CHECKING:
    from focusmesh.engine.arrays import ByteArray, MassArray

VALUES_A_PAGE = 512
PARTICLES_A_PAGE = 16
_VALUE_BYTES = 8


@dataclass(frozen=True)
class PageProof:
    """Page ``index`` of ``count`` pages, and the siblings from its leaf up."""

    index: int
    count: int
    page: bytes
    path: tuple[bytes, ...]

    def verify(self, root: bytes) -> None:
        """Raises ProofError ("index", "path", "root") unless the page is under the root."""
        verify_inclusion(self.page, self.index, self.count, self.path, root)


@dataclass(frozen=True)
class ValueProof:
    """That the particle at a rank is ``digest`` and has ``value`` (scale 2⁶³): its page of digests, and of values."""

    rank: int
    particles: PageProof
    values: PageProof

    def verify(
        self, focus_root: bytes, particles_root: bytes, particle_count: int
    ) -> tuple[bytes, int]:
        """Digest and value; raises ProofError ("page", or as PageProof) unless both pages are under the roots.

        The roots and the count are those of a header that is trusted.
        """
        if not 0 <= self.rank < particle_count:
            raise ProofError("page", f"rank {self.rank} of {particle_count} particles")
        sides = (
            (self.particles, particles_root, PARTICLES_A_PAGE, DIGEST_BYTES),
            (self.values, focus_root, VALUES_A_PAGE, _VALUE_BYTES),
        )
        digest, value = (self._entry(particle_count, *side) for side in sides)
        return digest, int.from_bytes(value, "little")

    def _entry(
        self, count: int, proof: PageProof, root: bytes, per_page: int, entry_bytes: int
    ) -> bytes:
        page, within = divmod(self.rank, per_page)
        held, pages = min(per_page, count - page * per_page), -(-count // per_page)
        if (proof.index, proof.count, len(proof.page)) != (page, pages, held * entry_bytes):
            raise ProofError("page", f"rank {self.rank} is not on page {proof.index}")
        proof.verify(root)
        return proof.page[within * entry_bytes : (within + 1) * entry_bytes]


class PageTree:
    """The tree over the pages of ``content`` (flat uint8), ``page_bytes`` each, the last may be shorter. O(content)."""

    def __init__(self, content: ByteArray, page_bytes: int) -> None:
        self._content = content
        self._page_bytes = page_bytes
        self._tree = MerkleTree(_leaves(content, page_bytes))

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self._tree.root

    def proof(self, index: int) -> PageProof:
        """The proof of one page; raises InputError where there is none. O(log pages)."""
        first = index * self._page_bytes
        page = self._content[first : first + self._page_bytes].tobytes()
        return PageProof(index, len(self._tree), page, tuple(self._tree.prove(index)))


def values_of(vector: MassArray) -> PageTree:
    """The tree of a vector: 512 little-endian words a page."""
    return PageTree(vector.astype("<u8", copy=False).view(np.uint8), VALUES_A_PAGE * _VALUE_BYTES)


def particles_of(digests: ByteArray) -> PageTree:
    """The tree of digests (uint8, (n, 32)) in committed order: 16 a page."""
    return PageTree(digests.reshape(-1), PARTICLES_A_PAGE * DIGEST_BYTES)


def _leaves(content: ByteArray, page_bytes: int) -> ByteArray:
    """Hashes of all pages, the whole ones in one go."""
    whole = len(content) // page_bytes * page_bytes
    parts = [content[:whole].reshape(-1, page_bytes), content[None, whole:]]
    hashed = [_hashed(pages) for pages in parts if pages.size]
    return np.concatenate(hashed) if hashed else np.zeros((0, DIGEST_BYTES), dtype=np.uint8)


def _hashed(pages: ByteArray) -> ByteArray:
    tagged = np.empty((len(pages), 1 + pages.shape[1]), dtype=np.uint8)
    tagged[:, 0], tagged[:, 1:] = 0, pages
    return sha256_rows(tagged)
