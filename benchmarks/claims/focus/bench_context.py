"""Contexts: the best twenty from one or five seeds, at every effort, beside the personalised PageRank of the peers.

Latencies are those of single calls after the first one, whose time stands apart. ``agreement`` is the share of the
twenty that are among the twenty of a solve to 1e-7; seeds are not those that efforts were tuned on. With beta = 1 the
answer is the peers' personalised PageRank, but for dangling mass, which they send to the seeds; that changes what they
answer, not how long they take. igraph solves to about 1e-12, NetworkX until its L1 change falls below 1e-6.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, ratio
from benchmarks.worker import Worker, close

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOME = "benchmarks.peers.contexts"
_OPERATORS = ("PageRank", "full")
_EFFORTS = ("fast", "balanced", "exact")
_BETAS = (1.0, 0.5)
_COUNT, _COUNT_SLOW, _ROUNDS = 20, 4, 2
_LIMITS = {
    ("PageRank", "fast"): (1.0, 0.8),
    ("PageRank", "balanced"): (25.0, 0.95),
    ("PageRank", "exact"): (250.0, None),
    ("full", "fast"): (10.0, 0.8),
    ("full", "balanced"): (100.0, 0.95),
    ("full", "exact"): (1000.0, None),
}
"""Milliseconds at the median, and agreement."""


def measure(quick: bool) -> Result:
    """NetworkX on R-MAT 16, igraph on R-MAT 20 and on words."""
    result = Result("context")
    for graph in ("rmat16",) if quick else ("rmat16", "rmat20", "words"):
        _answer_on(graph, result)
    return result


def _answer_on(graph: str, result: Result) -> None:
    inputs = Inputs.named(graph)
    what = f"{graph}: {inputs.particle_count:,} particles, {len(inputs):,} links"
    del inputs
    peer = "NetworkX" if graph == "rmat16" else "igraph"
    workers = {
        "focusmesh": Worker(f"{_HOME}:Contexts", graph),
        peer: Worker(f"{_HOME}:{peer.replace('igraph', 'IGraph')}Contexts", graph),
    }
    try:
        for worker in workers.values():
            worker.ask("build")
            worker.ask("prepare")
        rows = list(_rows(workers, peer))
    finally:
        result.not_run |= close(workers, graph)
    result.add(f"Contexts of one or five seeds, {what}", rows)
    if graph != "rmat16":
        result.targets += list(_targets(graph, rows))


def _rows(workers: dict[str, Worker], peer: str) -> Iterator[Row]:
    own, other = workers["focusmesh"], workers[peer]
    contexts = own.ask("draw", _COUNT)["answer"]
    taken: list[float] = []
    for operator in _OPERATORS:
        first = own.ask("first", operator)["answer"]
        own.ask("refer", operator, _BETAS)
        told: dict[tuple[str, float], list[dict[str, Any]]] = {}
        for turn in range(_ROUNDS):
            if operator == "PageRank":
                taken += other.ask("answer", contexts[turn]).get("answer", {}).get("seconds", [])
            for effort, beta in product(_EFFORTS, _BETAS):
                count = _count(operator, effort)
                asked = own.ask("answer", operator, effort, beta, count)["answer"]
                told.setdefault((effort, beta), []).append(asked)
        for (effort, beta), answers in told.items():
            count = _count(operator, effort)
            together = own.ask("together", operator, effort, beta, count)["answer"]
            peers = taken if operator == "PageRank" else []
            yield _row(operator, effort, beta, answers, together, peers, first)
    yield _peer_row(peer, taken)


def _count(operator: str, effort: str) -> int:
    """Contexts that are asked: fewer where one takes a second."""
    return _COUNT_SLOW if (operator, effort) == ("full", "exact") else _COUNT


def _row(
    operator: str,
    effort: str,
    beta: float,
    answers: list[dict[str, Any]],
    together: float,
    peers: list[float],
    first: float,
) -> Row:
    latencies = 1e3 * np.array([answer["seconds"] for answer in answers])
    p50 = float(np.median(latencies))
    last = answers[-1]
    return {
        "answer": f"focusmesh, {operator}, {effort}",
        "beta": beta,
        "p50_ms": p50,
        "p90_ms": float(np.quantile(latencies, 0.9)),
        "each_of_a_batch_ms": 1e3 * together,
        "ratio": ratio(1e3 * float(np.median(peers)) if peers else None, p50),
        "agreement": last["agreement"],
        "least": last["least"],
        "settled": last["settled"],
        "bound": last["bound"],
        "links_visited": last["visits"],
        "first_s": first,
    }


def _peer_row(peer: str, taken: list[float]) -> Row:
    p50 = 1e3 * float(np.median(taken)) if taken else None
    return {"answer": f"{peer}, personalised", "beta": 1.0, "p50_ms": p50, "ratio": 1.0}


def _targets(graph: str, rows: list[Row]) -> Iterator[Target]:
    for (operator, effort), (limit, agreement) in _LIMITS.items():
        for row in rows:
            if row["answer"] != f"focusmesh, {operator}, {effort}":
                continue
            what = f"{graph}, {operator}, {effort} context, beta {row['beta']:g}"
            p50, agreed, bound = (row[name] for name in ("p50_ms", "agreement", "bound"))
            yield Target(f"{what}: p50", limit, _number(p50), "ms")
            if agreement is not None:
                yield Target(f"{what}: agreement", agreement, _number(agreed), "", at_least=True)
            else:
                yield Target(f"{what}: bound", 1e-6, _number(bound), "")


def _number(value: str | int | float | None) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)
