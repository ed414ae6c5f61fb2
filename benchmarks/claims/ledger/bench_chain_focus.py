"""Focus in a block: what it takes to propose and to check one, and how many bytes its differences are.

The graphs are the first links of R-MAT graphs, with integer weights; the edits are those of a graph that lives on:
three in five are new links between the ends of two links drawn from the graph, one is a retraction of a drawn link,
one changes the weight of one. Every block is proposed by one ledger and checked by another, which holds the same. No
other library commits to a ranking, so what stands beside is what we would do without the last block: building the graph
and certifying its focus from nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, ratio, summary
from benchmarks.worker import Worker
from focusmesh import FocusParams, Graph, certify
from focusmesh.engine.focus import EPSILON, ProtocolParams, residual_limit
from focusmesh.kernel.focus import ChainFocus, FocusEdits
from focusmesh.protocol.compression import compress

if TYPE_CHECKING:
    import numpy.typing as npt

_WEIGHT_MAX = 1_000
_LINK, _UNLINK = 0.6, 0.8
_PROPOSE, _SMALLER = 200.0, 150.0
_SIZES = {"rmat7": 1_000, "rmat10": 10_000, "rmat14": 100_000, "rmat17": 1_000_000}
"""Graphs, by how many of their links are taken."""


class Chain:
    """Two ledgers with the same graph: one proposes, the other checks."""

    def __init__(self, graph: str, links: str) -> None:
        given, count = Inputs.named(graph), int(links)
        self._random = np.random.default_rng(5)
        self._source, self._target = given.source[:count], given.target[:count]
        self._count = 0
        weight = self._random.integers(1, _WEIGHT_MAX, len(self._source))
        params, limit = ProtocolParams.of(FocusParams()), residual_limit(EPSILON)
        self._whole = FocusEdits.of(
            self._digests(given.particle_count), self._source, self._target, weight
        )
        self._proposer = ChainFocus(params, limit, time.perf_counter)
        begun = self._proposer.advance(self._whole)
        self._checker = ChainFocus.of(params, limit, self._whole, begun.vector, time.perf_counter)

    def size(self) -> dict[str, int]:
        """Particles and links."""
        return {"particles": self._count, "links": len(self._source)}

    def block(self, changed: int, new: int) -> dict[str, Any]:
        """One block: milliseconds of both sides and of their stages, and bytes."""
        edits = self._edits(changed, new)
        begun = time.perf_counter()
        step = self._proposer.advance(edits)
        proposed = time.perf_counter()
        checked = self._checker.check(edits, step.delta)
        ended = time.perf_counter()
        assert np.array_equal(step.vector, checked.vector)
        return {
            "propose": 1e3 * (proposed - begun),
            "check": 1e3 * (ended - proposed),
            "stages": {name: 1e3 * seconds for name, seconds in step.seconds.items()},
            "changed": len(edits),
            "bytes": len(step.delta),
            "packed_bytes": len(compress(step.delta)),
            "share_of_limit": step.rise / step.limit,
        }

    def cold(self) -> int:
        """The graph built and its focus certified from nothing."""
        whole = self._whole
        graph = Graph.from_edges(
            whole.source, whole.target, whole.weight.astype(np.float64), particles=self._count
        )
        return len(certify(graph).vector)

    def _edits(self, changed: int, new: int) -> FocusEdits:
        first, draw = self._count, self._random
        one, other = draw.integers(0, len(self._source), (2, changed))
        kind = draw.random(changed)
        source = self._source[one]
        target = np.where(kind < _LINK, self._target[other], self._target[one])
        weight = draw.integers(1, _WEIGHT_MAX, changed)
        weight[(kind >= _LINK) & (kind < _UNLINK)] = 0
        source = np.append(source, np.arange(first, first + new))
        target = np.append(target, self._target[draw.integers(0, len(self._target), new)])
        weight = np.append(weight, np.ones(new, dtype=np.int64))
        digests = self._digests(new)
        _, kept = np.unique(source * self._count + target, return_index=True)
        kept = kept[source[kept] != target[kept]]
        return FocusEdits.of(digests, source[kept], target[kept], weight[kept])

    def _digests(self, new: int) -> npt.NDArray[np.uint8]:
        """Random digests of new particles, which are counted."""
        self._count += new
        return self._random.integers(0, 256, (new, 32), dtype=np.uint8)


def measure(quick: bool) -> Result:
    """Blocks of several sizes on 131,072 particles, then one in a hundred links changed on graphs of several sizes."""
    result = Result("chain_focus")
    _against_the_edit("rmat10" if quick else "rmat17", result)
    _against_the_graph(quick, result)
    return result


def _against_the_edit(graph: str, result: Result) -> None:
    links = _SIZES[graph]
    with Worker("benchmarks.claims.ledger.bench_chain_focus:Chain", graph, str(links)) as worker:
        size = worker.ask("size").get("answer", {})
        if not size:
            result.not_run[f"blocks on {graph}"] = str(worker.missing)
            return
        worker.ask("cold")
        cold = worker.ask("cold").get("seconds")
        rows = [
            _row(worker, changed, new, None if cold is None else 1e3 * cold)
            for changed, new in ((1, 0), (100, 0), (1_000, 0), (10_000, 0), (10_000, 1_000))
        ]
    title = f"Focus in a block, {size['particles']:,} particles, {links:,} links of {graph}"
    result.add(title, rows)
    if graph == "rmat17":
        what = "10,000 changed links of a million, proposed"
        result.targets.append(Target(what, _PROPOSE, _proposed(rows[3]), "ms"))


def _against_the_graph(quick: bool, result: Result) -> None:
    rows = []
    for graph, links in list(_SIZES.items())[: 2 if quick else None]:
        with Worker(
            "benchmarks.claims.ledger.bench_chain_focus:Chain", graph, str(links)
        ) as worker:
            size = worker.ask("size").get("answer", {})
            row = _row(worker, links // 100, 0, None)
            rows.append({"particles": size.get("particles"), "links": links} | row)
            if graph == "rmat14":
                told = _proposed(_row(worker, 8_000, 0, None))
                what = "8,000 changed links of 100,000, proposed"
                result.targets.append(Target(what, _SMALLER, told, "ms"))
    result.add("Focus in a block, one in a hundred links changed", rows)


def _proposed(row: Row) -> float | None:
    told = row["propose_ms"]
    return told if isinstance(told, float) else None


def _row(worker: Worker, changed: int, new: int, cold: float | None) -> Row:
    """The best of seven blocks, each of other edits; bytes are those of the block in the middle."""
    worker.ask("block", changed, new)
    told = [worker.ask("block", changed, new).get("answer", {}) for _ in range(7)]
    told = [one for one in told if one]
    best, middle = summary([one["propose"] for one in told])
    checked, _ = summary([one["check"] for one in told])
    typical = sorted(told, key=lambda one: one["bytes"])[len(told) // 2]
    row: Row = {
        "changed_links": changed,
        "new_particles": new,
        "propose_ms": best,
        "median_ms": middle,
        "solve_ms": min(one["stages"]["solve"] for one in told),
        "integer_R_ms": min(one["stages"]["apply"] for one in told),
        "check_ms": checked,
        "delta_bytes": typical["bytes"],
        "brotli_bytes": typical["packed_bytes"],
        "bytes_a_changed_link": typical["packed_bytes"] / max(typical["changed"], 1),
        "h_over_limit": typical["share_of_limit"],
    }
    if cold is not None:
        row |= {"cold_ms": cold, "cold_over_propose": ratio(cold, best)}
    return row
