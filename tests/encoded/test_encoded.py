"""Ids, digests and names that others keep are what they were before code was renamed."""

from __future__ import annotations

import json

import pytest

from tests.encoded.collect import GOLDEN, collected, missing

LOST = {
    "geneses": ["00" * 32],
    "operation sets": ["00" * 32],
    "encoded fields": ["epoch_blocks kind motion"],
    "http": ["get /v1/rank takes query motion"],
    "graphql": ["Query.motion: Int"],
    "protobuf": ["focusmesh.v1.RankRequest.motion = 1"],
    "metrics": ["network_motions"],
    "commands": ["focusmesh motion"],
}


@pytest.fixture(scope="module")
def now() -> dict[str, list[str]]:
    return collected()


def test_nothing_that_others_keep_was_renamed(now: dict[str, list[str]]) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert golden.keys() == LOST.keys()
    assert len(golden["geneses"]) == 20
    assert len(golden["operation sets"]) >= 4
    assert missing(golden, now) == []


@pytest.mark.parametrize("kind", LOST)
def test_a_name_that_went_is_caught(now: dict[str, list[str]], kind: str) -> None:
    (complaint,) = missing({kind: LOST[kind]}, now)
    assert complaint.startswith(f"{kind}: ")
    assert missing({kind: now[kind][:1]}, now) == []
