"""``focusmesh world``: what it prints, what it keeps of a failure, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.host import simulations as worlds
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.simulation import KINDS, Schedule, SimulatedNetwork, draw_schedule
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

SMALL = ("--nodes", "3", "--blocks", "3", "--seed", "5")


@pytest.fixture
def torn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks that break their word."""
    made = SimulatedNetwork

    def room(schedule: Schedule, registry: Any) -> SimulatedNetwork:
        return made(schedule, registry, recovers=False)

    monkeypatch.setattr(worlds, "SimulatedNetwork", room)


def test_a_table_of_faults_and_one_of_invariants(invoke: Invoke) -> None:
    done = invoke("world", *SMALL, "--seeds", "1", "--faults", "net")
    assert "nobody is stuck " in done.stdout
    assert "1 seeds from 5 on, 3 nodes, 3 blocks: " in done.stdout


def test_the_same_digest_from_processes_of_their_own(
    document: Callable[..., dict[str, Any]], invoke: Invoke
) -> None:
    here = document("world", *SMALL, "--seeds", "2", "--processes", "1")
    there = json.loads(invoke("world", *SMALL, "--seeds", "2", "--processes", "2", "--json").stdout)
    left_out = ("seconds", "seeds_per_minute")
    assert {key: here[key] for key in here if key not in left_out} == {
        key: there[key] for key in there if key not in left_out
    }
    assert (here["seeds"], here["first_seed"], here["violation"]) == (2, 5, None)


@pytest.mark.usefixtures("torn")
def test_a_violation_leaves_the_least_schedule(invoke: Invoke, tmp_path: Path) -> None:
    kept = tmp_path / "least.json"
    words = ("--faults", "torn write,delay", "--seeds", "9", "--processes", "1", "--json")
    done = invoke("world", *SMALL, *words, "-o", kept, code=ExitCode.REFUSED)
    said = json.loads(done.stdout)["violation"]
    assert done.stderr.count(f"seed {said['seed']}: ") >= 1
    least = Schedule.decode(kept.read_text(encoding="utf-8"))
    assert [fault.kind for fault in least.faults] == ["torn write"]
    assert said["drawn_faults"] > 0
    assert Schedule.decode(json.dumps(said["schedule"])) == least
    again = invoke("world", "--schedule", kept, "--quiet", code=ExitCode.REFUSED)
    assert f"focusmesh: seed {said['seed']}: " in again.stderr
    assert '"kind": "torn write"' in again.stdout


def test_what_cannot_be_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text(draw_schedule(3, 2, 2, KINDS).encode(), encoding="utf-8")
    invoke("world", "--faults", "earthquake", code=ExitCode.USAGE)
    invoke("world", "--schedule", file, "--seed", "4", code=ExitCode.USAGE)
    invoke("world", "--schedule", tmp_path / "none", code=ExitCode.FILE)
    invoke("world", "--seeds", "1", "-o", file, code=ExitCode.FILE)
    file.write_text("[]", encoding="utf-8")
    done = invoke("world", "--schedule", file, code=ExitCode.INPUT)
    assert "not a schedule of a world" in done.stderr


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_interrupt_ends_all_of_it(processes: str) -> None:
    words = ("world", "--seeds", "500", "--processes", processes)
    with subprocess.Popen(
        [*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as running:
        time.sleep(3)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == ExitCode.INTERRUPTED
    # A slow machine may still be loading modules by then, which ends without a word.
    assert said.decode().splitlines() in (["focusmesh: interrupted"], [])
    deadline = time.monotonic() + 60
    with suppress(ProcessLookupError):
        while True:
            os.killpg(running.pid, 0)
            assert time.monotonic() < deadline, "a helper goes on"
            time.sleep(0.05)
