"""What bounds each kernel, by NVIDIA's profiler (ncu): shares of the peak of memory, caches and arithmetic.

As a program it is what the profiler watches: rough solves of one graph of 10⁸ links in both modes, and an integer pass.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PEAK = "{}.avg.pct_of_peak_sustained_elapsed"
_SHARES = {
    "memory": _PEAK.format("dram__throughput"),
    "second_level_cache": _PEAK.format("lts__throughput"),
    "first_level_cache": "l1tex__throughput.avg.pct_of_peak_sustained_active",
    "arithmetic": _PEAK.format("sm__throughput"),
}
_OTHERS = {
    "microseconds": "gpu__time_duration.sum",
    "bytes_read": "dram__bytes_read.sum",
    "bytes_written": "dram__bytes_write.sum",
    "second_level_hits": "lts__t_sector_hit_rate.pct",
    "warps": "sm__warps_active.avg.pct_of_peak_sustained_active",
    "registers": "launch__registers_per_thread",
}
_KERNELS = "sums|record|move|shares|images|divided|undirected|whole|raised|taken|push"
_LAUNCHES = 140
_ROUGH = 0.05
"""A tolerance that takes few passes, in which every kernel comes at least twice."""
_BOUND_FROM = 60.0
"""Per cent of a peak from which a kernel is said to be bound by it; below, by how long single accesses take."""


def profiled() -> dict[str, Any]:
    """Means over the launches of each kernel; empty, with the reason, where there is no profiler."""
    program = shutil.which("ncu")
    if program is None:
        return {"left out": "ncu is not installed"}
    metrics = ",".join([*_SHARES.values(), *_OTHERS.values()])
    command = [
        *(program, "--clock-control", "none", "--csv", "--page", "raw", "--metrics", metrics),
        *("-k", f"regex:{_KERNELS}", "-c", str(_LAUNCHES), sys.executable, "-m", __name__),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"left out": done.stderr.splitlines()[-1:] or done.stdout.splitlines()[-1:]}
    launches: dict[str, list[dict[str, float]]] = defaultdict(list)
    for name, values in _rows(done.stdout):
        launches[name].append(values)
    return {name: _summary(values) for name, values in sorted(launches.items())}


def _rows(printed: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Kernel and metrics of each launch, in the units of _SHARES and _OTHERS."""
    lines = [row for row in csv.reader(printed.splitlines()) if len(row) > 10]
    head, units, *rows = lines
    scale = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "Kbyte": 1e3, "Mbyte": 1e6, "Gbyte": 1e9}
    for row in rows:
        named = re.sub(r"^void |\(.*$", "", row[head.index("Kernel Name")])
        values = {}
        for name, metric in (_SHARES | _OTHERS).items():
            at = head.index(metric)
            values[name] = float(row[at].replace(",", "")) * scale.get(units[at], 1.0)
        yield named, values


def _summary(launches: list[dict[str, float]]) -> dict[str, Any]:
    means = {name: sum(one[name] for one in launches) / len(launches) for name in launches[0]}
    most = max(_SHARES, key=lambda name: means[name])
    bound = most if means[most] >= _BOUND_FROM else "latency"
    return {"launches": len(launches), "bound_by": bound} | {
        name: round(value, 2) for name, value in means.items()
    }


def watched() -> None:
    """What is profiled."""
    from benchmarks.cards.card_measures import MODES, even, integer_pass, rmat
    from focusmesh.engine.focus.cuda import CardStructure, solve_on_card

    structure, _ = CardStructure.from_links(*rmat(22, 24), None, 1 << 22)
    integer_pass(structure)()
    for params in MODES.values():
        solve_on_card(even(structure, params), _ROUGH)


if __name__ == "__main__":
    watched()
