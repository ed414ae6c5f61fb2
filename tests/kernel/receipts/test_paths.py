"""Proofs of many keys at once: what is there, what is not, and nothing else (against trees of a few plain lines)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts.leaves import check_leaves, write_leaves
from focusmesh.kernel.receipts.paths import path_of, read_root, write_paths
from focusmesh.kernel.receipts.wire import BodyReader, BodyWriter
from focusmesh.kernel.state import MerkleTree
from tests.kernel.receipts.ledger import SparseTree

keys = st.binary(min_size=1, max_size=2)
states = st.dictionaries(keys, st.binary(min_size=1, max_size=4), max_size=40)


def proof_of(tree: SparseTree, wanted: set[bytes]) -> bytes:
    out = BodyWriter()
    write_paths([tree.witness(key) for key in sorted(wanted, key=path_of)], out)
    return bytes(out)


def entries_of(state: dict[bytes, bytes], wanted: set[bytes]) -> list[tuple[bytes, bytes | None]]:
    return sorted((path_of(key), state.get(key)) for key in wanted)


def root_of(proof: bytes, entries: list[tuple[bytes, bytes | None]]) -> bytes:
    reader = BodyReader(proof)
    root = read_root(entries, reader)
    reader.end()
    return root


def root_or_refusal(proof: bytes, entries: list[tuple[bytes, bytes | None]]) -> bytes | str:
    try:
        return root_of(proof, entries)
    except ProofError as error:
        return error.code


@given(states, st.sets(keys, min_size=1, max_size=12))
def test_keys_are_there_or_not(state: dict[bytes, bytes], wanted: set[bytes]) -> None:
    tree = SparseTree(state)
    assert root_of(proof_of(tree, wanted), entries_of(state, wanted)) == tree.root


@given(states, st.sets(keys, min_size=1, max_size=6), st.data())
def test_nothing_else_is_proved(
    state: dict[bytes, bytes], wanted: set[bytes], data: st.DataObject
) -> None:
    """Another value, presence in place of absence or the reverse, with the same proof: another root or a refusal."""
    tree = SparseTree(state)
    proof, entries = proof_of(tree, wanted), entries_of(state, wanted)
    at = data.draw(st.integers(0, len(entries) - 1))
    path, value = entries[at]
    other = data.draw(st.sampled_from([b"another", None]).filter(lambda one: one != value))
    entries[at] = path, other
    assert root_or_refusal(proof, entries) != tree.root


@given(states, st.sets(keys, min_size=1, max_size=6), st.data())
def test_no_byte_of_a_proof_can_be_changed(
    state: dict[bytes, bytes], wanted: set[bytes], data: st.DataObject
) -> None:
    tree = SparseTree(state)
    proof, entries = proof_of(tree, wanted), entries_of(state, wanted)
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = bytearray(proof)
    changed[at] ^= data.draw(st.integers(1, 255))
    assert root_or_refusal(bytes(changed), entries) != tree.root


def test_a_foreign_leaf_has_to_lie_below_its_node() -> None:
    """Else any leaf of the tree, hung at the root of another, would show any key to be absent."""
    tree = SparseTree({b"a": b"1", b"b": b"2"})
    leaf = tree.witness(b"a").leaf
    assert leaf is not None
    node = hashlib.sha256(b"\0" + leaf[0] + leaf[1]).digest()
    wanted = next(
        key for key in (b"%d" % at for at in range(99)) if path_of(key)[0] >> 7 != leaf[0][0] >> 7
    )
    side = path_of(wanted)[0] >> 7
    sides = (b"\2" + b"".join(leaf), bytes(32))
    forged = b"\3" + b"".join(sides if not side else sides[::-1])
    with pytest.raises(ProofError, match="does not lie below"):
        read_root([(path_of(wanted), None)], BodyReader(forged))
    root = (node, bytes(32)) if not side else (bytes(32), node)
    assert hashlib.sha256(b"\1" + b"".join(root)).digest() != tree.root


def test_a_proof_of_nothing_is_none() -> None:
    with pytest.raises(ProofError, match="no key"):
        read_root([], BodyReader(b""))
    with pytest.raises(ProofError, match="not a valid node of a proof"):
        read_root([(bytes(32), None)], BodyReader(b"\7"))


def test_a_tree_has_256_levels() -> None:
    with pytest.raises(ProofError, match="not a valid node of a proof"):
        read_root([(bytes(32), None)], BodyReader((b"\3" * 300) + bytes(32 * 300)))


@given(st.integers(1, 70), st.data())
def test_pages_are_under_a_root(count: int, data: st.DataObject) -> None:
    pages = [b"page %d" % at for at in range(count)]
    tree = MerkleTree.of(pages)
    shown = data.draw(st.sets(st.integers(0, count - 1)))
    out = BodyWriter()
    write_leaves({at: tree.prove(at) for at in shown}, count, out)
    reader = BodyReader(bytes(out))
    check_leaves({at: pages[at] for at in shown}, count, tree.root, "focus", reader)
    reader.end()
    if shown:
        wrong = {at: pages[at] for at in shown} | {min(shown): b"another"}
        with pytest.raises(ProofError, match="not under the root"):
            check_leaves(wrong, count, tree.root, "focus", BodyReader(bytes(out)))
        with pytest.raises(ProofError, match="of 1 focus pages"):
            check_leaves({1: b""}, 1, tree.root, "focus", BodyReader(bytes(out)))


@given(st.lists(st.integers(0, 2**70 - 1)), st.sets(st.integers(0, 500)))
def test_numbers_have_one_spelling(numbers: list[int], indices: set[int]) -> None:
    out = BodyWriter()
    for value in numbers:
        out.number(value)
    out.rising(sorted(indices))
    reader = BodyReader(bytes(out))
    assert [reader.number() for _ in numbers] == numbers
    assert reader.rising(len(indices), 501) == sorted(indices)
    reader.end()


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80\x00", b"\xff" * 10, b"\x81\x80\x00"])
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        BodyReader(data).number()


def test_counts_are_bounded_by_what_follows() -> None:
    with pytest.raises(ProofError, match="too many"):
        BodyReader(b"\xff\xff\xff\xff\x0f").count()
    with pytest.raises(ProofError, match="is not below"):
        BodyReader(b"\x05").rising(1, 5)
    with pytest.raises(ProofError, match="follow"):
        BodyReader(b"\x05").end()
