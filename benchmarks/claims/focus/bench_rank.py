"""Cold ranking at equal accuracy: PageRank mode beside the peers (the full operator: bench_full).

Peers stop at an L1 change below 1e-6. Every answer is then judged by one application of the operator in float64, and
ours is asked for the smallest residual among theirs, so that it stops no earlier and is not the less accurate. A peer
whose residual is above 1e-6 all the same has not reached the accuracy: it stays in the table but is no measure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, interleaved, ratio, summary
from benchmarks.peers import DAMPING, NAMES, UNWEIGHTED
from benchmarks.worker import Worker, close

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RULE = 1e-6
OWN = "focusmesh"
FIXED = ("igraph",)
"""Engines that do not stop by the rule but go on to about 1e-12."""
_SMALL_ONLY = ("NetworkX",)
_PROMISED = {
    "rmat20": {
        "GraphBLAS 10, raw": (1.5, 2.3),
        "python-graphblas": (2.2, 3.4),
        "SciPy float64": (5.0, 8.0),
        "NetworKit": (10.0, 16.0),
        "igraph": (18.0, 31.0),
    },
    "words": {"GraphBLAS 10, raw": (3.6, 4.5)},
    "passages": {"GraphBLAS 10, raw": (3.6, 4.5)},
    "rmat20-linked": {"GraphBLAS 10, raw": (1.5, 2.3)},
    "tokens": {"GraphBLAS 10, raw": (1.5, 2.3)},
}
"""How many times faster than a peer, and how many next."""


@dataclass
class _Race:
    """One graph, its workers, and what was seen of each contestant."""

    graph: str
    links: int
    workers: dict[str, Worker]
    folder: Path
    build: dict[str, float] = field(default_factory=dict)
    peak: dict[str, int] = field(default_factory=dict)
    iterations: dict[str, int | None] = field(default_factory=dict)
    residual: dict[str, float] = field(default_factory=dict)
    stream: float | None = None

    def built(self) -> None:
        """Builds and prepares everyone, one after the other."""
        for name, worker in self.workers.items():
            steps = [worker.ask("build"), worker.ask("prepare")]
            if all(steps):
                self.build[name] = sum(step["seconds"] for step in steps)
                self.peak[name] = max(step["peak_bytes"] for step in steps)
        read = interleaved({OWN: self.workers[OWN].turn("stream", 2)}, rounds=15)
        self.stream, _ = summary(read[OWN])

    def turn(
        self, contestant: str, name: str, step: str, *arguments: object
    ) -> Callable[[], float | None]:
        """A turn that ranks and, the first time, has the answer judged."""

        def ranked() -> float | None:
            worker = self.workers[name]
            told = worker.ask(step, *arguments)
            if not told:
                return None
            self.peak[name] = max(self.peak.get(name, 0), told["peak_bytes"])
            self.iterations[contestant] = told["answer"]
            if contestant not in self.residual:
                self._judge(contestant, worker)
            seconds: float = told["seconds"]
            return seconds

        return ranked

    def _judge(self, contestant: str, worker: Worker) -> None:
        path = str(self.folder / "scores.npy")
        worker.ask("keep_scores", path)
        self.residual[contestant] = self.workers[OWN].ask("residual", path)["answer"]


def measure(quick: bool) -> Result:
    """R-MAT at scales 16 (where NetworkX takes part), 18 and 20, and two graphs of Python's sources."""
    result = Result("rank")
    for graph in ("rmat16",) if quick else ("rmat16", "rmat18", "rmat20", "words", "passages"):
        peers = {
            name: NAMES[name] for name in NAMES if name not in _SMALL_ONLY or graph == "rmat16"
        }
        rows = rank_on(graph, peers, result)
        result.targets += promises(graph, rows)
    rank_on("rmat16-unweighted" if quick else "rmat20-unweighted", UNWEIGHTED, result)
    return result


