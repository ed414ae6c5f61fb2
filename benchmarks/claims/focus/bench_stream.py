"""The bound: how fast memory gives uint32 + float32 to two threads, and which share of it one pass of ours reaches."""

from __future__ import annotations

import numpy as np

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, interleaved, quotient, ratio, summary
from benchmarks.peers.base import DAMPING
from benchmarks.peers.own import Focusmesh
from benchmarks.worker import Worker
from focusmesh import FocusParams
from focusmesh.engine.focus import Operator

_LINK_BYTES = 8
_BOTH_WAYS = 2


class Passes(Focusmesh):
    """Single passes over the links of one graph."""

    def ready(self) -> None:
        """Builds, makes the operators and compiles."""
        self.build()
        structure = self._built().structure
        self.x = np.full(structure.particle_count, 1 / structure.particle_count)
        self.held = np.zeros_like(self.x)
        self.operators = {
            "pagerank": Operator.on(structure, FocusParams.pagerank(DAMPING), self.x, self.x),
            "full": Operator.on(structure, FocusParams(), self.x, self.x),
        }

    def directed(self) -> None:
        """The row sums of one directed pass."""
        self.operators["pagerank"].sums.inward(self.x)

    def undirected(self) -> None:
        """One undirected pass, which reads in-rows and out-rows."""
        self.operators["full"].sums.add_undirected(self.x, 0.1, self.held)

    def apply(self, mode: str) -> None:
        """One application of the operator, vectors and all."""
        self.operators[mode].apply(self.x)


def measure(quick: bool) -> Result:
    """R-MAT at scale 20 and two graphs of Python's sources."""
    result = Result("stream")
    for graph in ("rmat16",) if quick else ("rmat20", "words", "passages"):
        _passes(graph, result)
    return result


def _passes(graph: str, result: Result) -> None:
    links = len(Inputs.named(graph))
    steps: dict[str, tuple[tuple[object, ...], int]] = {
        "streaming read, one thread": (("stream", 1), 1),
        "streaming read, all cores": (("stream", 2), 1),
        "directed row sums": (("directed",), 1),
        "undirected row sums": (("undirected",), _BOTH_WAYS),
        "application, PageRank mode": (("apply", "pagerank"), 1),
        "application, full operator (K = 8)": (("apply", "full"), 1 + 8 * _BOTH_WAYS),
    }
    with Worker("benchmarks.claims.focus.bench_stream:Passes", graph) as worker:
        worker.ask("ready")
        turns = {what: worker.turn(str(step[0]), *step[1:]) for what, (step, _) in steps.items()}
        interleaved(turns, rounds=1)
        times = interleaved(turns, rounds=15, seconds_each=3.0)
        if worker.missing:
            result.not_run[f"streaming on {graph}"] = worker.missing
            return
    bound, _ = summary(times["streaming read, all cores"])
    rows = [
        _row(what, times[what], visits * links, bound, visits)
        for what, (_, visits) in steps.items()
    ]
    result.add(f"Passes over {graph}: {links:,} links, {_LINK_BYTES} bytes a visit", rows)


def _row(what: str, times: list[float], visits: int, bound: float | None, passes: int) -> Row:
    seconds, median = summary(times)
    return {
        "what": what,
        "best_ms": None if seconds is None else 1e3 * seconds,
        "median_ms": None if median is None else 1e3 * median,
        "G_visits_per_s": quotient(visits, seconds, 1e9),
        "GB_per_s": quotient(visits * _LINK_BYTES, seconds, 1e9),
        "share_of_bound": ratio(None if bound is None else bound * passes, seconds),
    }
