"""PageRank mode from 10³ to 10⁷ links, beside igraph, NetworkX and SciPy: graphs of one kind, every size in one run.

Peers stop at an L1 change below 1e-6, igraph at its own 1e-12; ours is asked for a residual as small as the smallest of
those that stop by the rule. In the first table every engine has worked through a small graph before, so that its code
is loaded; "from arrays" is building, what ranking needs, and ranking. In the second each answer comes from a process of
its own, whose libraries load first; code that was compiled once is kept.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import ROOT, made
from benchmarks.harness import Result, Row, Target, interleaved, ratio, summary
from benchmarks.peers import DAMPING, NAMES
from benchmarks.worker import Worker, close

if TYPE_CHECKING:
    from collections.abc import Callable

RULE = 1e-6
OWN = "focusmesh"
WARM, FRESH = "Code loaded", "Fresh processes"
"""Beginnings of the titles of both tables."""
_SIZES = (1_000, 3_000, 10_000, 30_000, 90_000, 110_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
_QUICK = (1_000, 110_000)
_FRESH = (1_000, 10_000, 90_000, 110_000, 1_000_000)
_MOST = {"NetworkX": 110_000, "igraph": 1_000_000}
"""Links up to which an engine takes part: beyond, building or ranking takes seconds."""
PEERS = ("SciPy float64", "igraph", "NetworkX")


def measure(quick: bool) -> Result:
    """All sizes; the picture is drawn from the tables."""
    result, sizes = Result("sizes"), _QUICK if quick else _SIZES
    warm = [row for links in sizes for row in _warm(links, result)]
    result.add(f"{WARM}: milliseconds and ratios to ours", warm)
    fresh = [row for links in sizes if links in _FRESH for row in _fresh(links, quick)]
    result.add(f"{FRESH}: from the start of Python to the scores", fresh)
    for rows, column, what in (
        (warm, "rank_ratio", "ranked"),
        (warm, "arrays_ratio", "from arrays"),
        (fresh, "ratio", "fresh process"),
    ):
        for links in sizes:
            result.targets += _promise(rows, links, column, what)
    return result


def _names(links: int) -> dict[str, str]:
    return {name: NAMES[name] for name in (OWN, *PEERS) if links <= _MOST.get(name, links)}


def _warm(links: int, result: Result) -> list[Row]:
    graph = f"tailed{links}"
    workers = {name: Worker(target, graph) for name, target in _names(links).items()}
    rounds, seconds = (25, 1.0) if links < 300_000 else (7, 4.0)
    try:
        with TemporaryDirectory() as folder:
            build = interleaved(
                {name: _built(worker) for name, worker in workers.items()}, rounds, seconds, 1
            )
            residual = {
                name: _judged(workers, name, RULE, folder) for name in workers if name != OWN
            }
            wanted = min(residual[name] for name in residual if name != "igraph") / (1 - DAMPING)
            residual[OWN] = _judged(workers, OWN, wanted, folder)
            times = interleaved(
                {
                    name: worker.turn("rank", wanted if name == OWN else RULE)
                    for name, worker in workers.items()
                },
                *(rounds, seconds),
            )
    finally:
        result.not_run |= close(workers, graph)
    best = {name: (summary(build[name])[0], summary(times[name])[0]) for name in workers}
    whole = {name: (made_in or 0.0) + (ranked or 0.0) for name, (made_in, ranked) in best.items()}
    return [
        {
            "links": links,
            "engine": name,
            "rank_ms": 1e3 * (best[name][1] or 0.0),
            "rank_ratio": ratio(best[name][1], best[OWN][1]),
            "from_arrays_ms": 1e3 * whole[name],
            "arrays_ratio": ratio(whole[name], whole[OWN]),
            "residual": residual[name],
            "runs": len(times[name]),
        }
        for name in workers
    ]


def _built(worker: Worker) -> Callable[[], float | None]:
    def turn() -> float | None:
        steps = [worker.ask("rebuild"), worker.ask("prepare")]
        return sum(step["seconds"] for step in steps) if all(steps) else None

    return turn


def _judged(workers: dict[str, Worker], name: str, tolerance: float, folder: str) -> float:
    """‖R(x) − x‖₁ of what an engine says."""
    path = str(Path(folder) / "scores.npy")
    workers[name].ask("rank", tolerance)
    workers[name].ask("keep_scores", path)
    return float(workers[OWN].ask("residual", path)["answer"])


def _fresh(links: int, quick: bool) -> list[Row]:
    folder = made(f"tailed{links}")
    turns = {name: _process(name, folder) for name in _names(links)}
    times = interleaved(turns, rounds=2 if quick else 5, seconds_each=8.0)
    own, _ = summary(times[OWN])
    return [
        {
            "links": links,
            "engine": name,
            "best_s": summary(taken)[0],
            "median_s": summary(taken)[1],
            "ratio": ratio(summary(taken)[0], own),
            "runs": len(taken),
        }
        for name, taken in times.items()
    ]


def _process(name: str, folder: Path) -> Callable[[], float]:
    command = [sys.executable, "-m", "benchmarks.first_answer", name, str(folder)]

    def turn() -> float:
        begun = time.perf_counter()
        subprocess.run(command, check=True, cwd=ROOT)
        return time.perf_counter() - begun

    return turn


def _promise(rows: list[Row], links: int, column: str, what: str) -> list[Target]:
    """No peer is faster than ours."""
    here: list[Any] = [row for row in rows if row["links"] == links and row["engine"] != OWN]
    if not here:
        return []
    nearest = min(here, key=lambda row: float(row[column] or np.inf))
    label = f"{links:,} links, {what}: fastest peer ({nearest['engine']}) / ours"
    return [Target(label, 1.0, nearest[column], "×", at_least=True)]
