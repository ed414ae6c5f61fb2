"""A graph in parts: workers beside the plain engine, bytes beside the cut's lower bound, edits and contexts, peers.

``python -m benchmarks.claims.cluster.bench_cluster pagerank|full|using|peers …`` measures some of it, and leaves the
rest of the results as it is.

Every worker is a process with one thread; they talk by gloo over loopback. What is made once (parts, packed rows; the
peers' tables in memory) is told apart from each ranking. Peers (cluster_peers.py) work on all cores until they change
by less than 1e-6 in L1, or their time is over: then as many iterations are reckoned as the longest of those took that
came to the end.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import machine
from benchmarks.cluster_worker import TOLERANCE
from benchmarks.data.cluster_tables import rmat_tables
from benchmarks.data.graphs import FOLDER, ROOT
from benchmarks.harness import RESULTS, Result, Row, Target, ratio
from benchmarks.peers import DAMPING
from benchmarks.peers.cluster_peers import PEERS
from benchmarks.worker import Worker
from focusmesh import FocusParams, Graph, LiveFocus
from focusmesh.engine.cluster import open_manifest
from focusmesh.host.cluster import partition_graph
from focusmesh.host.clusters import cluster
from focusmesh.interface.server.process.workers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.cluster import ClusterGraph

SCALING, USING, COMPARED = (23, 100_000_000), (20, 10_000_000), (20, 10_000_000)
"""R-MAT scale and links, duplicates included."""
QUICK = (14, 200_000)
_RUNS = 3
_PEER_SECONDS = 90.0
_OVERHEAD, _SPEED_UP, _BYTES, _PEERS = 1.3, 1.3, 1.5, 50.0
_EDITS, _CONTEXTS = 40, 20


def measure(quick: bool) -> Result:
    """All of it: some ten minutes."""
    result = Result("cluster")
    for part in PARTS.values():
        part(result, quick)
    return result


def graph_folder(scale: int, links: int, parts: int, *, weighted: bool = False) -> Path:
    """The parts of an R-MAT graph, made when they are first asked for."""
    name = f"cluster{scale}-{links}{'-weighted' if weighted else ''}"
    tables = rmat_tables(FOLDER / name, scale, links, weighted=weighted)
    folder = FOLDER / f"{name}-parts{parts}"
    if not (folder / "manifest.json").exists():
        partition_graph([str(tables / "*.parquet")], folder, parts, address="here")
    return folder


def whole_graph(tables: Path) -> Graph:
    """The same graph on one machine."""
    import pyarrow.parquet

    read = pyarrow.parquet.read_table(tables)
    return Graph.from_edges(*(np.asarray(read[name]) for name in ("source", "target", "weight")))


def scaling(result: Result, quick: bool, mode: str = "pagerank", runs: int = _RUNS) -> None:
    """The plain engine, one worker, two: the same solve on the same rows."""
    scale, links = QUICK if quick else SCALING
    folder = graph_folder(scale, links, 2)
    times: dict[int, list[dict[str, Any]]] = {0: [], 1: [], 2: []}
    for _ in range(1 if quick else runs):
        for size, told in times.items():
            told.append(solved(folder, size, mode))
    best = {size: min(one["solve_s"] for one in told) for size, told in times.items()}
    rows = [_scaled(size, told, best) for size, told in times.items()]
    whole = open_manifest(folder).whole
    what = f"{mode}: {whole.particles:,} particles, {whole.axons:,} links"
    result.add(f"Workers beside the plain engine, {what}", rows)
    over_bound = rows[2]["over_bound"]
    result.targets += [
        Target(f"{mode}: 1 worker / plain engine", _OVERHEAD, best[1] / best[0], "×"),
        Target(f"{mode}: 1 worker / 2 workers", _SPEED_UP, best[1] / best[2], "×", at_least=True),
        Target(
            f"{mode}: bytes a sweep / the cut's bound",
            _BYTES,
            over_bound if isinstance(over_bound, float) else None,
            "×",
        ),
    ]


def scaling_full(result: Result, quick: bool) -> None:
    """The same with the full operator, which takes ten times as long: once."""
    scaling(result, quick, "full", runs=1)


def solved(folder: Path, size: int, mode: str) -> dict[str, Any]:
    """One solve by ``size`` processes; the slowest of them counts."""
    port = free_port("127.0.0.1", 0)
    words = [sys.executable, "-m", "benchmarks.cluster_worker", str(folder)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    running = [
        subprocess.Popen(
            [*words, str(rank), str(size), str(port), mode],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | threads,
        )
        for rank in range(max(size, 1))
    ]
    told = [json.loads(process.communicate(timeout=600)[0]) for process in running]
    slowest = max(told, key=lambda one: float(one["solve_s"]))
    summed = ("sent_bytes", "due_bytes", "resident_bytes")
    whole: dict[str, Any] = {name: sum(one.get(name, 0) for one in told) for name in summed}
    return {**slowest, **whole, "cpu_s": max(float(one["cpu_s"]) for one in told)}


def _scaled(size: int, told: list[dict[str, Any]], best: dict[int, float]) -> Row:
    one = min(told, key=lambda run: float(run["solve_s"]))
    sent, due, sweeps = one["sent_bytes"], one["due_bytes"], one["sweeps"]
    return {
        "workers": ("plain engine", "1 worker", "2 workers")[size],
        "solve_s": best[size],
        "over_plain": best[size] / best[0],
        "cpu_s_of_the_busiest": min(run["cpu_s"] for run in told),
        "sweeps": sweeps,
        "bound": one["bound"],
        "waited_s": one.get("waited_s"),
        "MB_a_sweep": sent / sweeps / 1e6 if size > 1 else None,
        "over_bound": sent / due if due else None,
        "prepare_s": one["prepare_s"],
        "resident_GiB": one["resident_bytes"] / 2**30,
        "runs": len(told),
    }


def using(result: Result, quick: bool) -> None:
    """Edits and contexts by two workers (threads of this process) beside one machine's."""
    scale, links = QUICK if quick else USING
    folder = graph_folder(scale, links, 2, weighted=True)
    rows: list[Row] = []
    graph = whole_graph(FOLDER / f"cluster{scale}-{links}-weighted")
    random = np.random.default_rng(6)
    order = graph.structure.order[: graph.structure.linking_count]
    linking = np.array([graph.particles[at] for at in random.choice(order, 1_000).tolist()])
    with cluster("here", threads=1).open(folder) as workers:
        for mode, params in (("PageRank", FocusParams.pagerank(DAMPING)), ("full", FocusParams())):
            live = LiveFocus(graph, params, 1e-5)
            workers.focus(params, 1e-5)
            for batch in (1, 100):
                edges = [
                    [(*random.choice(linking, 2).tolist(), 1.0) for _ in range(batch)]
                    for _ in range(_EDITS if batch == 1 else 5)
                ]
                what: Row = {"what": f"{mode}: {batch} new links at a time"}
                rows.append(what | _times(workers.update, live.update, edges))
            seeds = random.choice(linking, _CONTEXTS).tolist()
            for effort in ("fast", "balanced"):
                there = partial(_context, workers, effort, params)
                here = partial(_context, graph, effort, params)
                asked: Row = {"what": f"{mode}: context, {effort}"}
                rows.append(asked | _times(there, here, seeds))
    result.add("Edits (bound kept within 1e-5) and contexts, two workers beside one machine", rows)


