"""Namespaced Merkle trees: every node says which namespaces lie below it, so that a proof shows all of one, or none.

    leaf   ns ‖ ns ‖ H(0x00 ‖ ns ‖ content)
    node   least ns ‖ greatest ns ‖ H(0x01 ‖ left ‖ right)

H is SHA-256; of n leaves the left subtree takes the largest power of two below n (RFC 6962). The greatest namespace of
all, 0xFF…FF, marks what erasure coding added and is left out of a node's range wherever there is anything else. The
rules are those of github.com/celestiaorg/nmt/docs/spec/nmt.md with IgnoreMaxNamespace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state import sha256_rows

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import BoolArray, ByteArray

_LEAF, _INNER = 0, 1
_GREATEST = 255


def leaf_nodes(namespaces: ByteArray, contents: ByteArray) -> ByteArray:
    """Nodes uint8 (n, 2·ns + 32) of leaves with ``namespaces`` uint8 (n, ns) and ``contents`` uint8 (n, length)."""
    count, width = namespaces.shape
    message = np.empty((count, 1 + width + contents.shape[1]), dtype=np.uint8)
    message[:, 0] = _LEAF
    message[:, 1 : 1 + width] = namespaces
    message[:, 1 + width :] = contents
    return np.concatenate([namespaces, namespaces, sha256_rows(message)], axis=1)


def parent_nodes(left: ByteArray, right: ByteArray) -> ByteArray:
    """The nodes above pairs of nodes, uint8 (n, 2·ns + 32) each. Raises InputError where their namespaces descend."""
    width = namespace_bytes(left)
    descends = less(right[:, :width], left[:, width : 2 * width])
    if descends.any():
        at = int(np.flatnonzero(descends)[0])
        raise InputError(f"namespaces descend from node {2 * at} to node {2 * at + 1} of a level")
    message = np.empty((len(left), 1 + 2 * left.shape[1]), dtype=np.uint8)
    message[:, 0] = _INNER
    message[:, 1 : 1 + left.shape[1]] = left
    message[:, 1 + left.shape[1] :] = right
    added = (right[:, :width] == _GREATEST).all(axis=1) & ~(left[:, :width] == _GREATEST).all(
        axis=1
    )
    greatest = np.where(added[:, None], left[:, width : 2 * width], right[:, width : 2 * width])
    return np.concatenate([left[:, :width], greatest, sha256_rows(message)], axis=1)


def namespace_bytes(nodes: ByteArray) -> int:
    """How many bytes the namespaces of nodes have. Raises InputError where these are no nodes."""
    width, odd = divmod(nodes.shape[-1] - DIGEST_BYTES, 2)
    if odd or width < 1:
        raise InputError(f"{nodes.shape[-1]} bytes are not a node: two namespaces and 32 bytes")
    return int(width)


def less(first: ByteArray, second: ByteArray) -> BoolArray:
    """bool (n): first < second, byte by byte, for uint8 (n, width)."""
    differs = first != second
    at = differs.argmax(axis=1)
    lines = np.arange(len(first))
    smaller: BoolArray = first[lines, at] < second[lines, at]
    return smaller


class NamespacedTree:
    """All nodes of a tree over leaves with ascending namespaces: 2 · (2·ns + 32) bytes a leaf."""

    def __init__(self, leaves: ByteArray) -> None:
        """Over leaf nodes, uint8 (n ≥ 1, 2·ns + 32). Raises InputError where their namespaces descend. O(n) hashes."""
        if leaves.ndim != 2 or not len(leaves):
            raise InputError("a namespaced tree has at least one leaf")
        namespace_bytes(leaves)
        self._levels = [leaves]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    @classmethod
    def of(cls, namespaces: ByteArray, contents: ByteArray) -> NamespacedTree:
        """Over contents of one length under ``namespaces`` uint8 (n, ns)."""
        return cls(leaf_nodes(namespaces, contents))

    def __len__(self) -> int:
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """The root node: the range of namespaces and the hash, 2·ns + 32 bytes."""
        return bytes(self._levels[-1][0])

    @property
    def leaves(self) -> ByteArray:
        """The leaf nodes."""
        return self._levels[0]

    def beside(self, start: int, stop: int) -> tuple[bytes, ...]:
        """The nodes that lead from leaves ``start`` … ``stop`` − 1 to the root, from left to right. O(log n)."""
        if not 0 <= start < stop <= len(self):
            raise InputError(f"the tree has leaves 0 … {len(self) - 1}, not {start} … {stop - 1}")
        left: list[bytes] = []
        right: list[bytes] = []
        for level in self._levels[:-1]:
            if start % 2:
                left.append(level[start - 1].tobytes())
            if stop % 2 and stop < len(level):
                right.append(level[stop].tobytes())
            start, stop = start // 2, (stop + 1) // 2
        return (*reversed(left), *right)


def _above(level: ByteArray) -> ByteArray:
    paired = len(level) // 2 * 2
    above = parent_nodes(level[0:paired:2], level[1:paired:2])
    return np.concatenate([above, level[paired:]])


def roots_over(leaves: ByteArray) -> tuple[bytes, ...]:
    """The root of each of several trees over 2^d leaf nodes: uint8 (trees, 2^d, 2·ns + 32). O(leaves) hashes.

    Raises InputError where the namespaces of one descend.
    """
    level = leaves
    while level.shape[1] > 1:
        trees, count, size = level.shape
        left, right = (level[:, side::2].reshape(-1, size) for side in (0, 1))
        level = parent_nodes(left, right).reshape(trees, count // 2, size)
    return tuple(root.tobytes() for root in level[:, 0])
