"""Certificates: checking one beside one application of R in floating point, and making one.

Verification is timed twice: of a graph whose names are hashed and whose weights are rounded already, as a program that
checks many certificates would hold it, and from a graph as a stranger opens it, hashing, sorting and rounding included.
No other library checks a ranking bit by bit, so the peer is our own application of R in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.claims.focus.bench_stream import Passes
from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, interleaved, ratio, summary
from benchmarks.worker import Worker
from focusmesh import Certificate, FocusParams, certify, verify
from focusmesh.engine.focus import IntegerAxons

_UNITS = {"rmat16": 1e-3, "rmat20": 1e-3}
"""What one unit of weight is, where weights are not integers."""
_MODES = {"full": FocusParams(), "pagerank": FocusParams.pagerank()}
_TITLES = {"full": "full operator (K = 8)", "pagerank": "diffusion alone"}
_VISITS = {"full": 17, "pagerank": 1}
_RATIO, _SECONDS = 2.5, 1.0


class Certificates(Passes):
    """Certificates of one graph in both modes, and single passes beside them."""

    def make(self, graph: str) -> dict[str, Any]:
        """Everything that is checked later."""
        self.unit = _UNITS.get(graph)
        self.ready()
        self.axons = IntegerAxons.of(self._built(), self.unit)
        self.focus = {mode: self._focus(params, 1e-6, "auto") for mode, params in _MODES.items()}
        self.made: dict[str, Certificate] = {}
        return {mode: self.certify(mode) for mode in _MODES}

    def certify(self, mode: str) -> float:
        """From a focus within 1e-6 to a certificate; the residual of its vector in integers."""
        self.made[mode] = certify(self.axons, self.focus[mode])
        return self.check(mode)

    def prepare_axons(self) -> int:
        """Hashes names, sorts digests, rounds weights."""
        return IntegerAxons.of(self._built(), self.unit).count

    def check(self, mode: str) -> float:
        """Verifies on the prepared graph."""
        return verify(self.axons, self.made[mode], params=_MODES[mode]).residual

    def check_graph(self, mode: str) -> float:
        """Verifies from the graph alone."""
        return verify(self._built(), self.made[mode], params=_MODES[mode]).residual

    def warm(self) -> int:
        """One float application of each operator, so that nothing is compiled while it is timed."""
        return sum(int(np.isfinite(op.apply(self.x)).all()) for op in self.operators.values())


def measure(quick: bool) -> Result:
    """R-MAT at scale 20 with weights in thousandths, and the words of Python's sources, whose weights are counts."""
    result = Result("certificate")
    for graph in ("rmat16",) if quick else ("rmat20", "words"):
        with Worker("benchmarks.claims.focus.bench_certificate:Certificates", graph) as worker:
            _certify_on(graph, worker, result)
            if worker.missing:
                result.not_run[f"certificates of {graph}"] = worker.missing
    return result


def _certify_on(graph: str, worker: Worker, result: Result) -> None:
    inputs = Inputs.named(graph)
    what = f"{graph}: {inputs.particle_count:,} particles, {len(inputs):,} links"
    del inputs
    residual = worker.ask("make", graph).get("answer", {})
    worker.ask("warm")
    turns = {"stream": worker.turn("stream", 2), "prepare": worker.turn("prepare_axons")}
    for mode in _MODES:
        turns[f"float {mode}"] = worker.turn("apply", mode)
        turns[f"check {mode}"] = worker.turn("check", mode)
        turns[f"graph {mode}"] = worker.turn("check_graph", mode)
        turns[f"certify {mode}"] = worker.turn("certify", mode)
    times = {
        name: summary(taken)[0]
        for name, taken in interleaved(turns, rounds=7, seconds_each=2.0).items()
    }
    result.add(f"Certificates, {what}", [_row(mode, times, residual) for mode in _MODES])
    over = ratio(times["check full"], times["float full"])
    result.targets += [
        Target(f"{graph}: verification (K = 8) / one float application", _RATIO, over, "×"),
        Target(f"{graph}: verification (K = 8) from the graph", _SECONDS, times["graph full"], "s"),
    ]


def _row(mode: str, times: dict[str, float | None], residual: dict[str, float]) -> Row:
    """Times of one operator; the bound is a streaming read of 8 bytes for each visit of a link."""
    checked, stream = times[f"check {mode}"], times["stream"]
    return {
        "operator": _TITLES[mode],
        "float_R_ms": _ms(times[f"float {mode}"]),
        "verify_ms": _ms(checked),
        "times_float_R": ratio(checked, times[f"float {mode}"]),
        "share_of_bound": ratio(None if stream is None else stream * _VISITS[mode], checked),
        "prepare_ms": _ms(times["prepare"]),
        "verify_from_graph_ms": _ms(times[f"graph {mode}"]),
        "certify_from_1e-6_ms": _ms(times[f"certify {mode}"]),
        "residual": residual.get(mode),
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1e3 * seconds
