"""Namespaced trees: what a proof shows of any tree, and what it refuses."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import InputError, ProofError
from focusmesh.kernel.availability import (
    NamespacedTree,
    prove_leaves,
    prove_namespace,
    verify_leaves,
    verify_namespace,
)

NAMESPACES = st.lists(st.sampled_from([0, 1, 2, 3, 7, 254, 255]), min_size=1, max_size=20).map(
    sorted
)


def tree_of(namespaces: list[int]) -> NamespacedTree:
    names = np.array(namespaces, dtype=np.uint8)[:, None]
    return NamespacedTree.of(names, np.arange(len(namespaces), dtype=np.uint8)[:, None])


@given(NAMESPACES, st.integers(0, 255))
def test_all_leaves_of_a_namespace_are_shown_or_that_there_is_none(
    namespaces: list[int], asked: int
) -> None:
    tree, name = tree_of(namespaces), bytes([asked])
    contents = [bytes([at]) for at, each in enumerate(namespaces) if each == asked]
    if asked == 255 and namespaces[0] != 255:
        return  # No root names 0xFF beside anything else: its leaves are not of a namespace.
    proof = prove_namespace(tree, name)
    verify_namespace(proof, tree.root, len(tree), name, contents)
    for other in ([*contents, b"\x63"], contents[1:], [b"\x63", *contents[1:]]):
        if other != contents:
            with pytest.raises(ProofError):
                verify_namespace(proof, tree.root, len(tree), name, other)


@given(NAMESPACES, st.data())
def test_a_range_of_leaves_is_shown_where_it_is(namespaces: list[int], data: st.DataObject) -> None:
    tree = tree_of(namespaces)
    start = data.draw(st.integers(0, len(tree) - 1))
    stop = data.draw(st.integers(start + 1, len(tree)))
    leaves = [(bytes([namespaces[at]]), bytes([at])) for at in range(start, stop)]
    proof = prove_leaves(tree, start, stop)
    verify_leaves(proof, tree.root, len(tree), leaves)
    wrong = [
        (msgspec.structs.replace(proof, start=start + 1, stop=stop + 1), leaves, len(tree)),
        (msgspec.structs.replace(proof, nodes=(*proof.nodes, tree.root)), leaves, len(tree)),
        (proof, [(bytes([namespaces[start]]), b"\x63"), *leaves[1:]], len(tree)),
    ]
    if proof.nodes:
        wrong.append((msgspec.structs.replace(proof, nodes=proof.nodes[1:]), leaves, len(tree)))
    for bad, shown, count in wrong:
        with pytest.raises(ProofError):
            verify_leaves(bad, tree.root, count, shown)


@settings(max_examples=30)
@given(NAMESPACES)
def test_leaves_that_are_left_out_are_noticed(namespaces: list[int]) -> None:
    """A proof of fewer leaves than a namespace has leads to the root, and still does not show all of it."""
    tree = tree_of(namespaces)
    for asked in set(namespaces) - {255}:
        at = [index for index, each in enumerate(namespaces) if each == asked]
        if len(at) > 1:
            fewer = prove_leaves(tree, at[0], at[-1])
            contents = [bytes([index]) for index in at[:-1]]
            verify_leaves(
                fewer, tree.root, len(tree), [(bytes([asked]), each) for each in contents]
            )
            with pytest.raises(ProofError, match="left out"):
                verify_namespace(fewer, tree.root, len(tree), bytes([asked]), contents)


def test_namespaces_that_descend_make_no_tree() -> None:
    with pytest.raises(InputError, match="descend"):
        tree_of([2, 1])
