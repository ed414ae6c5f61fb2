"""Pages of the committed vector and of the particles, under RFC 6962 trees; a page and its path prove what it holds.

leaf = SHA-256(0x00 ‖ page), inner = SHA-256(0x01 ‖ left ‖ right), a lone node rises. Checking needs hashlib alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES

if TYPE_CHECKING:
    from focusmesh.engine.arrays import ByteArray, MassArray

VALUES_A_PAGE = 512
PARTICLES_A_PAGE = 16
_VALUE_BYTES = 8
NO_PAGES = hashlib.sha256(b"").digest()
"""The root of a tree without pages."""


@dataclass(frozen=True)
class PageProof:
    """Page ``index`` of ``count`` pages, and the siblings from its leaf up."""

    index: int
    count: int
    page: bytes
    path: tuple[bytes, ...]

    def root(self) -> bytes:
        """The root that page and path lead to; raises ProofError ("path") where they fit no tree of ``count``."""
        if not 0 <= self.index < self.count:
            raise ProofError("path", f"page {self.index} of {self.count}: there is none")
        node = hashlib.sha256(b"\0" + self.page).digest()
        index, count, siblings = self.index, self.count, iter(self.path)
        for sibling in siblings:
            while index % 2 == 0 and index + 1 == count:
                index, count = index // 2, (count + 1) // 2
                if count == 1:
                    raise ProofError("path", f"the path of page {self.index} is too long")
            pair = sibling + node if index % 2 else node + sibling
            node = hashlib.sha256(b"\1" + pair).digest()
            index, count = index // 2, (count + 1) // 2
        while count > 1 and index % 2 == 0 and index + 1 == count:
            index, count = index // 2, (count + 1) // 2
        if count > 1:
            raise ProofError("path", f"the path of page {self.index} is too short")
        return node


@dataclass(frozen=True)
class ValueProof:
    """That the particle at a rank is ``digest`` and has ``value`` (scale 2⁶³): its page of digests, and of values."""

    rank: int
    particle_count: int
    particles: PageProof
    values: PageProof

    def verify(self, focus_root: bytes, particles_root: bytes) -> tuple[bytes, int]:
        """Digest and value; raises ProofError ("page", "path", "root") unless both pages are under the roots.

        ``particle_count`` has to be that of the certificate: the caller compares it.
        """
        if not 0 <= self.rank < self.particle_count:
            raise ProofError("page", f"rank {self.rank} of {self.particle_count} particles")
        sides = (
            (self.particles, particles_root, PARTICLES_A_PAGE, DIGEST_BYTES),
            (self.values, focus_root, VALUES_A_PAGE, _VALUE_BYTES),
        )
        digest, value = (self._entry(*side) for side in sides)
        return digest, int.from_bytes(value, "little")

    def _entry(self, proof: PageProof, root: bytes, per_page: int, entry_bytes: int) -> bytes:
        page, within = divmod(self.rank, per_page)
        held = min(per_page, self.particle_count - page * per_page)
        pages = -(-self.particle_count // per_page)
        if (proof.index, proof.count, len(proof.page)) != (page, pages, held * entry_bytes):
            raise ProofError("page", f"rank {self.rank} is not on page {proof.index}")
        if proof.root() != root:
            raise ProofError("root", f"page {page} is not under the root {root.hex()}")
        return proof.page[within * entry_bytes : (within + 1) * entry_bytes]


class PageTree:
    """The tree over the pages of ``content`` (flat uint8), ``page_bytes`` each, the last may be shorter. O(content)."""

    def __init__(self, content: ByteArray, page_bytes: int) -> None:
        self._content = content
        self._page_bytes = page_bytes
        leaves = _leaves(content, page_bytes)
        self._levels = [leaves]
        while len(self._levels[-1]) > 1:
            self._levels.append(_paired(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """32 bytes."""
        top = self._levels[-1]
        return top[0].tobytes() if len(top) else NO_PAGES

    def proof(self, index: int) -> PageProof:
        """The proof of one page. O(log pages)."""
        first = index * self._page_bytes
        page = self._content[first : first + self._page_bytes].tobytes()
        path, at = [], index
        for level in self._levels[:-1]:
            beside = at ^ 1
            if beside < len(level):
                path.append(level[beside].tobytes())
            at //= 2
        return PageProof(index, len(self._levels[0]), page, tuple(path))


def values_of(vector: MassArray) -> PageTree:
    """The tree of a vector: 512 little-endian words a page."""
    return PageTree(vector.astype("<u8", copy=False).view(np.uint8), VALUES_A_PAGE * _VALUE_BYTES)


def particles_of(digests: ByteArray) -> PageTree:
    """The tree of digests (uint8, (n, 32)) in committed order: 16 a page."""
    return PageTree(digests.reshape(-1), PARTICLES_A_PAGE * DIGEST_BYTES)


def _leaves(content: ByteArray, page_bytes: int) -> ByteArray:
    whole = len(content) // page_bytes
    pages = content[: whole * page_bytes].reshape(whole, page_bytes)
    parts = [_hashed(b"\0", pages)] if whole else []
    if whole * page_bytes < len(content):
        parts.append(_hashed(b"\0", content[None, whole * page_bytes :]))
    return np.concatenate(parts) if parts else np.zeros((0, DIGEST_BYTES), dtype=np.uint8)


def _paired(level: ByteArray) -> ByteArray:
    pairs = len(level) // 2
    above = _hashed(b"\1", level[: 2 * pairs].reshape(pairs, 2 * DIGEST_BYTES))
    return np.concatenate((above, level[2 * pairs :]))


def _hashed(tag: bytes, rows: ByteArray) -> ByteArray:
    from focusmesh.kernel.state import sha256_rows

    tagged = np.empty((len(rows), 1 + rows.shape[1]), dtype=np.uint8)
    tagged[:, 0], tagged[:, 1:] = tag[0], rows
    return sha256_rows(tagged)
