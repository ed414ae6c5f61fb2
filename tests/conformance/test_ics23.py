"""ICS-23: every proof and every case of the reference implementation's own tests, and what becomes of damaged ones."""

from __future__ import annotations

import base64
import dataclasses
import json
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.state import (
    decode_proof,
    encode_proof,
    verify_membership,
    verify_non_membership,
)
from focusmesh.kernel.state.ics23 import steps as ics23_steps
from focusmesh.kernel.state.ics23 import verifier as ics23
from focusmesh.kernel.state.ics23.forms import (
    IAVL_SPEC,
    SMT_SPEC,
    TENDERMINT_SPEC,
    BatchEntry,
    BatchProof,
    CommitmentProof,
    ExistenceProof,
    InnerOp,
    InnerSpec,
    LeafOp,
    ProofSpec,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Vectors

SPECS = {"iavl": IAVL_SPEC, "tendermint": TENDERMINT_SPEC, "smt": SMT_SPEC}
PLACES = ("left", "middle", "right")


def load(vectors: Vectors, name: str) -> Any:
    return json.loads((vectors("ics23") / name).read_text(encoding="utf-8"))


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def leaf_of(case: dict[str, Any]) -> LeafOp:
    return LeafOp(**{**case, "prefix": raw(case.get("prefix"))})


def inner_of(case: dict[str, Any]) -> InnerOp:
    return InnerOp(case.get("hash", 0), raw(case.get("prefix")), raw(case.get("suffix")))


def proof_of(case: dict[str, Any]) -> ExistenceProof:
    leaf = leaf_of(case["leaf"]) if "leaf" in case else None
    path = tuple(map(inner_of, case.get("path", ())))
    return ExistenceProof(raw(case.get("key")), raw(case.get("value")), leaf, path)


def spec_of(case: dict[str, Any]) -> ProofSpec:
    fields = {**case.get("inner_spec", {})}
    fields["empty_child"] = raw(fields.get("empty_child"))
    inner = InnerSpec(**{**fields, "child_order": tuple(fields["child_order"])})
    depths = {name: case[name] for name in ("min_depth", "max_depth") if name in case}
    return ProofSpec(leaf_of(case["leaf_spec"]), inner, **depths)


def refused(act: Callable[..., object], *arguments: object) -> bool:
    try:
        act(*arguments)
    except ProofError:
        return True
    return False


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("place", PLACES)
def test_presence(vectors: Vectors, kind: str, place: str) -> None:
    case = load(vectors, f"{kind}/exist_{place}.json")
    data, root, key, value = (bytes.fromhex(case[n]) for n in ("proof", "root", "key", "value"))
    proof, spec = decode_proof(data), SPECS[kind]
    verify_membership(root, proof, key, value, spec)
    assert encode_proof(proof) == data
    assert proof.exist is not None
    assert ics23.calculated_root(proof.exist) == root
    for wrong in ((key, value + b"x"), (key + b"x", value), (value, key)):
        assert refused(verify_membership, root, proof, *wrong, spec)
    assert refused(verify_membership, sha256(root).digest(), proof, key, value, spec)
    assert refused(verify_non_membership, root, proof, key, spec)
    others = [other for other in SPECS.values() if other is not spec]
    assert all(refused(verify_membership, root, proof, key, value, other) for other in others)


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("place", PLACES)
def test_absence(vectors: Vectors, kind: str, place: str) -> None:
    case = load(vectors, f"{kind}/nonexist_{place}.json")
    data, root, key = (bytes.fromhex(case[name]) for name in ("proof", "root", "key"))
    proof, spec = decode_proof(data), SPECS[kind]
    verify_non_membership(root, proof, key, spec)
    assert encode_proof(proof) == data
    absence = proof.nonexist
    assert absence is not None
    for neighbour in (absence.left, absence.right):
        if neighbour is not None:
            assert refused(verify_non_membership, root, proof, neighbour.key, spec)
    alone = [dataclasses.replace(absence, left=None), dataclasses.replace(absence, right=None)]
    for part in alone:
        if part != absence:
            half = CommitmentProof(nonexist=part)
            assert refused(verify_non_membership, root, half, key, spec)


@pytest.mark.parametrize("kind", SPECS)
def test_batches(vectors: Vectors, kind: str) -> None:
    """All six proofs in one batch, plain and compressed; those of presence are found by their keys."""
    names = [f"{kind}/{prefix}exist_{place}.json" for prefix in ("", "non") for place in PLACES]
    cases = [load(vectors, name) for name in names]
    proofs = [decode_proof(bytes.fromhex(case["proof"])) for case in cases]
    entries = tuple(BatchEntry(proof.exist, proof.nonexist) for proof in proofs)
    batch = CommitmentProof(batch=BatchProof(entries))
    plain, small = encode_proof(batch), encode_proof(batch, compressed=True)
    assert decode_proof(plain) == decode_proof(small) == batch
    assert len(small) < len(plain)
    for case in cases[: len(PLACES)]:
        root, key, value = (bytes.fromhex(case[name]) for name in ("root", "key", "value"))
        verify_membership(root, batch, key, value, SPECS[kind])


@pytest.mark.parametrize("kind", SPECS)
def test_no_changed_byte_is_accepted(vectors: Vectors, kind: str) -> None:
    case = load(vectors, f"{kind}/exist_middle.json")
    data, root, key, value = (bytes.fromhex(case[n]) for n in ("proof", "root", "key", "value"))

    def verify(changed: bytes) -> None:
        verify_membership(root, decode_proof(changed), key, value, SPECS[kind])

    verify(data)
    for at, bit in product(range(len(data)), (1, 0x80)):
        assert refused(verify, data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
    assert all(refused(decode_proof, data[:length]) for length in range(len(data)))
    assert refused(decode_proof, data + b"\x00")


def test_leaf_operations(vectors: Vectors) -> None:
    for name, case in load(vectors, "TestLeafOpData.json").items():
        given = leaf_of(case["Op"]), raw(case.get("Key")), raw(case.get("Value"))
        if case["IsErr"]:
            assert refused(ics23_steps.leaf_hash, *given), name
        else:
            assert ics23_steps.leaf_hash(*given) == raw(case["Expected"]), name


def test_inner_operations(vectors: Vectors) -> None:
    for name, case in load(vectors, "TestInnerOpData.json").items():
        given = inner_of(case["Op"]), raw(case.get("Child"))
        if case["IsErr"]:
            assert refused(ics23_steps.inner_hash, *given), name
        else:
            assert ics23_steps.inner_hash(*given) == raw(case["Expected"]), name


def test_hashes(vectors: Vectors) -> None:
    for name, case in load(vectors, "TestDoHashData.json").items():
        content = case.get("Preimage", case.get("PreImage")).encode()
        assert ics23_steps.hash_content(case["HashOp"], content).hex() == case["ExpectedHash"], name


def test_roots(vectors: Vectors) -> None:
    for name, case in load(vectors, "TestExistenceProofData.json").items():
        proof = proof_of(case["Proof"])
        if case["IsErr"]:
            assert refused(ics23.calculated_root, proof), name
        else:
            assert ics23.calculated_root(proof) == raw(case["Expected"]), name


def test_leaves_against_specifications(vectors: Vectors) -> None:
    for name, case in load(vectors, "TestCheckLeafData.json").items():
        pair = leaf_of(case["Leaf"]), leaf_of(case["Spec"])
        assert refused(ics23_steps.check_leaf, *pair) == case["IsErr"], name


def test_proofs_against_specifications(vectors: Vectors) -> None:
    for name, case in load(vectors, "TestCheckAgainstSpecData.json").items():
        pair = proof_of(case["Proof"]), spec_of(case["Spec"])
        assert refused(ics23.check_form, *pair) == bool(case["Err"]), name


def test_empty_branches(vectors: Vectors) -> None:
    for case in load(vectors, "TestEmptyBranchData.json"):
        step, inner = inner_of(case["Op"]), spec_of(case["Spec"]).inner_spec
        last = len(inner.child_order) - 1
        assert ics23.is_beside_nothing(inner, step, 0) == case["IsLeft"]
        assert ics23.is_beside_nothing(inner, step, last) == case["IsRight"]


def test_a_prefix_has_room_for_all_children_but_one() -> None:
    """Of trees that nobody knows by name: the specification alone says how long a prefix may be."""
    inner = TENDERMINT_SPEC.inner_spec
    longest = inner.max_prefix_length + (len(inner.child_order) - 1) * inner.child_size
    for length, fits in ((longest, True), (longest + 1, False)):
        step = InnerOp(inner.hash, b"\x01" * length, b"")
        if fits:
            ics23_steps.check_inner(step, TENDERMINT_SPEC, None, 1)
        else:
            with pytest.raises(ProofError, match="does not allow"):
                ics23_steps.check_inner(step, TENDERMINT_SPEC, None, 1)
