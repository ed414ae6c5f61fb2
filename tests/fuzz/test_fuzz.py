"""Every target is fuzzed a little with every change, longer by ``make fuzz``; what breaks a rule would be found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT, SOAK
from tests.fuzz.fuzzing import Fuzzed, fuzz
from tests.fuzz.target import Target, load, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Needs

RUNS = 20_000 if SOAK else 300
SEED = 7
_SESSION_SECONDS_MAX = 600 if not SOAK else 7_200


@pytest.fixture(scope="module", autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where targets keep files, which they make once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("scratch")))
        yield


@pytest.fixture(scope="module")
def session() -> dict[str, Any]:
    """All targets in one process, which instruments focusmesh once and forks for each of them."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", f"--runs={RUNS}", f"--seed={SEED}", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SESSION_SECONDS_MAX,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", names())
def test_nothing_is_found(name: str, needs: Needs, request: pytest.FixtureRequest) -> None:
    needs("atheris")
    fuzzed = request.getfixturevalue("session")[name]
    assert fuzzed["findings"] == [], fuzzed["told"]
    assert fuzzed["runs"] >= RUNS
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
def test_no_bytes_at_all(name: str) -> None:
    assert load(name).check(b"") in (False, True)


def test_the_page_names_every_target() -> None:
    page = (ROOT / "docs" / "explanation" / "fuzzing.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == names()


def planted(fault: str) -> Target:
    """A reader of ``F``, a length and that many bytes, with a fault behind two conditions."""

    def check(data: bytes) -> bool:
        if data[:1] != b"F" or len(data) < 2:
            return False
        if data[1] == len(data) - 2 and len(data) > 4:
            _fail(fault, data)
        return True

    return Target(check, lambda: [b"F\0", b"F\x01x"])


def _fail(fault: str, data: bytes) -> None:
    if fault == "exception":
        raise IndexError(data[-1])
    if fault == "wrong":
        assert data == b""
    if fault == "memory":
        bytearray(1 << 31)
    if fault == "crash":
        os.abort()


@pytest.mark.parametrize("fault", ["exception", "wrong", "memory", "crash"])
def test_what_is_planted_is_found(fault: str, tmp_path: Path, needs: Needs) -> None:
    """The twin of finding nothing."""
    needs("atheris")
    fuzzed = found_in(planted(fault), tmp_path)
    assert len(fuzzed.findings) == 1
    data = fuzzed.findings[0].read_bytes()
    assert data[0] == ord("F")
    assert data[1] == len(data) - 2


def test_nothing_planted_is_nothing_found(tmp_path: Path, needs: Needs) -> None:
    needs("atheris")
    fuzzed = found_in(planted("nothing"), tmp_path)
    assert fuzzed.findings == []
    assert fuzzed.runs == 20_000
    assert 0 < fuzzed.accepted < fuzzed.runs


def found_in(target: Target, folder: Path) -> Fuzzed:
    seeds = folder / "seeds"
    seeds.mkdir()
    for number, seed in enumerate(target.seeds()):
        (seeds / str(number)).write_bytes(seed)
    return fuzz("planted", target, folder, ["-runs=20000", "-seed=3"])


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
