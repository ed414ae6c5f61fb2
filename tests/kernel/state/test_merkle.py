"""Merkle trees over lists, against the recursive definition of RFC 6962."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError, ProofError
from focusmesh.kernel.state import MerkleTree, merkle_root, verify_inclusion

LEAVES = [bytes([i]) * (i % 5) for i in range(70)]


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def defined_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if index < k:
        return [*defined_path(index, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(index - k, leaves[k:]), defined_root(leaves[:k])]


def test_published_roots() -> None:
    """From the reference implementation of certificate transparency: one empty leaf, and eight leaves."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    inputs.append("606162636465666768696a6b6c6d6e6f")
    leaves = [bytes.fromhex(text) for text in inputs]
    one = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    eight = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert (merkle_root(leaves[:1]).hex(), merkle_root(leaves).hex()) == (one, eight)


@pytest.mark.parametrize("count", range(len(LEAVES)))
def test_roots_and_paths_are_those_of_the_definition(count: int) -> None:
    leaves = LEAVES[:count]
    tree = MerkleTree.of(leaves)
    assert (tree.root, len(tree)) == (defined_root(leaves), count)
    for index, leaf in enumerate(leaves):
        path = tree.prove(index)
        assert path == defined_path(index, leaves)
        verify_inclusion(leaf, index, count, path, tree.root)


@given(count=st.integers(1, 40), data=st.data())
def test_what_is_not_so_is_refused(count: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, count - 1))
    tree = MerkleTree.of(LEAVES[:count])
    path, root = tree.prove(index), tree.root
    cases = [
        (b"other", index, count, path, root),
        (LEAVES[index], count, count, path, root),
        (LEAVES[index], -1, count, path, root),
        (LEAVES[index], index, count, [*path, root], root),
        (LEAVES[index], index, count, [*path, b"short"], root),
        (LEAVES[index], index, count, path, bytes(32)),
    ]
    if path:
        cases += [
            (LEAVES[index], index ^ 1, count, path, root),
            (LEAVES[index], index, count, path[:-1], root),
            (LEAVES[index], index, count, [bytes(32), *path[1:]], root),
        ]
    for case in cases:
        with pytest.raises(ProofError):
            verify_inclusion(*case)


def test_no_leaf_no_path() -> None:
    with pytest.raises(InputError, match="no leaf 3"):
        MerkleTree.of(LEAVES[:3]).prove(3)
    with pytest.raises(InputError, match="leaf hashes"):
        MerkleTree(np.zeros((2, 31), dtype=np.uint8))
