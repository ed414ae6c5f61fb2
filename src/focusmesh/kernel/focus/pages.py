"""Pages of the committed vector and of the particles, the leaves of RFC 6962 trees: one shows what is on it.

A page of the vector has 512 values (u64, little-endian), one of the particles 16 digests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state import MerkleTree, sha256_rows

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, MassArray

VALUES_A_PAGE = 512
PARTICLES_A_PAGE = 16
_VALUE_BYTES = 8


def values_of(vector: MassArray) -> MerkleTree:
    """The tree of a vector: 512 little-endian words a page. O(n)."""
    return pages_of(vector.astype("<u8", copy=False).view(np.uint8), VALUES_A_PAGE * _VALUE_BYTES)


def particles_of(digests: ByteArray) -> MerkleTree:
    """The tree of digests (uint8, (n, 32)) in committed order: 16 a page. O(n)."""
    return pages_of(digests.reshape(-1), PARTICLES_A_PAGE * DIGEST_BYTES)


def pages_of(content: ByteArray, page_bytes: int) -> MerkleTree:
    """The tree over the pages of ``content`` (flat uint8), ``page_bytes`` each, the last may be shorter. O(content)."""
    whole = len(content) // page_bytes * page_bytes
    parts = [content[:whole].reshape(-1, page_bytes), content[None, whole:]]
    hashed = [_hash_pages(pages) for pages in parts if pages.size]
    none = np.zeros((0, DIGEST_BYTES), dtype=np.uint8)
    return MerkleTree(np.concatenate(hashed) if hashed else none)


def _hash_pages(pages: ByteArray) -> ByteArray:
    tagged = np.empty((len(pages), 1 + pages.shape[1]), dtype=np.uint8)
    tagged[:, 0], tagged[:, 1:] = 0, pages
    return sha256_rows(tagged)
