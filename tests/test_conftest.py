"""The account of what did not run is itself tested, in sessions of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

def test_runs(left_out):
    left_out("snippets", "docs/a.md:9 (needs a network)")

def test_vector(vectors):
    assert vectors("no-such/vector").exists()

def test_package(needs):
    assert needs("no_such_package")

def test_present(needs, vectors, measured):
    measured("two parts present")
    assert needs("json") and vectors("here").name == "here"

def test_declared(not_run):
    not_run("no git history")

@pytest.mark.soak
def test_long():
    assert True
"""


def session(folder: Path, *options: str, ci: bool, tests: str = TESTS) -> tuple[int, list[str]]:
    """Exit status and output lines of a pytest session over ``tests`` under our conftest."""
    shutil.copy(Path(__file__).parent / "conftest.py", folder)
    (folder / "test_probe.py").write_text(tests, encoding="utf-8")
    (folder / "here").touch()
    kept = {key: value for key, value in os.environ.items() if key not in {"CI", "FOCUSMESH_SOAK"}}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_probe.py"],
        cwd=folder,
        env={**kept, "FOCUSMESH_VECTORS": str(folder), **({"CI": "true"} if ci else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("options", [(), ("-q",), ("-n", "2")], ids=["plain", "quiet", "spread"])
def test_the_last_line_counts_what_did_not_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    status, lines = session(tmp_path, *options, ci=False)
    assert status == 0
    assert "2 passed, 4 skipped" in lines[-3]
    assert lines[-2] == "measured: two parts present"
    assert lines[-1] == (
        "did not run: 5 (1 left to make soak; 1 no git history; 1 packages missing: "
        "no_such_package; 1 snippets: docs/a.md:9 (needs a network); "
        "1 vectors missing: no-such/vector)"
    )


def test_under_ci_a_missing_part_fails(tmp_path: Path) -> None:
    status, lines = session(tmp_path, ci=True)
    assert status == 1
    assert "2 failed, 2 passed, 2 skipped" in lines[-3]
    assert any("packages missing: no_such_package; under CI" in line for line in lines)


def test_nothing_missing_is_said_too(tmp_path: Path) -> None:
    status, lines = session(tmp_path, ci=True, tests="def test_runs():\n    assert True\n")
    assert (status, lines[-1]) == (0, "did not run: 0")


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["plain", "spread"])
def test_what_was_deselected_is_counted(tmp_path: Path, options: tuple[str, ...]) -> None:
    _, lines = session(tmp_path, "-k", "test_runs", *options, ci=False)
    assert lines[-1] == "did not run: 6 (1 snippets: docs/a.md:9 (needs a network); 5 deselected)"


@pytest.mark.parametrize("ci", [False, True])
def test_a_skip_that_names_no_known_cause_fails_under_ci(tmp_path: Path, ci: bool) -> None:
    tests = "import pytest\n\ndef test_skips():\n    pytest.skip('no reason that counts')\n"
    status, lines = session(tmp_path, ci=ci, tests=tests)
    assert status == int(ci), lines
