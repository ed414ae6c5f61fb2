"""Compiles ahead what rankings of large graphs would wait for at their first use."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import EFFORTS, certify, explain
from focusmesh.engine.graph.graph import Graph
from focusmesh.engine.reasoning import Meter, QueryLimits, RuleSet
from focusmesh.engine.rewrite import Machine, evaluation, read_book
from focusmesh.engine.support.compile_events import count_compilations
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS
from focusmesh.engine.support.progress import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.rewrite import RunningBook
    from focusmesh.engine.support.progress import Progress

_PARTICLES = 20_000
_SEED = 1


@dataclass(frozen=True, slots=True)
class WarmReport:
    """``compiled`` kernels were not in the cache and are now; ``seconds`` is the time that all of it took."""

    compiled: int
    seconds: float


def warm(progress: Progress | None = None) -> WarmReport:
    """Compiles the kernels of reading, ranking, contexts, walks, live edits, certificates, rules and rewriting.

    They are kept for this user and this version, so that nothing is compiled twice. A small graph is made and asked; no
    file of yours is touched. A minute where nothing is kept yet, five seconds where all is (two cores).
    """
    begun, steps = time.perf_counter(), _steps()
    throttle = Throttle(progress, "compiling", len(steps), "parts")
    with count_compilations() as found:
        for done, step in enumerate(steps):
            throttle.at(done)
            step()
    throttle.finish(len(steps))
    return WarmReport(found.count, time.perf_counter() - begun)


def _steps() -> list[Callable[[], object]]:
    random = np.random.default_rng(_SEED)
    count = 2 * COMPILED_FROM_LINKS
    source, target = random.integers(0, _PARTICLES, (2, count))
    whole = random.integers(1, 9, count).astype(np.float64)
    # Weights that float32 holds, others, and none have kernels of their own.
    graphs = [
        Graph.from_edges(source, target, each) for each in (None, whole, random.random(count))
    ]
    return [
        partial(_read, source, target, whole),
        *(partial(_rank, graph) for graph in graphs),
        *(partial(_ask, graph) for graph in graphs),
        *(partial(_edit, graph) for graph in graphs),
        partial(certify, graphs[0]),
        _rewrite,
        _derive,
    ]


def _rank(graph: Graph) -> None:
    graph.focus()
    graph.focus("pagerank")
    graph.focus(seeds=[0])


def _ask(graph: Graph) -> None:
    for effort in EFFORTS:
        graph.context([0], effort=effort)
    graph.walk([0], steps=2)
    explain(graph, [0], 1, walks=1)


def _rewrite() -> None:
    book = read_book("#Link{0,1}")

    def run() -> RunningBook:
        return evaluation(book, compiled=True)

    Machine(book).reduce()
    run().normalise()
    list(run().collapse())
    run().rows("Link", (2,), 1)


def _derive() -> None:
    """Rules of all kinds over enough rows for the join machine, and the upkeep of a closure."""
    pairs = [(at, at + 1) for at in range(_PARTICLES) if at % 10]
    rules = RuleSet(
        """.decl e(x: number, y: number)
        path(x, y) :- e(x, y). path(x, z) :- path(x, y), e(y, z).
        near(x, y) :- e(z, x), e(z, y). near(x, y) :- e(u, x), near(u, v), e(v, y), !path(y, x)."""
    )
    model = rules.model({"e": pairs})
    model.update({"e": [(0, 1)]}, {}, Meter(QueryLimits()))
    model.update({}, {"e": [(0, 1), (1, 2)]}, Meter(QueryLimits()))


def _edit(graph: Graph) -> None:
    live = graph.live(tolerance=1e-6)
    live.update([(0, 1, 3.5), (1, _PARTICLES, 1.0)])
    live.unlink(0, 1)
    live.top(3)


def _read(*columns: object) -> None:
    """Reads links with names of both kinds from files: text and numbers have readers of their own."""
    with tempfile.TemporaryDirectory() as folder:
        for title, prefix in (("numbers", ""), ("names", "n")):
            path = Path(folder) / f"{title}.csv"
            rows = zip(*(column.tolist() for column in columns), strict=True)  # type: ignore[attr-defined]
            path.write_text("".join(f"{prefix}{a},{prefix}{b},{w}\n" for a, b, w in rows))
            Graph.read(path)
