"""Walks and explanations: a step by update beside the same context worked out anew; seconds of an explanation.

A walk draws eight particles at temperature 1 among twenty. ``anew`` asks for each of its contexts by itself, at the
same effort; ``solved`` solves the first ones to 1e-6, as whoever has no contexts would. Times are those of a step,
without what all contexts of a graph share. Explained are particles at ranks 3, 30 and 1,000 as seen from a start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, ratio
from benchmarks.worker import Worker, close

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENGINE = "benchmarks.peers.walking:Walking"
_OPERATORS = ("PageRank", "full")
_EFFORTS = ("fast", "balanced", "exact")
_STARTS = 3
_EXPLAIN_SECONDS = 2.0


def measure(quick: bool) -> Result:
    """R-MAT 20 and words, at 15 million links; R-MAT 16 to see whether it runs."""
    result = Result("walk")
    for graph in ("rmat16",) if quick else ("rmat20", "words"):
        inputs = Inputs.named(graph)
        what = f"{graph}: {inputs.particle_count:,} particles, {len(inputs):,} links"
        del inputs
        workers = {"focusmesh": Worker(_ENGINE, graph)}
        try:
            worker = workers["focusmesh"]
            for step in ("build", "prepare"):
                worker.ask(step)
            worker.ask("draw", _STARTS)
            walks = [row for name in _OPERATORS for row in _walk_rows(worker, name)]
            explained = [_explain_row(worker, name) for name in _OPERATORS]
        finally:
            result.not_run |= close(workers, graph)
        result.add(f"Walks, {what}", walks)
        result.add(f"Explanations, {what}", explained)
        result.targets.append(
            Target(
                f"{graph}: explain, PageRank mode, p50",
                _EXPLAIN_SECONDS,
                explained[0]["p50_s"],  # type: ignore[arg-type]
                "s",
            )
        )
    return result


def _walk_rows(worker: Worker, operator: str) -> Iterator[Row]:
    worker.ask("first", operator)
    for effort in _EFFORTS:
        worker.ask("walk", operator, effort)
        update = worker.ask("walk", operator, effort)["answer"]
        anew = worker.ask("anew", operator, effort)["answer"]
        solved = worker.ask("solved", operator)["answer"] if effort == "exact" else None
        step = _median(update)
        yield {
            "walk": f"{operator}, {effort}",
            "step_ms": 1e3 * step,
            "steps_per_s": 1 / step,
            "bound": update["bound"],
            "anew_ms": 1e3 * _median(anew),
            "anew_ratio": ratio(_median(anew), step),
            "anew_bound": anew["bound"],
            "solved_ms": None if solved is None else 1e3 * _median(solved),
            "solved_ratio": None if solved is None else ratio(_median(solved), step),
        }


def _explain_row(worker: Worker, operator: str) -> Row:
    told = worker.ask("explain", operator)["answer"]
    return {
        "explanation": operator,
        "p50_s": _median(told),
        "p90_s": float(np.quantile(told["seconds"], 0.9)),
        "proven": told["proven"],
        "runs": len(told["seconds"]),
    }


def _median(told: dict[str, Any]) -> float:
    return float(np.median(told["seconds"]))