def rank_on(graph: str, names: Mapping[str, str], result: Result) -> list[Row]:
    """PageRank mode: the table, which is also returned."""
    inputs = Inputs.named(graph)
    links, particles = len(inputs), inputs.particle_count
    del inputs
    workers = {name: Worker(target, graph) for name, target in names.items()}
    try:
        with TemporaryDirectory() as folder:
            race = _Race(graph, links, workers, Path(folder))
            race.built()
            rows = _race(race)
    finally:
        result.not_run |= close(workers, graph)
    result.add(f"PageRank mode, {graph}: {particles:,} particles, {links:,} links", rows)
    return rows


def _race(race: _Race) -> list[Row]:
    """One round for the peers' accuracy; then all of them in turns, ours as accurate as the best of them."""
    peers = [name for name in race.workers if name != OWN]
    turns = {name: race.turn(name, name, "rank", RULE) for name in peers}
    interleaved(turns, rounds=1)
    ruled = [race.residual[name] for name in peers if name in race.residual and name not in FIXED]
    wanted = min(ruled, default=RULE) / (1 - DAMPING)
    own, far = f"{OWN}, as accurate as the peers", f"{OWN}, bound 1e-12"
    turns[own] = race.turn(own, OWN, "rank", wanted)
    for label, step, tolerance in (
        (f"{OWN} without acceleration", "rank_plainly", wanted),
        (f"{OWN}, bound 1e-6", "rank", RULE),
        (far, "rank", 1e-12),
    ):
        turns[label] = race.turn(label, OWN, step, tolerance)
    times = interleaved(turns)
    best = {name: summary(taken)[0] for name, taken in times.items()}
    order = sorted((name for name in best if best[name]), key=lambda name: best[name] or 0.0)
    return [_row(race, name, times[name], best[own], best[far]) for name in order]


def _row(
    race: _Race,
    contestant: str,
    times: list[float],
    own: float | None,
    far: float | None,
) -> Row:
    engine = contestant if contestant in race.workers else OWN
    seconds, median = summary(times)
    return {
        "engine": contestant,
        "rank_s": seconds,
        "median_s": median,
        "ratio": ratio(seconds, own),
        "ratio_at_1e-12": ratio(seconds, far) if contestant in FIXED else None,
        "iterations": race.iterations[contestant],
        "share_of_bound": _share(race.iterations[contestant], race.stream, seconds),
        "residual": race.residual[contestant],
        "reaches_1e-6": "yes" if race.residual[contestant] <= RULE else "no",
        "build_s": race.build.get(engine),
        "peak_MB": race.peak[engine] / 1e6,
        "peak_bytes_per_link": race.peak[engine] / race.links,
        "runs": len(times),
    }


def _share(passes: int | None, stream: float | None, seconds: float | None) -> float | None:
    """Which part of the time reading 8 bytes a link in every pass would have taken."""
    if passes is None or stream is None or not seconds:
        return None
    return passes * stream / seconds


def promises(graph: str, rows: list[Row]) -> list[Target]:
    """What was promised of each peer; else level with the fastest peer that reaches the accuracy."""
    ratios = {str(row["engine"]): float(row["ratio"] or 0) for row in rows}
    promised = _PROMISED.get(graph)
    if promised is None:
        reaching = [row for row in rows if row["reaches_1e-6"] == "yes"]
        peers = [str(row["engine"]) for row in reaching if row["engine"] in NAMES]
        nearest = min(peers, key=lambda name: ratios[name], default=None)
        if nearest is None:
            return []
        what = f"{graph}: fastest peer ({nearest}) / ours"
        return [Target(what, 1.0, ratios[nearest], "×", at_least=True)]
    targets = [
        Target(f"{graph}: {peer} / ours{then}", limit, ratios.get(peer), "×", at_least=True)
        for peer, limits in promised.items()
        for limit, then in zip(limits, ("", ", next"), strict=True)
    ]
    far = {str(row["engine"]): row["ratio_at_1e-12"] for row in rows}
    targets += [
        Target(f"{graph}: {peer} / ours at 1e-12", 1.0, float(far[peer] or 0), "×", at_least=True)
        for peer in FIXED
        if peer in far
    ]
    return targets
