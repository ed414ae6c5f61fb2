"""The square of a block: k × k shares, twice as wide and high with what erasure coding adds, under one data root.

    | shares        | added to rows |      a tree over each row and each column, a leaf being the share under its
    | added to columns              |      namespace, or 0xFF…FF for what is added

Any k shares of a row or column give back all of it, so that hiding one share takes hiding more than a quarter of all,
which few samples find. ``data_root`` is the RFC 6962 root over the row roots, then the column roots.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import msgspec
import numpy as np

from focusmesh.errors import CodecError, InputError, ProofError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.kernel.availability.erasure import PIECES_MAX, extend
from focusmesh.kernel.availability.namespace_proof import (
    NamespaceProof,
    prove_leaves,
    verify_leaves,
)
from focusmesh.kernel.availability.namespace_tree import NamespacedTree, leaf_nodes, roots_over
from focusmesh.kernel.state import merkle_root
from focusmesh.protocol.codec import from_bytes, to_bytes

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray

Axis: TypeAlias = Literal["row", "column"]
AXES: tuple[Axis, Axis] = ("row", "column")
_Kind = TypeVar("_Kind", bound=msgspec.Struct)

SHARE_BYTES = 512
NAMESPACE_BYTES = 29
ADDED = b"\xff" * NAMESPACE_BYTES
"""The namespace of what erasure coding adds."""
WIDTH_MAX = PIECES_MAX
"""Shares along a side: a wider square needs a field larger than GF(2⁸)."""
NODE_BYTES = 2 * NAMESPACE_BYTES + DIGEST_BYTES


_ROOTS_BYTES_MAX = 1 << 16
_PROVED_SHARE_BYTES_MAX = 1 << 11


class Roots(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, dict=True):
    """The 2k row roots and 2k column roots of a square, 90 bytes each: what ``data_root`` stands for."""

    rows: tuple[bytes, ...]
    columns: tuple[bytes, ...]

    @cached_property
    def data_root(self) -> bytes:
        """32 bytes that stand for every share of the square and where it is."""
        return merkle_root([*self.rows, *self.columns])

    @property
    def width(self) -> int:
        """k: how many shares of the block lie along a side."""
        return len(self.rows) // 2

    def verify(self, data_root: bytes) -> None:
        """Raises ProofError ("roots") unless these are the roots of a square, and those under ``data_root``."""
        k = self.width
        _require(
            1 <= k <= WIDTH_MAX
            and not k & (k - 1)
            and len(self.rows) == len(self.columns) == 2 * k,
            f"{len(self.rows)} rows and {len(self.columns)} columns are not a square",
        )
        _require(
            all(len(root) == NODE_BYTES for root in (*self.rows, *self.columns)),
            f"a root has {NODE_BYTES} bytes",
        )
        _require(self.data_root == data_root, "the header names another data root")

    def of(self, axis: Axis) -> tuple[bytes, ...]:
        """The roots along an axis."""
        return self.rows if axis == "row" else self.columns

    def encode(self) -> bytes:
        """Canonical bytes: a dag-cbor array of two arrays."""
        return to_bytes(self)

    @classmethod
    def decode(cls, data: bytes) -> Roots:
        """Raises ProofError ("roots") for anything but canonical bytes; ``verify`` says whether they are roots."""
        return _decode(data, cls, _ROOTS_BYTES_MAX)


class Square:
    """A square with all its shares, uint8 (2k, 2k, 512), and the trees over its rows and columns."""

    def __init__(self, shares: ByteArray) -> None:
        """Of all shares, added ones included. Raises InputError where the namespaces of a row or column descend."""
        _verify(shares)
        self.shares = shares

    @classmethod
    def of(cls, shares: ByteArray) -> Square:
        """Of the block's own shares, uint8 (k, k, 512), each beginning with its namespace. O(k² · (log k + hashes))."""
        k = len(shares)
        if shares.shape != (k, k, SHARE_BYTES) or not 1 <= k <= WIDTH_MAX or k & (k - 1):
            raise InputError(
                f"a square has 1, 2, 4 … {WIDTH_MAX} shares of {SHARE_BYTES} bytes along a side, not {shares.shape}"
            )
        whole = np.empty((2 * k, 2 * k, SHARE_BYTES), dtype=np.uint8)
        whole[:k, :k] = shares
        whole[:k, k:] = extend(shares)
        whole[k:] = extend(whole[:k].transpose(1, 0, 2)).transpose(1, 0, 2)
        return cls(whole)

    @property
    def width(self) -> int:
        """k: how many shares of the block lie along a side."""
        return len(self.shares) // 2

    @cached_property
    def leaves(self) -> ByteArray:
        """The leaf node of every share: uint8 (2k, 2k, 90)."""
        size = len(self.shares)
        names = namespaces(self.shares).reshape(-1, NAMESPACE_BYTES)
        nodes = leaf_nodes(names, self.shares.reshape(-1, SHARE_BYTES))
        return nodes.reshape(size, size, NODE_BYTES)

    @cached_property
    def roots(self) -> Roots:
        """The roots of its rows and columns."""
        return Roots(roots_over(self.leaves), roots_over(self.leaves.transpose(1, 0, 2)))

    def tree(self, axis: Axis, index: int) -> NamespacedTree:
        """The tree over a row or a column."""
        return NamespacedTree(self.leaves[index] if axis == "row" else self.leaves[:, index])

    def prove(self, row: int, column: int, axis: Axis = "row") -> ProvedShare:
        """A share with its way to the root of its row or column. Raises InputError where there is none. O(k)."""
        size = len(self.shares)
        if not (0 <= row < size and 0 <= column < size):
            raise InputError(f"the square has shares 0 … {size - 1} a side, not ({row}, {column})")
        index, at = (row, column) if axis == "row" else (column, row)
        proof = prove_leaves(self.tree(axis, index), at, at + 1)
        return ProvedShare(row, column, axis, self.shares[row, column].tobytes(), proof)