def _context(graph: Graph | ClusterGraph, effort: str, params: FocusParams, seed: Any) -> Any:
    return graph.context([seed], 10, effort, params)


def _times(ours: Callable[[Any], Any], alone: Callable[[Any], Any], questions: list[Any]) -> Row:
    """Medians, after a first question to each, and the largest bounds of both."""
    times: dict[str, list[float]] = {"workers": [], "alone": []}
    bounds: dict[str, list[float]] = {"workers": [], "alone": []}
    for question in questions:
        for name, ask in (("workers", ours), ("alone", alone)):
            begun = time.perf_counter()
            bounds[name].append(ask(question).bound)
            times[name].append(1e3 * (time.perf_counter() - begun))
    return {
        "workers_ms": median(times["workers"][1:]),
        "alone_ms": median(times["alone"][1:]),
        "workers_bound": max(bounds["workers"]),
        "alone_bound": max(bounds["alone"]),
    }


def peers(result: Result, quick: bool) -> None:
    """Spark and dask on the tables, two workers on the parts of the same tables."""
    scale, links = QUICK if quick else COMPARED
    tables = rmat_tables(FOLDER / f"cluster{scale}-{links}-weighted", scale, links, weighted=True)
    limit, cores = (10.0 if quick else _PEER_SECONDS), os.cpu_count() or 1
    with TemporaryDirectory(dir=FOLDER) as folder:
        begun = time.perf_counter()
        partition_graph([str(tables / "*.parquet")], Path(folder, "parts"), 2, address="here")
        made = time.perf_counter() - begun
        own = solved(Path(folder, "parts"), 2, "pagerank")
    told: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {}
    for name, target in PEERS.items():
        with Worker(target, str(tables), str(cores)) as peer:
            told[name] = peer.ask("build"), peer.ask("rank", TOLERANCE, limit), peer.missing
        if told[name][2] is not None:
            result.not_run[name] = str(told[name][2])
    done = [ranked["answer"] for _, ranked, missing in told.values() if missing is None]
    needed = max((one["iterations"] for one in done if one["change"] < TOLERANCE), default=None)
    ours = (made + own["prepare_s"], own["solve_s"])
    rows: list[Row] = [
        {
            "engine": "focusmesh, 2 workers",
            "build_s": ours[0],
            "rank_s": ours[1],
            "iterations": own["sweeps"],
            "each_s": own["solve_s"] / own["sweeps"],
            "change": None,
            "over_ours": 1.0,
            "in_all_over_ours": 1.0,
        }
    ]
    rows += [
        _peer_row(name, built, ranked, needed, ours)
        for name, (built, ranked, missing) in told.items()
        if missing is None
    ]
    result.add(f"PageRank to 1e-6 on the tables of R-MAT {scale}, {links:,} links", rows)
    for row in rows[1:]:
        if "DataFrame" in str(row["engine"]):
            over = row["over_ours"]
            measured = float(over) if isinstance(over, float) else None
            result.targets.append(
                Target(f"{row['engine']} / ours", _PEERS, measured, "×", at_least=True)
            )


