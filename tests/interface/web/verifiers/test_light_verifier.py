"""The light client in the page takes what Python's takes, and refuses the rest for the same reasons."""

from __future__ import annotations

import json
from typing import Any

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.block import Header, SignedHeader
from focusmesh.kernel.consensus import Decision, ValidatorSet
from tests.interface.web.verifiers.verifier import light_outcomes
from tests.kernel.light.chains import decision, key
from tests.kernel.light.handover_vectors import CHAIN as HANDED_OVER
from tests.kernel.light.handover_vectors import stray
from tests.kernel.light.vectors import PATH, shown

CASES: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"))


def test_it_says_what_pythons_says() -> None:
    found = light_outcomes(CASES)
    said = {
        case["name"]: (one["code"], one["height"]) for case, one in zip(CASES, found, strict=True)
    }
    assert said == {case["name"]: (case["code"], case["height"]) for case in CASES}


@pytest.mark.parametrize("name", ["as few votes as do", "votes of a later turn"])
def test_no_flipped_bit_is_taken(name: str) -> None:
    (case,) = (each for each in CASES if each["name"] == name)
    (signed,) = case["headers"]
    flipped: list[dict[str, Any]] = []
    for field in ("header", "decision"):
        data = bytes.fromhex(signed[field])
        for at in range(0, len(data), 7):
            changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
            flipped.append({**case, "headers": [{**signed, field: changed.hex()}]})
    assert [one["code"] for one in light_outcomes(flipped) if one["code"] is None] == []


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("end", None),
        ("quorum/end", "decision"),
        ("snowman/{height}/end", "decision"),
        ("snowman/{height}/notarise", "decision"),
        ("snowman/0{height}/end", "decision"),
        ("snowman/1{height}/end", "decision"),
        ("solo/end", "decision"),
    ],
)
def test_headers_of_version_1_have_slots_without_engine_as_in_python(
    step: str, code: str | None
) -> None:
    (case,) = (each for each in CASES if each["name"] == "as few votes as do")
    (signed,) = case["headers"]
    header = Header.decode(bytes.fromhex(signed["header"]))
    signers = Decision.from_bytes(bytes.fromhex(signed["decision"])).certificate.signers
    numbers = [number for number in range(9) if key(number).public in signers]
    made = decision(header, numbers, step=step.format(height=header.height))
    shown = {**case, "headers": [{**signed, "decision": made.hex()}]}
    assert [one["code"] for one in light_outcomes([shown])] == [code]
    try:
        Decision.from_bytes(made).verify(
            header.network,
            ValidatorSet({key(number).public: 1 for number in numbers}),
            header.engine,
        )
    except ProofError as error:
        found: str | None = error.code
    else:
        found = None
    assert found == code


@pytest.mark.parametrize(
    ("taken", "beside", "is_proof"),
    [
        (5, [stray(2)], True),
        (5, [HANDED_OVER.signed[1], stray(1, 40)], True),
        (5, HANDED_OVER.signed[1:5], False),
        (5, [stray(3)], False),
        (2, [stray(1, 2)], True),
        (2, HANDED_OVER.signed[1:3], False),
    ],
)
def test_it_knows_a_key_that_signed_two_chains(
    taken: int, beside: list[SignedHeader], is_proof: bool
) -> None:
    """By what it saw: a block behind the hand-over that it went through, or beside the last one of the key."""
    (case,) = (each for each in CASES if each["name"] == "through a hand-over and back")
    given = [shown(each) for each in HANDED_OVER.signed[1 : taken + 1]]
    (found,) = light_outcomes([{**case, "headers": given, "beside": list(map(shown, beside))}])
    assert found == {"code": None, "height": taken, "stray": is_proof}