class ProvedShare(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A share of a square, and that it lies at (``row``, ``column``) by the tree of its row or column (``axis``)."""

    row: int
    column: int
    axis: str
    share: bytes
    proof: NamespaceProof

    def verify(self, roots: Roots) -> None:
        """Raises ProofError unless the share is the one that the roots stand for. O(log k) hashes."""
        size = len(roots.rows)
        _require(self.axis in {"row", "column"}, f"{self.axis!r} is neither row nor column")
        _require(
            0 <= self.row < size and 0 <= self.column < size,
            f"the square has no share ({self.row}, {self.column})",
        )
        _require(len(self.share) == SHARE_BYTES, f"a share has {SHARE_BYTES} bytes")
        by_row = self.axis == "row"
        index, at = (self.row, self.column) if by_row else (self.column, self.row)
        _require(
            self.proof.start == at and self.proof.stop == at + 1, "the proof is of another share"
        )
        leaf = (namespace_of(self.row, self.column, self.share, roots.width), self.share)
        verify_leaves(self.proof, (roots.rows if by_row else roots.columns)[index], size, [leaf])

    def encode(self) -> bytes:
        """Canonical bytes: a dag-cbor array."""
        return to_bytes(self)

    @classmethod
    def decode(cls, data: bytes) -> ProvedShare:
        """Raises ProofError ("roots") for anything but canonical bytes of a share; ``verify`` says what it proves."""
        return _decode(data, cls, _PROVED_SHARE_BYTES_MAX)


def namespace_of(row: int, column: int, share: bytes, width: int) -> bytes:
    """The namespace under which a share lies: its first bytes, or ADDED beyond the block's own quarter."""
    return share[:NAMESPACE_BYTES] if row < width and column < width else ADDED


def namespaces(shares: ByteArray) -> ByteArray:
    """uint8 (2k, 2k, 29): the namespace of each share."""
    k = len(shares) // 2
    names = np.full((*shares.shape[:2], NAMESPACE_BYTES), 0xFF, dtype=np.uint8)
    names[:k, :k] = shares[:k, :k, :NAMESPACE_BYTES]
    return names


def share_id(network: bytes, data_root: bytes, row: int, column: int) -> bytes:
    """H(network ‖ data_root ‖ row ‖ column), both as u16 BE: what a share is asked for by."""
    return digest(network + data_root + row.to_bytes(2, "big") + column.to_bytes(2, "big"))


def _verify(shares: ByteArray) -> None:
    size = len(shares)
    if (
        shares.shape != (size, size, SHARE_BYTES)
        or size < 2
        or size & (size - 1)
        or size > 2 * WIDTH_MAX
    ):
        raise InputError(f"a square has 2, 4 … {2 * WIDTH_MAX} shares a side, not {shares.shape}")


def _decode(data: bytes, kind: type[_Kind], bytes_max: int) -> _Kind:
    try:
        return from_bytes(data, kind, bytes_max)
    except CodecError as error:
        what = "roots" if kind is Roots else "share"
        raise ProofError(
            "roots", f"these {len(data)} bytes are no {what} of a block: {error}"
        ) from error


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ProofError("roots", f"these are not the shares of the block: {what}")