def _peer_row(
    name: str,
    built: dict[str, Any],
    ranked: dict[str, Any],
    needed: int | None,
    ours: tuple[float, float],
) -> Row:
    told = ranked["answer"]
    finished = told["change"] < TOLERANCE
    seconds = ranked["seconds"]
    if not finished:
        seconds = seconds * needed / told["iterations"] if needed else None
    return {
        "engine": name,
        "build_s": built["seconds"],
        "rank_s": seconds,
        "iterations": told["iterations"],
        "each_s": told["each"],
        "change": told["change"],
        "measured": "to the end" if finished else f"for {ranked['seconds']:.0f} s, then reckoned",
        "over_ours": ratio(seconds, ours[1]),
        "in_all_over_ours": ratio(seconds and seconds + built["seconds"], sum(ours)),
    }


PARTS: dict[str, Callable[[Result, bool], None]] = {
    "full": scaling_full,
    "pagerank": scaling,
    "using": using,
    "peers": peers,
}


def main() -> None:
    """Some parts of it, beside what was measured before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="+", choices=sorted(PARTS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tracked", action="store_true")
    given = parser.parse_args()
    facts, others, result = machine.facts(), machine.Others(), Result("cluster")
    for name in given.parts:
        PARTS[name](result, given.quick)
    result.show_not_run()
    facts["others_share"] = others.share()
    path = RESULTS / f"cluster{'' if given.tracked else '.local'}.json"
    if path.exists():
        _with_earlier(result, json.loads(path.read_text()))
    print(f"written: {result.write(facts, given.tracked)}")


def _with_earlier(result: Result, held: dict[str, Any]) -> None:
    """Adds what was measured before and not now."""
    result.tables = {**held["tables"], **result.tables}
    told = {target.what for target in result.targets}
    names = ("what", "limit", "measured", "unit", "at_least")
    earlier = [Target(**{name: one[name] for name in names}) for one in held["targets"]]
    result.targets = [one for one in earlier if one.what not in told] + result.targets
    result.not_run = {**held["not_run"], **result.not_run}


if __name__ == "__main__":
    main()
