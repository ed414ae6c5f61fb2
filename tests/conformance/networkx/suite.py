"""Runs a part of NetworkX's own test suite, as it is installed, with our backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx

from tests.tidy.tree import ROOT

SUITE = Path(nx.__file__).parent


@dataclass(frozen=True)
class Run:
    """``outcomes`` by test; backend calls by function and by test; whether NetworkX could take over."""

    outcomes: dict[str, str]
    functions: dict[str, int]
    tests: dict[str, int]
    fallback: bool
    output: str

    @property
    def ended(self) -> Counter[str]:
        """Number of tests by outcome."""
        return Counter(self.outcomes.values())

    def bad(self) -> list[str]:
        """Tests that failed or could not begin."""
        return sorted(name for name, outcome in self.outcomes.items() if outcome == "failed")


def run_suite(folder: Path, *parts: str, fallback: bool, broken: str = "") -> Run:
    """Runs the tests under ``parts`` of the suite; ``folder`` takes the settings and the counts.

    ``NETWORKX_FALLBACK_TO_NX`` is read as "is it set at all": "False" would switch the fallback on.
    """
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    counts = folder / "counts.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", str(folder / "pytest.ini")),
            *("-p", "no:cacheprovider", "-p", "no:xdist", "--continue-on-collection-errors"),
            *("-p", "tests.conformance.networkx.counting"),
            *(str(SUITE / part) for part in parts),
        ],
        cwd=folder,
        env={
            **_environment(),
            "NETWORKX_TEST_BACKEND": "focusmesh",
            "FOCUSMESH_COUNTS": str(counts),
            "FOCUSMESH_BROKEN": broken,
            **({"NETWORKX_FALLBACK_TO_NX": "True"} if fallback else {}),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout[-4_000:] + done.stderr[-4_000:]
    assert counts.exists(), output
    told: dict[str, Any] = json.loads(counts.read_text(encoding="utf-8"))
    return Run(**told, output=output)


def _environment() -> dict[str, str]:
    """Ours, without settings of NetworkX or of the test session that asks."""
    foreign = ("NETWORKX_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    # Plugins that are installed take seconds to load, in every process, and the suite needs none.
    plain = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "MPLBACKEND": "Agg"}
    return {**kept, **plain, "PYTHONPATH": str(ROOT)}
