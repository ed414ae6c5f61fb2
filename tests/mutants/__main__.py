"""Measures how strong the tests of the core are: ``python -m tests.mutants [AREA …] [--count N] [--workers N]``.

Each mutant is one small change of one module, in a copy of the tree. Tests that fail have killed it. A survivor is a
gap, or a change that no test could notice: those are listed with the reason in ``survivors.json``. The exit code is 1
where a survivor has no reason.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, NamedTuple

from tests.mutants import scores
from tests.mutants.areas import AREAS, Area
from tests.mutants.sampling import Mutant, sample

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
REASONS = Path(__file__).with_name("survivors.json")
_COPIED = ("src", "tests", "pyproject.toml", "docs", "scripts", "benchmarks")
_CPU_SECONDS_MIN = 20
_SLOWER_MAX = 5
_WAIT_SECONDS_MAX = 900
"""Tests that wait for ever use no processor time; a busy machine must not look like that."""


class Outcome(NamedTuple):
    """What became of the mutants of an area. ``survivors``: a module, the operator, the line before."""

    area: str
    mutants: int
    killed: int
    survivors: list[tuple[str, str, str]]


def main(arguments: list[str]) -> int:
    """1 where a mutant survived that nobody explained."""
    asked = _parser().parse_args(arguments)
    reasons = {
        (each["module"], each["operator"], each["line"]): each["reason"]
        for each in json.loads(REASONS.read_text(encoding="utf-8"))
    }
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="focusmesh-mutants-") as folder:
        copies = [_copy_tree(Path(folder) / str(number)) for number in range(asked.workers)]
        for area in asked.areas or AREAS:
            outcomes.append(_measure(copies, area, AREAS[area], asked))
            _tell(_row(outcomes[-1], reasons))
    if asked.json is not None:
        scores.keep(asked.json, [_facts(each, reasons, asked) for each in outcomes])
        scores.write_page(asked.json)
    return int(any(each not in reasons for outcome in outcomes for each in outcome.survivors))


def _facts(
    outcome: Outcome, reasons: dict[tuple[str, str, str], str], asked: argparse.Namespace
) -> scores.Score:
    explained = sum(each in reasons for each in outcome.survivors)
    return scores.Score(
        area=outcome.area,
        mutants=outcome.mutants,
        killed=outcome.killed,
        explained=explained,
        seed=asked.seed,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        digest=scores.digest(AREAS[outcome.area].files(ROOT)),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("areas", nargs="*", metavar="AREA", choices=[*AREAS, []])
    parser.add_argument("--count", type=int, default=40, help="mutants of each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="mutants tried at a time (1)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write what came out, and the page"
    )
    return parser


def _copy_tree(copy: Path) -> Path:
    copy.mkdir()
    for name in _COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, copy / name)
    return copy


def _measure(copies: Sequence[Path], name: str, area: Area, asked: argparse.Namespace) -> Outcome:
    begun = _children_seconds()
    if not _tests_pass(copies[0], area, resource.RLIM_INFINITY):
        sys.exit(f"{name}: its tests fail before anything is changed")
    seconds_max = max(round(_SLOWER_MAX * (_children_seconds() - begun)), _CPU_SECONDS_MIN)
    drawn = sample(list(area.files(copies[0])), asked.count, asked.seed)
    free: Queue[Path] = Queue()
    for copy in copies:
        free.put(copy)

    def survives(mutant: Mutant) -> bool:
        copy = free.get()
        try:
            return _survives(copy, area, mutant.moved(copies[0], copy), seconds_max)
        finally:
            free.put(copy)

    survivors: list[tuple[str, str, str]] = []
    with ThreadPoolExecutor(len(copies)) as pool:
        for number, (mutant, survived) in enumerate(
            zip(drawn, pool.map(survives, drawn), strict=True), 1
        ):
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{name}: {number} of {len(drawn)}, {len(survivors)} survived ")
            if survived:
                module = mutant.path.relative_to(copies[0] / "src" / "focusmesh").as_posix()
                survivors.append((module, mutant.operator.rpartition("/")[2], mutant.line))
    return Outcome(name, len(drawn), len(drawn) - len(survivors), survivors)


def _survives(copy: Path, area: Area, mutant: Mutant, seconds_max: int) -> bool:
    before = mutant.path.read_text(encoding="utf-8")
    mutant.path.write_text(mutant.source(), encoding="utf-8")
    try:
        return _tests_pass(copy, area, seconds_max)
    finally:
        mutant.path.write_text(before, encoding="utf-8")


def _python_path() -> list[str]:
    return [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tests_pass(copy: Path, area: Area, seconds_max: int) -> bool:
    """Whether they pass within so many seconds of processor time: what runs for ever was noticed too."""
    limit = partial(resource.setrlimit, resource.RLIMIT_CPU, (seconds_max, seconds_max))
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, *(f"tests/{path}" for path in area.tests)],
            cwd=copy,
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join([str(copy / "src"), *_python_path()]),
                "CI": "",
                # The vectors lie beside the checkout, not beside the copy.
                "FOCUSMESH_VECTORS": os.environ.get("FOCUSMESH_VECTORS")
                or str(ROOT.parent / "shared" / "vectors"),
            },
            capture_output=True,
            timeout=_WAIT_SECONDS_MAX,
            preexec_fn=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _row(outcome: Outcome, reasons: dict[tuple[str, str, str], str]) -> str:
    lines = [f"{outcome.area:12} {outcome.killed:4} of {outcome.mutants} killed"]
    for survivor in outcome.survivors:
        module, operator, line = survivor
        lines.append(
            f"    {module}: {operator}: {line}\n        {reasons.get(survivor, 'NOT EXPLAINED')}"
        )
    return "\n".join(lines)


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
