"""Construction: 16 million weighted links in arrays become a structure with in- and out-rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, interleaved, quotient, ratio, summary
from benchmarks.peers import NAMES
from benchmarks.worker import Worker, close

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = "focusmesh"
_TYPED = "benchmarks.peers.own:Typed"
_SECONDS, _BYTES = 2.0, 28.0


def measure(quick: bool) -> Result:
    """R-MAT at scales 16 (where NetworkX takes part), 18 and 20, and the words of Python's sources."""
    result = Result("build")
    for graph in ("rmat16",) if quick else ("rmat16", "rmat18", "rmat20", "words"):
        _build(graph, result)
    return result


def _build(graph: str, result: Result) -> None:
    inputs = Inputs.named(graph)
    links, particles = len(inputs), inputs.particle_count
    del inputs
    workers = {
        name: Worker(target, graph)
        for name, target in NAMES.items()
        if name != "NetworkX" or graph == "rmat16"
    }
    workers |= {
        f"{OWN}, {what}": Worker(_TYPED, graph, kind)
        for what, kind in (("float64 weights", "float64"), ("no weights", "none"))
    }
    peak: dict[str, int] = {}
    try:
        turns = {name: _turn(name, worker, peak) for name, worker in workers.items()}
        times = interleaved(turns, rounds=5, seconds_each=4.0, at_least=1)
    finally:
        result.not_run |= close(workers, graph)
    own, _ = summary(times[OWN])
    rows = [
        _row(name, times[name], own, peak[name], links)
        for name in sorted(times, key=lambda name: min(times[name], default=0.0))
        if times[name]
    ]
    title = f"In- and out-structure of {graph}: {particles:,} particles, {links:,} links"
    result.add(title, rows)
    if graph == "rmat20" and own is not None:
        result.targets += [
            Target("16 M weighted links built", _SECONDS, own, "s"),
            Target("memory above the input arrays", _BYTES, peak[OWN] / links, "bytes a link"),
        ]


def _turn(name: str, worker: Worker, peak: dict[str, int]) -> Callable[[], float | None]:
    """The first turn is weighed too: later ones may find memory that the process has kept."""

    def built() -> float | None:
        told = worker.ask("rebuild")
        if told:
            peak.setdefault(name, told["peak_bytes"])
        return told.get("seconds")

    return built


def _row(name: str, times: list[float], own: float | None, peak: int, links: int) -> Row:
    seconds, median = summary(times)
    return {
        "engine": name,
        "build_s": seconds,
        "median_s": median,
        "ratio": ratio(seconds, own),
        "M_links_per_s": quotient(links, seconds, 1e6),
        "peak_MB": peak / 1e6,
        "peak_bytes_per_link": peak / links,
        "runs": len(times),
    }
