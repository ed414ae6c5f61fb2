"""Our proofs before a verifier that others wrote: npm's @confio/ics23, installed into .cache.

It takes keys as they are, so a proof is rewritten to the hashed key. It does not know empty children between
neighbours: its verdict is ours under a specification without them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.state import (
    CommitmentProof,
    decode_proof,
    encode_proof,
    verify_membership,
    verify_non_membership,
)
from focusmesh.kernel.state.ics23.forms import SMT_SPEC, ExistenceProof, Hash
from tests.conformance.npm import asked, installed
from tests.kernel.state.tree.test_tree import empty

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import LeftOut, Vectors

    Case: TypeAlias = dict[str, str | None]
    Verdicts: TypeAlias = Callable[[list[Case]], list[bool]]

STRICT = replace(SMT_SPEC, inner_spec=replace(SMT_SPEC.inner_spec, empty_child=b""))


@pytest.fixture(scope="module")
def confio() -> Verdicts:
    project = installed(Path(__file__).parent, "@confio/ics23")

    def ask(cases: list[Case]) -> list[bool]:
        return [bool(verdict) for verdict in asked(project, "verify.mjs", cases)]

    return ask


def rewritten(proof: CommitmentProof) -> CommitmentProof:
    """The same about the hashed keys."""

    def plain(given: ExistenceProof | None) -> ExistenceProof | None:
        if given is None or given.leaf is None:
            return given
        leaf = replace(given.leaf, prehash_key=int(Hash.NONE))
        return replace(given, key=sha256(given.key).digest(), leaf=leaf)

    if proof.nonexist is None:
        return CommitmentProof(exist=plain(proof.exist))
    left, right = plain(proof.nonexist.left), plain(proof.nonexist.right)
    return CommitmentProof(nonexist=replace(proof.nonexist, left=left, right=right))


def case(proof: CommitmentProof, root: bytes, key: bytes, value: bytes | None) -> Case:
    return {
        "proof": encode_proof(rewritten(proof)).hex(),
        "root": root.hex(),
        "key": sha256(key).hexdigest(),
        "value": None if value is None else value.hex(),
    }


def is_strictly_absent(root: bytes, proof: CommitmentProof, key: bytes) -> bool:
    """Whether a proof of absence needs no empty child."""
    try:
        verify_non_membership(root, proof, key, STRICT)
    except ProofError:
        return False
    return True


def test_our_proofs(confio: Verdicts, left_out: LeftOut) -> None:
    entries = {b"/kv/%d" % number: b"value %d" % number for number in range(300)}
    tree = empty().view(entries)
    present = [case(tree.prove(key), tree.root, key, value) for key, value in entries.items()]
    assert confio(present) == [True] * len(present)
    absent = [b"/kv/%d" % number for number in range(300, 600)]
    proofs = [tree.prove(key) for key in absent]
    for key, proof in zip(absent, proofs, strict=True):
        verify_non_membership(tree.root, proof, key)
    expected = [is_strictly_absent(tree.root, p, k) for k, p in zip(absent, proofs, strict=True)]
    cases = [case(proof, tree.root, key, None) for key, proof in zip(absent, proofs, strict=True)]
    assert confio(cases) == expected
    assert sum(expected) > 50
    across = len(expected) - sum(expected)
    left_out("npm's verifier", f"{across} of {len(expected)} absences lie beside an empty child")


def test_what_is_not_so_is_refused_there_too(confio: Verdicts) -> None:
    entries = {b"%d" % number: b"value" for number in range(40)}
    tree = empty().view(entries)
    own, other = tree.prove(b"7"), tree.prove(b"8")
    absence = tree.prove(b"none")
    lies = [
        case(own, tree.root, b"7", b"other value"),
        case(own, tree.root, b"8", b"value"),
        case(other, sha256(tree.root).digest(), b"8", b"value"),
        case(absence, tree.root, b"7", None),
        case(absence, sha256(tree.root).digest(), b"none", None),
    ]
    assert confio([case(own, tree.root, b"7", b"value"), *lies]) == [True] + [False] * len(lies)


def test_the_published_proofs(confio: Verdicts, vectors: Vectors) -> None:
    """Rewritten as ours are, five of the six hold there; absence in the middle is across an empty child."""
    cases, expected = [], []
    for name in ("left", "middle", "right"):
        for prefix in ("", "non"):
            path = vectors("ics23") / "smt" / f"{prefix}exist_{name}.json"
            told = json.loads(path.read_text(encoding="utf-8"))
            root, key, value = (bytes.fromhex(told[field]) for field in ("root", "key", "value"))
            proof = decode_proof(bytes.fromhex(told["proof"]))
            if value:
                verify_membership(root, proof, key, value)
            cases.append(case(proof, root, key, value or None))
            expected.append(bool(value) or is_strictly_absent(root, proof, key))
    assert confio(cases) == expected
    assert sum(expected) == 5
