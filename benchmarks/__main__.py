"""``python -m benchmarks [name]...``: measures, prints tables and ratios, writes JSON, closes with the targets."""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from pathlib import Path

from benchmarks import machine
from benchmarks.harness import Row, table
from benchmarks.staleness import digests

CLAIMS = {
    path.stem.removeprefix("bench_"): f"benchmarks.claims.{path.parent.name}.{path.stem}"
    for path in sorted(
        Path(__file__).parent.glob("claims/*/bench_*.py"), key=lambda path: path.stem
    )
}
"""The module of each claim by its name."""

_QUIET = 0.05
"""Share of the processor that others may take before times are too long to be tracked."""


def main() -> None:
    """Runs the chosen benchmarks one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(CLAIMS)}")
    parser.add_argument("--quick", action="store_true", help="small graphs: does it run at all")
    parser.add_argument("--tracked", action="store_true", help="write results/<name>.json itself")
    options = parser.parse_args()
    unknown = set(options.names) - set(CLAIMS)
    if unknown:
        parser.error(f"no benchmark is named {', '.join(sorted(unknown))}")
    begun, targets = time.perf_counter(), list[Row]()
    for name in options.names or CLAIMS:
        facts, others = machine.facts(), machine.Others()
        print(f"\n== {name} ({facts['date']}, load {facts['load_at_start']})", flush=True)
        result = import_module(CLAIMS[name]).measure(options.quick)
        result.show_not_run()
        facts["others_share"] = others.share()
        if (facts["others_share"] or 0.0) > _QUIET:
            print(f"Not quiet: others took {facts['others_share']:.0%} of the processor.")
        print(f"written: {result.write(facts, options.tracked, digests(name))}", flush=True)
        targets += [target.row() for target in result.targets]
    print(f"\n{table(targets)}\n\n{time.perf_counter() - begun:.0f} s in all")


if __name__ == "__main__":
    main()
