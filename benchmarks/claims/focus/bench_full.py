"""Cold ranking by the full operator (K = 8): beside our own PageRank mode, and beside the same operator in SciPy.

All go on to a proved bound of 1e-6.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, interleaved, ratio, summary
from benchmarks.peers import NAMES
from benchmarks.worker import Worker, close

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RULE = 1e-6
OWN = "focusmesh"
_PEER = "SciPy, plain"
_SOLVERS = ("auto", "anderson", "plain")
"""Ours, first the one that is used unless told otherwise; the others iterate R itself."""
_TIMES = {"rmat20": 5.0, "words": 3.0, "passages": 3.0}
"""The full operator takes at most so many times as long as PageRank mode at the same bound."""
_FASTER = 20.0


def measure(quick: bool) -> Result:
    """R-MAT at scales 16, 18 and 20, and two graphs of Python's sources."""
    result = Result("full")
    for graph in ("rmat16",) if quick else ("rmat16", "rmat18", "rmat20", "words", "passages"):
        _rank_on(graph, result)
    return result


def _rank_on(graph: str, result: Result) -> None:
    """The full operator: ours by each solver and SciPy's, beside our own PageRank mode, all at bound 1e-6."""
    links = len(Inputs.named(graph))
    workers = {
        OWN: Worker(NAMES[OWN], graph),
        _PEER: Worker("benchmarks.peers.scipy_full:SciPyFull", graph),
    }
    try:
        for worker in workers.values():
            worker.ask("build")
        workers[_PEER].ask("prepare")
        rows = _race(workers, links)
    finally:
        result.not_run |= close(workers, graph)
    result.add(f"Full operator (K = 8), {graph}: {links:,} links", rows)
    result.targets += _targets(graph, rows)


def _race(workers: Mapping[str, Worker], links: int) -> list[Row]:
    own = workers[OWN]
    told: dict[str, dict[str, float]] = {}

    def turn(solver: str) -> Callable[[], float | None]:
        def ranked() -> float | None:
            answer = own.ask("rank_fully", RULE, solver)
            told[solver] = answer.get("answer", {})
            return answer.get("seconds")

        return ranked

    turns: dict[str, Callable[[], float | None]] = {
        f"{OWN}, {solver}": turn(solver) for solver in _SOLVERS
    }
    turns |= {
        _PEER: _scipy_turn(workers, told),
        "PageRank mode": own.turn("rank", RULE),
    }
    times = interleaved(turns, rounds=5, at_least=1)
    pagerank, _ = summary(times.pop("PageRank mode"))
    best, _ = summary(times[f"{OWN}, {_SOLVERS[0]}"])
    solvers = {name: told.get(name.removeprefix(f"{OWN}, "), {}) for name in times}
    return [
        _row(name, times[name], solvers[name], (pagerank, best), links)
        for name in times
        if times[name]
    ]


def _scipy_turn(
    workers: Mapping[str, Worker], told: dict[str, dict[str, float]]
) -> Callable[[], float | None]:
    """A turn of SciPy's, whose answer is judged as all are."""

    def ranked() -> float | None:
        answer = workers[_PEER].ask("rank_fully", RULE)
        if not answer:
            return None
        with TemporaryDirectory() as folder:
            path = str(Path(folder) / "scores.npy")
            workers[_PEER].ask("keep_scores", path)
            residual = workers[OWN].ask("residual", path, True)["answer"]
        told[_PEER] = {"iterations": answer["answer"], "residual": residual}
        seconds: float = answer["seconds"]
        return seconds

    return ranked


def _row(
    name: str,
    times: list[float],
    told: dict[str, float],
    own: tuple[float | None, float | None],
    links: int,
) -> Row:
    """``own``: seconds of our PageRank mode and of our full operator."""
    seconds, median = summary(times)
    return {
        "solver": name,
        "rank_s": seconds,
        "median_s": median,
        "times_PageRank_mode": ratio(seconds, own[0]),
        "ratio": ratio(seconds, own[1]),
        "iterations": int(told["iterations"]),
        "residual": told["residual"],
        "bound": told.get("bound"),
        "runs": len(times),
    }


def _targets(graph: str, rows: list[Row]) -> list[Target]:
    """How much longer than PageRank mode, and how much faster than SciPy, where that was promised."""
    if graph not in _TIMES:
        return []
    by_name = {str(row["solver"]): row for row in rows}
    times = float(by_name[f"{OWN}, {_SOLVERS[0]}"]["times_PageRank_mode"] or 0)
    targets = [Target(f"{graph}: full operator / PageRank mode", _TIMES[graph], times, "×")]
    if _PEER in by_name:
        faster = float(by_name[_PEER]["ratio"] or 0)
        what = f"{graph}, full operator: SciPy / ours"
        targets.append(Target(what, _FASTER, faster, "×", at_least=True))
    return targets
