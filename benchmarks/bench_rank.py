"""Cold ranking at equal accuracy: PageRank mode beside the peers, and the full operator, which has no peer.

Peers stop at an L1 change below 1e-6. Every answer is then judged by one application of the operator in float64, and
ours is asked for the smallest residual among theirs, so that it stops no earlier and is not the less accurate. A peer
whose residual is above 1e-6 all the same has not reached the accuracy: it stays in the table but is no measure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.engines import DAMPING, NAMES
from benchmarks.graphs import Inputs
from benchmarks.harness import Result, Row, Target, interleaved, quotient, ratio, summary
from benchmarks.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

RULE = 1e-6
OWN = "focusmesh"
FIXED = ("igraph",)
"""Engines that do not stop by the rule but go on to about 1e-12."""
_SMALL_ONLY = ("NetworkX",)
_VISITS = 17
"""Link visits of one application of R at K = 8: one directed pass, eight undirected ones."""


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

    def built(self) -> None:
        """Builds and prepares everyone, one after the other."""
        for name, worker in self.workers.items():
            steps = [worker.ask("build"), worker.ask("prepare")]
            if all(steps):
                self.build[name] = sum(step["seconds"] for step in steps)
                self.peak[name] = max(step["peak_bytes"] for step in steps)

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
    """R-MAT at scales 16 (where NetworkX takes part), 18 and 20, and the words of Python's sources."""
    result = Result("rank")
    for graph in ("rmat16",) if quick else ("rmat16", "rmat18", "rmat20", "words"):
        _rank_on(graph, result)
    return result


def _rank_on(graph: str, result: Result) -> None:
    inputs = Inputs.named(graph)
    links, particles = len(inputs), inputs.particle_count
    del inputs
    names = {name: NAMES[name] for name in NAMES if name not in _SMALL_ONLY or graph == "rmat16"}
    workers = {name: Worker(target, graph) for name, target in names.items()}
    try:
        with TemporaryDirectory() as folder:
            race = _Race(graph, links, workers, Path(folder))
            race.built()
            rows = _race(race)
            full = _full(race)
    finally:
        for name, worker in workers.items():
            if worker.missing:
                result.not_run[f"{name} on {graph}"] = worker.missing
            worker.close()
    what = f"{graph}: {particles:,} particles, {links:,} links"
    result.add(f"PageRank mode, {what}", rows)
    result.add(f"Full operator (K = 8), {what}", full)
    result.targets += _targets(graph, rows)


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
        "residual": race.residual[contestant],
        "reaches_1e-6": "yes" if race.residual[contestant] <= RULE else "no",
        "build_s": race.build.get(engine),
        "peak_MB": race.peak[engine] / 1e6,
        "peak_bytes_per_link": race.peak[engine] / race.links,
        "runs": len(times),
    }


def _full(race: _Race) -> list[Row]:
    """The full operator by both solvers beside our own PageRank mode, all at bound 1e-6."""
    worker = race.workers[OWN]
    told: dict[str, dict[str, float]] = {}

    def turn(solver: str) -> Callable[[], float | None]:
        def ranked() -> float | None:
            answer = worker.ask("rank_fully", RULE, solver)
            told[solver] = answer.get("answer", {})
            return answer.get("seconds")

        return ranked

    turns = {solver: turn(solver) for solver in ("anderson", "plain")}
    turns["pagerank"] = lambda: worker.ask("rank", RULE).get("seconds")
    times = interleaved(turns, rounds=3, at_least=1)
    pagerank, _ = summary(times.pop("pagerank"))
    return [
        {
            "solver": solver,
            "rank_s": summary(taken)[0],
            "times_PageRank_mode": ratio(summary(taken)[0], pagerank),
            "applications": int(told[solver]["iterations"]),
            "link_visits_per_link": int(told[solver]["iterations"]) * _VISITS,
            "G_visits_per_s": quotient(
                told[solver]["iterations"] * _VISITS * race.links, summary(taken)[0], 1e9
            ),
            "residual": told[solver]["residual"],
            "bound": told[solver]["bound"],
            "runs": len(taken),
        }
        for solver, taken in times.items()
        if taken
    ]


def _targets(graph: str, rows: list[Row]) -> list[Target]:
    """Level with the fastest peer that reaches the accuracy."""
    reaching = [row for row in rows if row["engine"] in NAMES and row["reaches_1e-6"] == "yes"]
    peers = {str(row["engine"]): float(row["ratio"] or 0) for row in reaching}
    if not peers:
        return []
    nearest = min(peers, key=lambda name: peers[name])
    what = f"{graph}: fastest peer ({nearest}) / ours"
    return [Target(what, 1.0, peers[nearest], "×", at_least=True)]
