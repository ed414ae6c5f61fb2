"""The vectors that other implementations are held to say what this one does."""

from __future__ import annotations

import json

from tests.kernel.light.vectors import PATH, document


def test_the_vectors_are_what_this_light_client_says() -> None:
    kept = json.loads(PATH.read_text(encoding="utf-8"))
    assert kept == document(), (
        "see whether that is meant, then `python -m tests.kernel.light.vectors`"
    )


def test_every_refusal_has_its_case() -> None:
    codes = {case["code"] for case in json.loads(PATH.read_text(encoding="utf-8"))}
    assert codes >= {
        *(None, "quorum", "certificate", "decision", "epoch", "gap", "height", "parent", "network"),
        *(
            "params-hash",
            "time",
            "electorate",
            "stale",
            "clock",
            "fraud",
            "parameters",
        ),
        *("proof", "proposer", "trace", "engine", "rotation", "fork", "upgrade", "version"),
    }
