"""Merkle trees over lists (RFC 6962 §2.1, RFC 9162 §2.1): pages of a vector, ids of signals.

A leaf is H(0x00 ‖ content), an inner node H(0x01 ‖ left ‖ right), H is SHA-256; of n leaves the left subtree takes the
largest power of two below n. The root of nothing is H of nothing.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError, ProofError
from focusmesh.kernel.state.hashing import DIGEST_BYTES, sha256_many, sha256_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import ByteArray

_LEAF, _INNER = b"\x00", b"\x01"


class MerkleTree:
    """All nodes of a tree over a list of leaves: 64 bytes a leaf."""

    def __init__(self, leaf_hashes: ByteArray) -> None:
        """Over hashes of leaves, uint8 (n, 32). O(n) hashes."""
        if leaf_hashes.ndim != 2 or leaf_hashes.shape[1] != DIGEST_BYTES:
            raise InputError(f"leaf hashes are uint8 (n, 32), these have {leaf_hashes.shape}")
        self._levels = _levels(leaf_hashes)

    @classmethod
    def of(cls, leaves: Sequence[bytes]) -> MerkleTree:
        """Over contents of any lengths."""
        data = np.frombuffer(b"".join([_LEAF + leaf for leaf in leaves]), dtype=np.uint8)
        start = np.zeros(len(leaves) + 1, dtype=np.int64)
        np.cumsum([len(leaf) + 1 for leaf in leaves], out=start[1:])
        return cls(sha256_many(data, start))

    def __len__(self) -> int:
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """32 bytes that stand for all leaves and their order."""
        return self._levels[-1][0].tobytes() if len(self) else sha256(b"").digest()

    @property
    def leaf_hashes(self) -> ByteArray:
        """uint8 (n, 32); not to be written to."""
        return self._levels[0]

    def prove(self, index: int) -> list[bytes]:
        """Siblings of leaf ``index`` and of those above it, from the leaf up. Raises InputError where there is none."""
        if not 0 <= index < len(self):
            raise InputError(f"the tree has leaves 0 … {len(self) - 1}, there is no leaf {index}")
        path = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling].tobytes())
            index >>= 1
        return path


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over contents of any lengths."""
    return MerkleTree.of(leaves).root


def verify_inclusion(
    leaf: bytes, index: int, leaf_count: int, path: Sequence[bytes], root: bytes
) -> None:
    """Raises ProofError unless ``leaf`` is leaf ``index`` of ``leaf_count`` under ``root`` (RFC 9162 §2.1.3.2).

    The caller knows how many leaves there are, from the header or from a value that is itself proved.
    """
    if not 0 <= index < leaf_count:
        raise ProofError("index", f"there is no leaf {index} among {leaf_count}")
    node, place, last = sha256(_LEAF + leaf).digest(), index, leaf_count - 1
    for sibling in path:
        if not last or len(sibling) != DIGEST_BYTES:
            raise ProofError(
                "path",
                f"the path of leaf {index} of {leaf_count} does not have the form that its index needs",
            )
        if place & 1 or place == last:
            node = sha256(_INNER + sibling + node).digest()
            while not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(_INNER + node + sibling).digest()
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("path", f"the path of leaf {index} of {leaf_count} is too short")
    if node != root:
        raise ProofError("root", f"leaf {index} of {leaf_count} is not under root {root.hex()}")


def _levels(leaf_hashes: ByteArray) -> list[ByteArray]:
    """Leaves, their parents, and so on up to the root: views of one array."""
    sizes = [len(leaf_hashes)]
    while sizes[-1] > 1:
        sizes.append((sizes[-1] + 1) // 2)
    nodes = np.empty((sum(sizes), DIGEST_BYTES), dtype=np.uint8)
    nodes[: sizes[0]] = leaf_hashes
    levels, first = [nodes[: sizes[0]]], 0
    for size in sizes[1:]:
        above = first + len(levels[-1])
        pairs = len(levels[-1]) // 2
        left = np.arange(first, first + 2 * pairs, 2, dtype=np.int64)
        sha256_pairs(
            _INNER[0], nodes, left, left + 1, np.arange(above, above + pairs, dtype=np.int64)
        )
        if pairs < size:
            nodes[above + pairs] = nodes[above - 1]
        levels.append(nodes[above : above + size])
        first = above
    return levels
