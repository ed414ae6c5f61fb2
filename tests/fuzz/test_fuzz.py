"""Every target is fuzzed a little with every change, longer by ``make fuzz``; what breaks a rule would be found."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT, SOAK
from tests.fuzz.planted import RUNS
from tests.fuzz.target import load, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Needs, NotRun

RUNS_EACH = 20_000 if SOAK else 300
SEED = 7
SESSION_SECONDS_MAX = 7_200 if SOAK else 600


@pytest.fixture(scope="module", autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where targets keep files, which they make once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("scratch")))
        yield


@pytest.fixture
def atheris(needs: Needs, not_run: NotRun) -> None:
    """Counted as not run where there is no wheel of it, missing elsewhere."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64") or sys.version_info >= (3, 14):
        not_run("no wheel of atheris", f"{platform.machine()}, Python {platform.python_version()}")
    needs("atheris")


@pytest.fixture(scope="module")
def session() -> dict[str, Any]:
    """All targets in one process, which instruments focusmesh once and forks for each of them."""
    told = ran("tests.fuzz", f"--runs={RUNS_EACH}", f"--seed={SEED}", "--json")
    lines = [json.loads(line) for line in told.splitlines()]
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", names())
def test_nothing_is_found(name: str, atheris: None, request: pytest.FixtureRequest) -> None:
    fuzzed = request.getfixturevalue("session")[name]
    assert fuzzed["findings"] == [], fuzzed["told"]
    assert fuzzed["runs"] >= RUNS_EACH
    assert fuzzed["edges"] > 0
    assert fuzzed["accepted"] > 0


@pytest.mark.parametrize("name", names())
def test_seeds_are_accepted(name: str) -> None:
    """Where atheris is not to be had too."""
    target = load(name)
    seeds = target.seeds()
    assert seeds
    assert all(target.check(seed) for seed in seeds)


@pytest.mark.parametrize("name", names())
def test_no_seed_costs_too_much(name: str) -> None:
    """Once everything is loaded: so does no input of the targets' own."""
    target = load(name)
    for seed in target.seeds():
        target.check(seed)
        assert target.measured(seed)


@pytest.mark.parametrize("name", names())
def test_no_bytes_at_all(name: str) -> None:
    assert load(name).check(b"") in (False, True)


def test_the_page_names_every_target() -> None:
    page = (ROOT / "docs" / "explanation" / "fuzzing.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == names()


@pytest.mark.parametrize("fault", ["exception", "wrong", "memory", "crash", "bomb", "time"])
def test_what_is_planted_is_found(fault: str, tmp_path: Path, atheris: None) -> None:
    """The twin of finding nothing."""
    fuzzed = found_in(fault, tmp_path)
    assert fuzzed["findings"]
    for finding in fuzzed[
        "findings"
    ]:  # on a busy machine what takes long is found by the clock as well
        data = Path(finding).read_bytes()
        assert data[0] == ord("F")
        assert data[1] == len(data) - 2


def test_nothing_planted_is_nothing_found(tmp_path: Path, atheris: None) -> None:
    fuzzed = found_in("nothing", tmp_path)
    assert fuzzed["findings"] == []
    assert fuzzed["runs"] == RUNS
    assert 0 < fuzzed["accepted"] < RUNS


def found_in(fault: str, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran("tests.fuzz.planted", fault, str(folder)))
    return found


def ran(module: str, *arguments: str) -> str:
    """What a module prints that runs as a program; its exit code may say that something was found."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=SESSION_SECONDS_MAX,
    )
    assert done.stdout, done.stderr
    return done.stdout


def test_one_input_can_be_looked_at_again(tmp_path: Path) -> None:
    seed = tmp_path / "input"
    seed.write_bytes(load("cids").seeds()[0])
    command = [sys.executable, "-m", "tests.fuzz", "cids", "--input"]
    for content, told in ((seed.read_bytes(), "accepted"), (b"x", "refused")):
        seed.write_bytes(content)
        done = subprocess.run(
            [*command, str(seed)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{told}\n"
