"""Tests and measures the engine on a graphics card and keeps all of it in one JSON file (``make card``).

    python -m benchmarks.cards.card -o benchmarks/results/card.json

The file has the date, the driver, the card, the commit, the command, what the tests printed, every raw sample, what the
profiler counted, and digests of certificates made on the card and on the host from the same seed. ``--parts`` runs
some of the parts and joins them to a file that is there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cards.card_profile import profiled
from benchmarks.cards.card_tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = (
    ("tests/engine/focus/cuda/test_cards.py",),
    (
        "-k",
        "cuda",
        "tests/engine/focus/solve/test_solver.py",
        "tests/engine/focus/certificate/test_operator.py",
    ),
    (
        "-k",
        "cuda",
        "tests/engine/focus/certificate/test_rounding.py",
        "tests/engine/focus/certificate/test_vectors.py",
    ),
    (
        "-k",
        "wgpu",
        "tests/engine/focus/solve/test_solver.py",
        "tests/engine/focus/certificate/test_operator.py",
        "tests/engine/focus/certificate/test_vectors.py",
        "tests/engine/focus/wgpu/test_wgpu.py",
        "tests/engine/focus/wgpu/test_kernels.py",
    ),
    ("-k", "cuda", "tests/engine/rewrite/test_cards.py"),
)


def tested() -> list[dict[str, Any]]:
    """The tests that have a card in them: what was run, what it printed last, its exit code."""
    told = []
    for chosen in TESTS:
        command = [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", *chosen]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()[-6:]
        print(*lines, sep="\n", flush=True)
        told.append({"arguments": command[3:], "exit_code": done.returncode, "printed": lines})
    return told


def measured_by(name: str, *arguments: Any) -> Any:
    """A part that needs the card in this process."""
    from benchmarks.cards import card_measures

    return getattr(card_measures, name)(*arguments)


def webgpu() -> dict[str, Any]:
    """The same card through Vulkan."""
    from benchmarks.cards.card_wgpu import webgpu

    return webgpu()


def rewritten() -> Any:
    """Wide programs of the rewrite machine."""
    from benchmarks.cards.card_rewrite import rewritten

    return rewritten()


def alone(name: str) -> Any:
    """A part in a process of its own: what one part leaves in memory costs another nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.json"
        command = [sys.executable, "-m", "benchmarks.cards.card", "--alone", name, "-o", str(path)]
        subprocess.run(command, check=True)
        return json.loads(path.read_text())


IN_A_PROCESS: dict[str, Callable[[], Any]] = {
    "certificate": lambda: measured_by("certified"),
    "public": lambda: measured_by("public"),
    "called22x24": lambda: measured_by("called", 22, 24),
    "rmat22x24": lambda: measured_by("measured", 22, 24),
    "rmat23x12": lambda: measured_by("measured", 23, 12),
    "rmat26x16": lambda: measured_by("huge"),
    "rewrite": rewritten,
    "webgpu": webgpu,
}
PARTS: dict[str, Callable[[], Any]] = {
    "tests": tested,
    **{name: partial(alone, name) for name in IN_A_PROCESS},
    "profile": profiled,
}


def machine(commit: str) -> dict[str, Any]:
    """Where and when this was measured."""
    asked = "--query-gpu=name,driver_version,memory.total"
    card = subprocess.run(
        ["nvidia-smi", asked, "--format=csv,noheader"], capture_output=True, text=True, check=True
    )
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "card": card.stdout.strip(),
        "cupy": next(version(name) for name in _cupy_packages()),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "commit": commit,
        "command": " ".join(["python -m benchmarks.cards.card", *map(_named, sys.argv[1:])]),
    }


def _named(argument: str) -> str:
    """An argument; of a path the name alone."""
    return Path(argument).name if "/" in argument else argument


def _cupy_packages() -> list[str]:
    from importlib.metadata import packages_distributions

    return packages_distributions()["cupy"]


def commit_here() -> str:
    """The commit of this tree, marked where files differ from it."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40"],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()


def main() -> None:
    """Runs the parts and writes the file after each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--commit", help="where this tree is no git checkout")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--alone", choices=IN_A_PROCESS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.alone:
        chosen.output.write_text(json.dumps(IN_A_PROCESS[chosen.alone]()))
        return
    told: dict[str, Any] = json.loads(chosen.output.read_text()) if chosen.output.exists() else {}
    where = machine(chosen.commit or commit_here())
    for name in chosen.parts:
        begun = time.perf_counter()
        told[name] = PARTS[name]()
        told.setdefault("machine", {})[name] = where
        print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)
        told |= {"benchmark": "card", "not_run": {}, "targets": [], "tables": tables(told)}
        chosen.output.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
