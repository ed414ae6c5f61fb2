"""Fuzz all targets or some: ``python -m tests.fuzz [TARGET …] [--seconds N | --runs N] [--seed N] [--keep FOLDER]``.

``--input FILE`` checks one file with one target, without atheris: to see what was found again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.fuzzing import Fuzzed, fuzz, prepare
from tests.fuzz.target import load, names

_HEAD = (
    f"{'target':20}{'runs':>12}{'runs/s':>9}{'accepted':>10}{'edges':>7}{'slowest':>10}  findings"
)


def main(arguments: list[str]) -> int:
    """1 where something was found."""
    asked = _parser().parse_args(arguments)
    if asked.input is not None:
        accepted = load(asked.targets[0]).measured(asked.input.read_bytes())
        sys.stdout.write("accepted\n" if accepted else "refused\n")
        return 0
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
        return _all(asked, asked.keep)
    with tempfile.TemporaryDirectory(prefix="focusmesh-fuzz-") as folder:
        return _all(asked, Path(folder))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", choices=[*names(), []])
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--runs", type=int, help="inputs for each target, in place of seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="findings, corpora and logs")
    parser.add_argument("--input", type=Path, metavar="FILE", help="check this with one target")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each target")
    return parser


def _all(asked: argparse.Namespace, folder: Path) -> int:
    length = f"-max_total_time={asked.seconds}" if asked.runs is None else f"-runs={asked.runs}"
    targets = prepare(asked.targets or names(), folder)
    found = 0
    if not asked.json:
        _tell(_HEAD)
    for name, target in targets.items():
        fuzzed = fuzz(name, target, folder / name, [length, f"-seed={asked.seed}"])
        found += len(fuzzed.findings)
        told = [_shown(finding) for finding in fuzzed.findings]
        if asked.json:
            _tell(json.dumps(asdict(fuzzed) | {"told": told}, default=str))
        else:
            _tell("\n".join([_row(fuzzed), *told]))
    return int(found > 0)


def _row(fuzzed: Fuzzed) -> str:
    rate = fuzzed.runs / max(fuzzed.seconds, 1e-3)
    accepted = fuzzed.accepted / max(fuzzed.runs, 1)
    slowest = f"{fuzzed.slowest * 1e3:,.0f} ms"
    numbers = f"{fuzzed.runs:12,}{rate:9,.0f}{accepted:10.1%}{fuzzed.edges:7,}{slowest:>10}"
    return f"{fuzzed.name:20}{numbers}  {len(fuzzed.findings)}"


def _shown(finding: Path) -> str:
    """What was raised, the end of it; and the input, where it is short enough to be pasted."""
    told = finding if finding.name == "log" else finding.with_suffix(".txt")
    text = told.read_text(encoding="utf-8", errors="replace") if told.exists() else ""
    data = finding.read_bytes()[:200]
    return f"    {finding}\n    {data!r}\n" + text[-4_000:]


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
