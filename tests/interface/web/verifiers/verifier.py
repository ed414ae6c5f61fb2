"""The verifier of the built page, asked from Python: it needs Node and nothing from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "src" / "focusmesh" / "interface" / "web" / "page"
Case: TypeAlias = dict[str, str]


def refusals(cases: list[Case]) -> list[str | None]:
    """For each case, None where it holds, else the code of the refusal; skips where there is no Node."""
    found: list[str | None] = _asked("verify.mjs", cases)
    return found


def of_squares(*cases: tuple[str, dict[str, Any]]) -> list[Any]:
    """What the verifier says of squares, an answer a case; see squares.mjs."""
    found: list[Any] = _asked("squares.mjs", cases)
    return found


def light_outcomes(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the page's light client makes of cases as ``light_vectors.json`` has them."""
    found: list[dict[str, Any]] = _asked("light.mjs", cases)
    return found


def frauds_shown(cases: list[dict[str, str]]) -> list[str | None]:
    """For each proof of fraud the rule that it shows to be broken, None where it shows nothing."""
    found: list[str | None] = _asked("fraud.mjs", cases)
    return found


def _asked(script: str, cases: Any) -> Any:
    if shutil.which("node") is None:
        pytest.skip("programs missing: node")
    (verifier,) = PAGE.glob("assets/verifier-*.js")
    done = subprocess.run(
        ["node", Path(__file__).with_name(script)],
        input=json.dumps({"verifier": str(verifier), "cases": cases}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
