"""The page holds proofs of fraud to the same rules as Python does."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

from focusmesh.protocol.codec import encode
from tests.interface.web.verifiers.verifier import frauds_shown
from tests.kernel.block.ledger import with_header
from tests.kernel.fraud.changed_operators import certificate_proof, changed_operator
from tests.kernel.fraud.vectors import PATH, turned

FILE: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))


def case(at: int, proof: str) -> dict[str, str]:
    header = FILE["cases"][at]["header"]
    return {
        **{name: FILE[name] for name in ("parent", "parameters")},
        "header": header,
        "proof": proof,
    }


def test_every_proof_shows_its_rule() -> None:
    cases = [case(at, each["proof"]) for at, each in enumerate(FILE["cases"])]
    said = zip(FILE["cases"], frauds_shown(cases), strict=True)
    assert {each["name"]: kind for each, kind in said} == {
        each["name"]: each["kind"] for each in FILE["cases"]
    }


def test_what_is_no_proof_shows_nothing() -> None:
    cases = []
    for refused in FILE["refused"]:
        proof = b64decode(FILE["cases"][refused["proof"]]["proof"])
        bent = turned(proof, refused["bit"]) if "bit" in refused else proof
        cases.append(case(refused["against"], b64encode(bent).decode()))
    assert set(frauds_shown(cases)) == {None}


def test_the_first_block_under_another_operator_is_held_to_that() -> None:
    ledger, block = changed_operator([("a", "b", 3), ("b", "c", 2), ("c", "a", 1)])
    tip = ledger.chain.tip
    bent = with_header(block, focus_certificate=tip.focus_certificate, focus_root=tip.focus_root)
    parameters = encode(ledger.chain.parameters.as_fields())
    cases = []
    for each in (block, bent):
        said = {"parent": tip.encode(), "parameters": parameters, "header": each.header_bytes}
        said["proof"] = certificate_proof(each)
        cases.append({name: b64encode(data).decode() for name, data in said.items()})
    assert frauds_shown(cases) == [None, "certificate"]
