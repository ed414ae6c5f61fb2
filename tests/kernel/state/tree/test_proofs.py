"""Proofs of the state tree: they hold for what is so, by our verifier and by the model, and for nothing else."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError, ProofError
from focusmesh.kernel.state import (
    CommitmentProof,
    MemoryStore,
    Tree,
    decode_proof,
    encode_proof,
    verify_membership,
    verify_non_membership,
)
from focusmesh.kernel.state.ics23 import codec as ics23_codec
from focusmesh.kernel.state.ics23 import verifier as ics23
from focusmesh.kernel.state.ics23.forms import (
    BatchEntry,
    BatchProof,
    ExistenceProof,
    InnerOp,
    NonExistenceProof,
)
from tests.kernel.state.tree.smt_model import NOTHING, Model, bits
from tests.kernel.state.tree.test_tree import empty

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBERS = st.sets(st.integers(0, 300), min_size=1, max_size=40)


def tree_of(numbers: set[int]) -> tuple[Tree, dict[bytes, bytes]]:
    entries = {b"/kv/%d" % number: b"value %d" % number for number in numbers}
    return empty().view(entries), entries


def folded(proof: ExistenceProof) -> tuple[str, bytes]:
    """The root that a proof leads to and the turns it takes, by the rules of the tree alone."""
    node = sha256(b"\0" + sha256(proof.key).digest() + sha256(proof.value).digest()).digest()
    turns = ""
    for step in proof.path:
        turns = ("1" if len(step.prefix) > 1 else "0") + turns
        node = sha256(step.prefix + node + step.suffix).digest()
    return turns, node


def held(proof: CommitmentProof, root: bytes, key: bytes, entries: Mapping[bytes, bytes]) -> None:
    if key in entries:
        verify_membership(root, proof, key, entries[key])
    else:
        verify_non_membership(root, proof, key)


@given(numbers=NUMBERS, asked=st.integers(0, 300))
def test_every_key_is_proved(numbers: set[int], asked: int) -> None:
    tree, entries = tree_of(numbers)
    model = Model(entries)
    key = b"/kv/%d" % asked
    proof = tree.prove(key)
    assert decode_proof(encode_proof(proof)) == proof
    held(proof, model.root, key, entries)
    wrong = {} if key in entries else {key: b"value %d" % asked}
    with pytest.raises(ProofError):
        held(proof, model.root, key, wrong)
    with pytest.raises(ProofError):
        held(proof, sha256(model.root).digest(), key, entries)
    if proof.exist is not None:
        turns, root = folded(proof.exist)
        assert root == model.root
        assert bits(sha256(key).digest()).startswith(turns)


@given(numbers=NUMBERS)
def test_absence_is_between_neighbours_with_nothing_but_empty_children(numbers: set[int]) -> None:
    """Held to the model: the gap has no leaf, and a neighbour further away is refused."""
    tree, entries = tree_of(numbers)
    ordered = sorted(entries, key=lambda key: sha256(key).digest())
    root = Model(entries).root
    for asked in range(301, 321):
        key = b"/kv/%d" % asked
        absence = tree.prove(key).nonexist
        assert absence is not None
        before = [known for known in ordered if sha256(known).digest() < sha256(key).digest()]
        behind = ordered[len(before) :]
        neighbours = [proof and proof.key for proof in (absence.left, absence.right)]
        assert neighbours == [before[-1] if before else None, behind[0] if behind else None]
        for index, name, others in ((0, "left", before[:-1]), (1, "right", behind[1:])):
            for other in [None, *others[-index:][:1]]:
                if (other is None) == (neighbours[index] is None):
                    continue
                far = None if other is None else tree.prove(other).exist
                sides = {"left": absence.left, "right": absence.right, name: far}
                lied = NonExistenceProof(absence.key, sides["left"], sides["right"])
                with pytest.raises(ProofError):
                    verify_non_membership(root, CommitmentProof(nonexist=lied), key)


def test_a_batch_proves_each_of_its_keys() -> None:
    tree, entries = tree_of(set(range(0, 400, 2)))
    asked = [b"/kv/%d" % number for number in range(60)]
    batch = tree.prove_many(asked)
    plain, small = encode_proof(batch), encode_proof(batch, compressed=True)
    assert len(small) < len(plain) / 2
    for proof in (batch, decode_proof(plain), decode_proof(small)):
        for key in asked:
            held(proof, tree.root, key, entries)
    with pytest.raises(ProofError, match="another key"):
        held(batch, tree.root, b"/kv/98", entries)


def test_a_compressed_batch_has_one_form() -> None:
    """Found by fuzzing: steps could be named in any order, twice, or without being taken, for the same proofs."""
    tree, _ = tree_of(set(range(0, 60, 2)))
    small = encode_proof(tree.prove_many([b"/kv/4"]), compressed=True)
    wire = ics23_codec._decode(ics23_codec._Wire, small)
    assert wire.compressed is not None
    steps, entries = wire.compressed.lookup_inners, wire.compressed.entries
    for lookup in ((*steps, steps[0]), (*steps, InnerOp(1, b"\1", bytes(32)))):
        other = ics23_codec._Wire(compressed=ics23_codec._CompressedBatch(entries, lookup))
        with pytest.raises(ProofError, match="each step once"):
            decode_proof(ics23_codec._encode(other))


def test_many_entries_are_read_in_one_sweep() -> None:
    """Found by fuzzing: each of many small parts copied all parts before it."""
    crowd = CommitmentProof(batch=BatchProof((BatchEntry(),) * 30_000))
    assert decode_proof(encode_proof(crowd)) == crowd


def test_proofs_of_a_past_state() -> None:
    with MemoryStore().write() as writer:
        tree = Tree.open(writer)
        tree.update(writer, {b"a": b"1", b"b": b"2"})
        root = tree.root
        undo = tree.update(writer, {b"a": b"3", b"b": None, b"c": b"4"})
        past = tree.view(dict(undo))
    verify_membership(root, past.prove(b"a"), b"a", b"1")
    verify_membership(root, past.prove(b"b"), b"b", b"2")
    verify_non_membership(root, past.prove(b"c"), b"c")


def test_an_empty_tree_proves_nothing() -> None:
    assert empty().root == NOTHING
    with pytest.raises(InputError, match="empty tree"):
        empty().prove(b"a")
    for proof in (CommitmentProof(), CommitmentProof(nonexist=NonExistenceProof(b"a"))):
        with pytest.raises(ProofError):
            verify_non_membership(NOTHING, proof, b"a")


def test_the_verifier_loads_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, focusmesh.kernel.state.ics23.verifier as _, focusmesh.kernel.state as state\n"
        "state.decode_proof, state.verify_membership\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": "src"},
    )
    assert done.stdout.split() == ["__main__", "focusmesh"], done.stderr


def hidden() -> tuple[bytes, CommitmentProof, bytes]:
    """A proof that a key which is there is absent: all true but for the neighbours, which are its own."""
    tree, entries = tree_of(set(range(50)))
    ordered = sorted(entries, key=lambda key: sha256(key).digest())
    left, key, right = ordered[20:23]
    absence = NonExistenceProof(b"", tree.prove(left).exist, tree.prove(right).exist)
    return tree.root, CommitmentProof(nonexist=absence), key


def test_a_key_cannot_be_hidden_between_its_neighbours() -> None:
    root, proof, key = hidden()
    with pytest.raises(ProofError, match="room for other keys"):
        verify_non_membership(root, proof, key)


def test_without_looking_between_neighbours_it_could(monkeypatch: pytest.MonkeyPatch) -> None:
    root, proof, key = hidden()
    monkeypatch.setattr(ics23, "are_neighbours", lambda *_: True)
    verify_non_membership(root, proof, key)
    assert proof.nonexist is not None


def test_without_the_order_of_hashed_keys_any_gap_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    tree, _ = tree_of(set(range(50)))
    present, gap = b"/kv/7", tree.prove(b"/kv/none")
    with pytest.raises(ProofError, match="another key"):
        verify_non_membership(tree.root, gap, present)
    monkeypatch.setattr(ics23, "_is_between", lambda *_: True)
    verify_non_membership(tree.root, gap, present)
