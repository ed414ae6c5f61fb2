"""The light client in the page takes what Python's takes, and refuses the rest for the same reasons."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.interface.web.verifiers.verifier import light_outcomes
from tests.kernel.light.vectors import PATH

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
