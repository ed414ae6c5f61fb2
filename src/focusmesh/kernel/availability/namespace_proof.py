"""Proofs of a namespaced tree: leaves that follow one another, all leaves of a namespace, or that it has none.

Checking one needs the standard library alone, and the number of leaves, which says where each of them is.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import InputError, ProofError
from focusmesh.ids import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.availability.namespace_tree import NamespacedTree


class NamespaceProof(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Leaves ``start`` … ``stop`` − 1, and the ``nodes`` beside them from left to right.

    A proof that a namespace within the root's range has no leaf names the first leaf above it, with its node as
    ``absent``; one of a namespace outside the range has no leaf at all (``start`` = ``stop``).
    """

    start: int
    stop: int
    nodes: tuple[bytes, ...] = ()
    absent: bytes = b""


def prove_leaves(tree: NamespacedTree, start: int, stop: int) -> NamespaceProof:
    """That leaves ``start`` … ``stop`` − 1 are where they are. Raises InputError where there are none. O(log n)."""
    return NamespaceProof(start, stop, tree.beside(start, stop))


def prove_namespace(tree: NamespacedTree, namespace: bytes) -> NamespaceProof:
    """All leaves of ``namespace``, or that there is none. Raises InputError for one of another length. O(n)."""
    low, high = _range(tree.root)
    if len(namespace) != len(low):
        raise InputError(f"namespaces of this tree have {len(low)} bytes, not {len(namespace)}")
    if not low <= namespace <= high:
        return NamespaceProof(0, 0)
    names = [leaf[: len(low)].tobytes() for leaf in tree.leaves]
    start = sum(name < namespace for name in names)
    stop = start + names.count(namespace)
    if start < stop:
        return prove_leaves(tree, start, stop)
    absent = tree.leaves[start].tobytes()
    return NamespaceProof(start, start + 1, tree.beside(start, start + 1), absent)


def verify_leaves(
    proof: NamespaceProof, root: bytes, count: int, leaves: Sequence[tuple[bytes, bytes]]
) -> None:
    """That ``leaves``, pairs of namespace and content, are those that the proof names, of a tree of ``count``.

    Raises ProofError ("namespace"). O(leaves + log n) hashes.
    """
    _require(not proof.absent, "a proof of absence shows no leaves")
    _check(proof, root, count, [leaf_node(*leaf) for leaf in leaves])


def verify_namespace(
    proof: NamespaceProof, root: bytes, count: int, namespace: bytes, contents: Sequence[bytes]
) -> None:
    """That ``contents`` are all leaves of ``namespace``, in order, in a tree of ``count`` leaves.

    Raises ProofError ("namespace"). O(leaves + log n) hashes.
    """
    low, high = _range(root)
    width = len(low)
    _require(len(namespace) == width, f"namespaces of this tree have {width} bytes")
    if not low <= namespace <= high:
        _require(proof == NamespaceProof(proof.start, proof.start), "there is nothing to show")
        _require(not contents, "the namespace is outside the root's range")
        return
    if proof.absent:
        _require(not contents, "an absent namespace has no leaf")
        _require(proof.stop == proof.start + 1, "one leaf shows that a namespace is absent")
        _require(proof.absent[:width] > namespace, "the leaf shown is not above the namespace")
        shown = [proof.absent]
    else:
        shown = [leaf_node(namespace, content) for content in contents]
    before, after = _check(proof, root, count, shown)
    _require(
        all(node[width : 2 * width] < namespace for node in before)
        and all(node[:width] > namespace for node in after),
        "leaves of the namespace are left out",
    )


def leaf_node(namespace: bytes, content: bytes) -> bytes:
    """ns ‖ ns ‖ H(0x00 ‖ ns ‖ content)."""
    return namespace + namespace + sha256(b"\x00" + namespace + content).digest()


def parent_node(left: bytes, right: bytes) -> bytes:
    """The node above two. Raises ProofError ("namespace") where their namespaces descend."""
    (least, left_high), (right_low, right_high) = _range(left), _range(right)
    _require(right_low >= left_high, "the namespaces of nodes descend")
    added = b"\xff" * len(least)
    greatest = left_high if right_low == added != least else right_high
    return least + greatest + sha256(b"\x01" + left + right).digest()


def _check(
    proof: NamespaceProof, root: bytes, count: int, leaves: Sequence[bytes]
) -> tuple[list[bytes], list[bytes]]:
    """The nodes to the left and to the right of the leaves, which with them make the root."""
    start, stop = proof.start, proof.stop
    _require(
        0 <= start < stop <= count, f"a tree of {count} leaves has none from {start} to {stop}"
    )
    _require(stop - start == len(leaves), f"{len(leaves)} leaves are shown for {stop - start}")
    for node in (*proof.nodes, *leaves):
        _require(len(node) == len(root), f"a node of this tree has {len(root)} bytes")
        _require(_range(node)[0] <= _range(node)[1], "a node's range of namespaces is empty")
    shown, beside = iter(leaves), iter(proof.nodes)
    before: list[bytes] = []
    after: list[bytes] = []

    def node_over(low: int, high: int) -> bytes:
        if high <= start or low >= stop:
            node = next(beside, b"")
            _require(bool(node), "nodes are missing")
            (before if high <= start else after).append(node)
            return node
        if high - low == 1:
            return next(shown)
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        return parent_node(node_over(low, middle), node_over(middle, high))

    _require(node_over(0, count) == root, "the leaves do not lead to the root")
    _require(next(beside, None) is None, "there are more nodes than the tree has beside the leaves")
    return before, after


def _range(node: bytes) -> tuple[bytes, bytes]:
    width, odd = divmod(len(node) - DIGEST_BYTES, 2)
    _require(not odd and width > 0, f"{len(node)} bytes are not a node")
    return node[:width], node[width : 2 * width]


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ProofError("namespace", f"the proof of namespaced leaves does not hold: {what}")
