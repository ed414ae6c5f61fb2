"""ICS-23 proofs as protobuf: one form each, and none holds that says anything else than what the tree has."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from focusmesh.errors import ProofError
from focusmesh.kernel.state import (
    CommitmentProof,
    decode_proof,
    encode_proof,
    verify_membership,
    verify_non_membership,
)
from focusmesh.kernel.state.ics23.forms import IAVL_SPEC, SMT_SPEC, TENDERMINT_SPEC, ProofSpec
from tests.fuzz.target import Structure, Target
from tests.kernel.state.tree.test_proofs import tree_of

_SPECS = (SMT_SPEC, IAVL_SPEC, TENDERMINT_SPEC)
_ASKED_MAX = 8
_NUMBERS = set(range(0, 60, 2))


@cache
def _tree() -> Any:
    return tree_of(_NUMBERS)


def check(data: bytes) -> bool:
    try:
        proof = decode_proof(data)
    except ProofError:
        return False
    assert data in (encode_proof(proof), encode_proof(proof, compressed=True))
    tree, entries = _tree()
    for key, value in _said(proof)[:_ASKED_MAX]:
        for spec in _SPECS:
            if _present(tree.root, proof, key, value, spec):
                assert entries.get(key) == value, f"{key!r} is not {value!r}"
            if _absent(tree.root, proof, key, spec):
                assert key not in entries, f"{key!r} is there"
    return True


def _said(proof: CommitmentProof) -> list[tuple[bytes, bytes]]:
    """Keys with values that the proof may be about, and keys of the tree that it may deny."""
    batch = proof.batch.entries if proof.batch else ()
    found = [one for one in (proof.exist, *(each.exist for each in batch)) if one is not None]
    return [(one.key, one.value) for one in found] + [(b"/kv/4", b"value 4"), (b"/kv/5", b"")]


def _present(
    root: bytes, proof: CommitmentProof, key: bytes, value: bytes, spec: ProofSpec
) -> bool:
    try:
        verify_membership(root, proof, key, value, spec)
    except ProofError:
        return False
    return True


def _absent(root: bytes, proof: CommitmentProof, key: bytes, spec: ProofSpec) -> bool:
    try:
        verify_non_membership(root, proof, key, spec)
    except ProofError:
        return False
    return True


def seeds() -> list[bytes]:
    tree, _ = _tree()
    proofs = [tree.prove(b"/kv/4"), tree.prove(b"/kv/5"), tree.prove(b"/kv/58")]
    batch = tree.prove_many([b"/kv/4", b"/kv/5", b"/kv/10"])
    return [*map(encode_proof, (*proofs, batch)), encode_proof(batch, compressed=True)]


def _read(data: bytes) -> Any:
    return msgspec.to_builtins(decode_proof(data), builtin_types=(bytes,))


def _write(value: Any) -> bytes:
    return encode_proof(msgspec.convert(value, CommitmentProof, builtin_types=(bytes,)))


TARGET = Target(check, seeds, Structure(_read, _write))
