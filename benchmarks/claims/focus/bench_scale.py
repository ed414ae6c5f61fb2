"""Scale on one machine: R-MAT graphs from 10⁵ to 10⁸ links, built from memory-mapped files, saved, opened and ranked.

Memory is all that the kernel counts as resident at the peak of a step, the interpreter, its libraries and every
mapped page that was touched included; the process's own pages (RssAnon) and mapped file pages (RssFile) are also told
apart. The files are in the page cache. Building, PageRank mode and the full operator work in processes of their own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data import mapped
from benchmarks.harness import Result, Row, Target, quotient
from benchmarks.peers import DAMPING
from benchmarks.weighing import Weigher
from benchmarks.worker import Worker
from focusmesh import FocusParams, Graph

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCALES = (13, 15, 17, 19, 21, 22, 23)
_QUICK = (13, 14)
_WARM = 14
_MODES = ("pagerank", "full")
_REPEATED_BELOW = 20
_RUNS = 5
_QUERIES = {"fast": 20, "balanced": 5, "exact": 1}
"""Contexts asked after a first one, by effort."""
_BUILDING_GIB, _RANKING_GIB = 6.0, 4.0
TITLES = ("Building", "Ranking", "Contexts")
"""Tables; the first column of each is ``links``."""


class Building:
    """One graph from its mapped arrays."""

    def __init__(self, scale: str, path: str) -> None:
        self.graph: Graph | None = None
        self.path = path
        self.scale = _WARM
        self.build()
        self.write()
        self.scale = int(scale)
        self.graph = None
        mapped.made(self.scale)

    def build(self) -> int:
        """Returns the number of axons."""
        self.graph = None
        parts = mapped.opened(self.scale)
        self.graph = Graph.from_edges(*parts, particles=1 << self.scale)
        return self.graph.structure.axon_count

    def write(self) -> int:
        """Returns the bytes of the file."""
        assert self.graph is not None
        self.graph.save(self.path)
        return Path(self.path).stat().st_size


class Ranking:
    """One graph file in one mode, first that of a small graph, on which everything is compiled."""

    def __init__(self, path: str, warm: str, mode: str) -> None:
        self.params = FocusParams.pagerank(DAMPING) if mode == "pagerank" else FocusParams()
        self.path = warm
        self.open()
        self.rank()
        for effort in _QUERIES:
            self.contexts(effort)
        self.path = path

    def open(self) -> None:
        """Opens the file: nothing is loaded, indices are checked."""
        self.graph = Graph.open(self.path)

    def rank(self) -> dict[str, float]:
        """Ranks to a proved bound of 1e-6, cold."""
        self.graph = Graph.open(self.path)
        focus = self.graph.focus(self.params)
        return {"iterations": focus.iterations, "bound": focus.bound}

    def contexts(self, effort: str) -> dict[str, float]:
        """Median seconds and largest bound of contexts of one particle that links to others."""
        structure = self.graph.structure
        random = np.random.default_rng(4)
        seeds = structure.order[
            random.integers(0, structure.linking_count, 1 + _QUERIES[effort])
        ].tolist()
        self.graph.context([seeds[0]], params=self.params, effort=effort)
        seconds, bounds = [], []
        for seed in seeds[1:]:
            begun = time.perf_counter()
            answer = self.graph.context([seed], params=self.params, effort=effort)
            seconds.append(time.perf_counter() - begun)
            bounds.append(answer.bound)
        return {"median_s": median(seconds), "largest_bound": max(bounds)}


@dataclass
class _Weighed:
    """A step as it was asked: the fastest of its runs, and the peak of all."""

    seconds: float
    resident: int
    own: int
    mapped: int
    answer: Any

    def columns(self, what: str) -> Row:
        """Seconds and GiB under the name of the step."""
        return {
            f"{what}_s": self.seconds,
            f"{what}_GiB": self.resident / 2**30,
            f"{what}_own_GiB": self.own / 2**30,
            f"{what}_mapped_GiB": self.mapped / 2**30,
        }


def measure(quick: bool) -> Result:
    """R-MAT with 12.5 links a particle from 2¹³ to 2²³ particles."""
    result = Result("scale")
    rows: dict[str, list[Row]] = {title: [] for title in TITLES}
    with TemporaryDirectory(dir=mapped.folder()) as folder:
        warm = str(Path(folder) / "warm.focusmesh")
        for scale in _QUICK if quick else _SCALES:
            path = str(Path(folder) / f"{scale}.focusmesh")
            if not Path(warm).exists():
                _build(_WARM, warm, result)
            rows["Building"] += _build(scale, path, result)
            if rows["Building"]:
                links = int(rows["Building"][-1]["links"] or 0)
                _ask(scale, links, path, warm, rows, result)
            Path(path).unlink(missing_ok=True)
    for title, part in rows.items():
        result.add(f"{title}: R-MAT from mapped files, GiB resident", part)
    result.targets += _targets(rows, quick)
    return result


def _build(scale: int, path: str, result: Result) -> list[Row]:
    with Worker("benchmarks.claims.focus.bench_scale:Building", str(scale), path) as worker:
        built = _weighed(worker, _runs(scale), "build")
        written = _weighed(worker, 1, "write")
        if worker.missing:
            result.not_run[f"building scale {scale}"] = worker.missing
    if built is None or written is None:
        return []
    given = len(mapped.opened(scale)[0])
    row: Row = {
        "links": int(built.answer),
        "given": given,
        "particles": 1 << scale,
        "M_links_per_s": quotient(given, built.seconds, 1e6),
        **built.columns("build"),
        "write_s": written.seconds,
        "file_bytes_per_link": written.answer / built.answer,
    }
    return [row]


def _ask(
    scale: int, links: int, path: str, warm: str, rows: dict[str, list[Row]], result: Result
) -> None:
    """Opens, ranks and answers contexts in processes that have not built anything, one a mode."""
    row: Row = {"links": links}
    for mode in _MODES:
        with Worker("benchmarks.claims.focus.bench_scale:Ranking", path, warm, mode) as worker:
            opened = _weighed(worker, _runs(scale), "open")
            ranked = _weighed(worker, _runs(scale), "rank")
            if opened is not None and ranked is not None:
                row |= {"open_s": opened.seconds}
                row |= {f"{mode}_iterations": int(ranked.answer["iterations"])}
                row |= ranked.columns(mode)
            rows["Contexts"] += _contexts(worker, links, mode)
            if worker.missing:
                result.not_run[f"ranking scale {scale}, {mode}"] = worker.missing
    rows["Ranking"].append(row)


def _contexts(worker: Worker, links: int, mode: str) -> list[Row]:
    found = []
    for effort in _QUERIES:
        told = _weighed(worker, 1, "contexts", effort)
        if told is not None:
            found.append(
                {
                    "links": links,
                    "mode": mode,
                    "effort": effort,
                    "median_ms": 1e3 * told.answer["median_s"],
                    "largest_bound": told.answer["largest_bound"],
                    "context_GiB": told.resident / 2**30,
                }
            )
    return found


def _weighed(worker: Worker, runs: int, step: str, *arguments: object) -> _Weighed | None:
    """A step, asked ``runs`` times; None where it did not work."""
    with Weigher(worker.process_id) as weigher:
        told = [worker.ask(step, *arguments) for _ in range(runs)]
    if not all(told):
        return None
    seconds = min(answer["seconds"] for answer in told)
    resident = max(answer["resident_bytes"] for answer in told)
    return _Weighed(seconds, resident, weigher.own, weigher.mapped, told[-1]["answer"])


def _runs(scale: int) -> int:
    return _RUNS if scale < _REPEATED_BELOW else 1


def _targets(rows: Mapping[str, list[Row]], quick: bool) -> list[Target]:
    """The largest peaks of building and of all else, which the last graph has."""
    if quick:
        return []

    def largest(title: str, end: str) -> float:
        found = [row[name] for row in rows[title] for name in row if name.endswith(end)]
        return max((float(value or 0) for value in found), default=0.0)

    return [
        Target("10⁸ links built, peak", _BUILDING_GIB, largest("Building", "build_GiB"), "GiB"),
        Target("10⁸ links ranked, peak", _RANKING_GIB, largest("Ranking", "_GiB"), "GiB"),
        Target(
            "10⁸ links, contexts, peak", _RANKING_GIB, largest("Contexts", "context_GiB"), "GiB"
        ),
    ]
