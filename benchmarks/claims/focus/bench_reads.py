"""Reads of a live focus after edits: what settling costs beside a solve of the same graph.

A graph of 50,000 particles and 400,000 links drawn with a skew (the cube of a uniform number picks each end). Edits are
links between the ends of drawn links; they only collect what they change, and the read after them pays one certified
correction. Processor time, of a solve and of reads by turns, so that other work on the machine hardly matters.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.harness import Result, Row, Target
from focusmesh import FocusParams, Graph

if TYPE_CHECKING:
    from collections.abc import Callable

MODES = {"full": FocusParams(), "PageRank": FocusParams.pagerank()}
_SIZES = (50_000, 400_000)
_QUICK = (5_000, 40_000)
_AIMS = {1: 0.45, 30: 0.05, 300: 0.01}
"""Edits between two reads, and the most of a solve that each of them may take."""
_READS = {1: 15, 30: 7, 300: 5}
_TOLERANCE = 1e-6


def measure(quick: bool) -> Result:
    """Both modes at a tolerance of 1e-6."""
    result = Result("reads")
    draws = np.random.default_rng(2)
    count, links = _QUICK if quick else _SIZES
    source, target = (draws.random((2, links)) ** 3 * count).astype(np.int64)
    graph = Graph.from_edges(source, target, draws.uniform(0.1, 1.0, links), particles=count)
    for mode, params in MODES.items():
        rows = _rows(graph, params, source, target, draws)
        result.add(f"{mode} mode, {count:,} particles, {links:,} links: reads after edits", rows)
        if not quick and mode == "full":
            for row, (edits, aim) in zip(rows, _AIMS.items(), strict=True):
                what = f"{mode} mode, {edits} edits and a read: share of a solve an edit"
                result.targets.append(Target(what, aim, _number(row["share_an_edit"]), ""))
    return result


def _rows(
    graph: Graph, params: FocusParams, source: Any, target: Any, draws: np.random.Generator
) -> list[Row]:
    live = graph.live(params, _TOLERANCE)
    _solve(graph, params)
    live.link(0, 1)
    live.settle()
    rows: list[Row] = []
    for edits, reads in _READS.items():
        solves, taken, settled, bounds = [], [], [], []
        for _ in range(reads):
            solves.append(_milliseconds(lambda: _solve(graph, params)))
            ends = draws.integers(0, len(source), (edits, 2)).tolist()

            def edit(ends: list[list[int]] = ends) -> None:
                for one, other in ends:
                    live.link(int(source[one]), int(target[other]))

            taken.append(_milliseconds(edit))
            settled.append(_milliseconds(live.settle))
            bounds.append(live.bound)
        solve, read = float(np.median(solves)), float(np.median(settled))
        rows.append(
            {
                "edits": edits,
                "reads": reads,
                "solve_ms": solve,
                "edits_ms": float(np.median(taken)),
                "read_ms": read,
                "read_most_ms": max(settled),
                "share_an_edit": (read + float(np.median(taken))) / solve / edits,
                "worst_bound": max(bounds),
            }
        )
    return rows


def _solve(graph: Graph, params: FocusParams) -> None:
    graph.derived.clear()
    graph.focus(params, _TOLERANCE)


def _milliseconds(act: Callable[[], Any]) -> float:
    begun = time.process_time()
    act()
    return 1e3 * (time.process_time() - begun)


def _number(value: Any) -> float:
    return float(value)
