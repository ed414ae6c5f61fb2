"""What four things cost from 10³ to 10⁹ links, on the host and on a graphics card: one run, one kind of graph.

    python -m benchmarks.cards.curve -o benchmarks/results/curve.json

R-MAT graphs (a, b, c = .57, .19, .19, seed 1) of 16 links a particle. Measured are a cold solve certified to 1e-6 of a
graph that is laid out, one link more and the certified focus after it, a fast context of one particle, and a
certificate in integers from the links on. Each size has a process of its own. Where something does not fit the memory
there is no number, and the file says why.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cards.card import commit_here, machine
from benchmarks.harness import RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh import FocusParams, Graph

SCALES = (6, 9, 12, 14, 16, 18, 20, 22, 24, 26)
FACTOR = 16
TOLERANCE = 1e-6
SIDES = {"host": "cpu", "card": "cuda"}
COSTS = ("cold", "edit", "context", "certificate")
_SECONDS, _MOST = 4.0, 15
"""A cost is measured anew until so many seconds are over, or so many times."""


def measured(scale: int, modes: tuple[str, ...]) -> dict[str, Any]:
    """All costs of one graph, in milliseconds, by mode and side; what failed, by why."""
    from benchmarks.cards.card_measures import MODES, rmat
    from focusmesh import Graph

    source, target = (ends.get() for ends in rmat(scale, FACTOR))
    import cupy as cp
    import numpy as np

    cp.get_default_memory_pool().free_all_blocks()
    begun = time.perf_counter()
    weight = np.ones(len(source), np.float32)
    graph = Graph.from_edges(source, target, weight, particles=1 << scale)
    told: dict[str, Any] = {"build_s": time.perf_counter() - begun, "links": graph.axon_count}
    del source, target, weight
    told |= {"particles": graph.particle_count, "failed": {}}
    for mode in modes:
        for side, backend in SIDES.items():
            here: dict[str, list[float]] = {}
            told.setdefault(mode, {})[side] = here
            for cost, measure in costs(graph, MODES[mode], backend):
                try:
                    here[cost] = measure()
                except Exception as error:
                    told["failed"][f"{mode}, {side}, {cost}"] = f"{type(error).__name__}: {error}"
                print(scale, mode, side, cost, here.get(cost), flush=True)
    return told


def costs(
    graph: Graph, params: FocusParams, backend: str
) -> Iterator[tuple[str, Callable[[], list[float]]]]:
    """What is measured, in an order in which the edits of the card come last."""
    on_card = backend == SIDES["card"]
    yield "cold", partial(_cold, graph, params, backend)
    yield "context", partial(_contexts, graph, params, backend)
    if params.springs:
        yield "certificate", partial(_certificates, graph, params, backend)
    yield "edit", partial(_card_edits if on_card else _live_edits, graph, params)


def _samples(run: Callable[[int], object], *, first: bool = True) -> list[float]:
    """Times of calls, without the first one unless it is the only one that there is time for."""
    samples: list[float] = []
    end = time.perf_counter() + _SECONDS
    gc.collect()
    while len(samples) < _MOST + first:
        begun = time.perf_counter()
        run(len(samples))
        samples.append(1e3 * (time.perf_counter() - begun))
        if time.perf_counter() > end and len(samples) > first:
            break
    return samples[first:]


def _cold(graph: Graph, params: FocusParams, backend: str) -> list[float]:
    def solve(at: int) -> None:
        # A little tighter each time, so that no answer is taken that was kept.
        graph.derived.clear()
        focus = graph.focus(params, TOLERANCE * (1 - at / 100), backend=backend)
        assert focus.bound <= TOLERANCE

    return _samples(solve)


def _contexts(graph: Graph, params: FocusParams, backend: str) -> list[float]:
    import numpy as np

    linked = np.flatnonzero(graph.structure.degree_total[: 1 << 20])
    seeds = np.random.default_rng(0).choice(linked, _MOST + 1).tolist()
    return _samples(
        lambda at: graph.context([seeds[at]], effort="fast", params=params, backend=backend)
    )


def _certificates(graph: Graph, params: FocusParams, backend: str) -> list[float]:
    from focusmesh.engine.focus import certify

    return _samples(lambda _: certify(graph, params=params, backend=backend), first=False)


def _live_edits(graph: Graph, params: FocusParams) -> list[float]:
    import numpy as np

    live = graph.live(params, TOLERANCE)
    ends = np.random.default_rng(1).integers(0, graph.particle_count, (_MOST + 1, 2)).tolist()

    def edit(at: int) -> None:
        live.link(*ends[at])
        live.settle()
        assert live.bound <= TOLERANCE

    return _samples(edit)


def _card_edits(graph: Graph, params: FocusParams) -> list[float]:
    import cupy as cp
    import numpy as np

    from benchmarks.cards.card_measures import even
    from focusmesh.engine.focus.cuda import solve_on_card
    from focusmesh.engine.focus.cuda.cards import card_structure

    structure = card_structure(graph.structure)
    operator = even(structure, params)
    kept = [solve_on_card(operator, TOLERANCE)[0]]
    draws = np.random.default_rng(1)

    def edit(_: int) -> None:
        ends = draws.integers(0, structure.particle_count, (2, 1)).astype(np.uint32)
        structure.add_links(ends[0], ends[1], np.ones(1))
        kept[0] = solve_on_card(operator, TOLERANCE, start=kept[0])[0]
        cp.cuda.Device().synchronize()

    return _samples(edit)


def alone(scale: int, modes: list[str], folder: Path, seconds: float) -> dict[str, Any]:
    """A size in a process of its own."""
    into = folder / f"curve_{scale}.json"
    command = [sys.executable, "-m", "benchmarks.cards.curve", "--alone", str(scale)]
    command += ["--modes", *modes, "-o", str(into)]
    try:
        subprocess.run(command, check=True, timeout=seconds)
        found: dict[str, Any] = json.loads(into.read_text(encoding="utf-8"))
    except (subprocess.SubprocessError, OSError) as error:
        return {"failed": {"all": str(error)[-300:]}}
    into.unlink()
    return found


def result(kept: dict[str, Any]) -> dict[str, Any]:
    """What is shown on the page, beside the samples."""
    tables, missing = {}, {}
    sizes = sorted(kept["sizes"].items(), key=lambda item: int(item[0]))
    for mode in ("full", "PageRank"):
        rows = []
        for _, size in sizes:
            row: dict[str, Any] = {"links": size.get("links")}
            for side in SIDES:
                for cost in COSTS:
                    samples = size.get(mode, {}).get(side, {}).get(cost)
                    if samples:
                        row[f"{side}: {cost}"] = sorted(samples)[len(samples) // 2]
            rows.append(row)
        names = [f"{side}: {cost}" for side in SIDES for cost in COSTS]
        names = [name for name in names if any(name in row for row in rows)]
        rows = [
            {"links": row["links"], **{name: row.get(name) for name in names}}
            for row in rows
            if row["links"]
        ]
        tables[f"{mode} mode (milliseconds, median)"] = rows
    for scale, size in sizes:
        for what, why in size.get("failed", {}).items():
            missing[f"2^{scale} particles, {what}"] = why
    return kept | {"benchmark": "curve", "tables": tables, "targets": [], "not_run": missing}


def main() -> None:
    """Measures the sizes that were asked for and joins them to a file that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scales", nargs="+", type=int, default=list(SCALES))
    parser.add_argument("--modes", nargs="+", choices=("full", "PageRank"), default=["full"])
    parser.add_argument("--seconds", type=float, default=500.0, help="of each size at the most")
    parser.add_argument("--commit", help="where this tree is no git checkout")
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "curve.json")
    chosen = parser.parse_args()
    if chosen.alone is not None:
        found = measured(chosen.alone, tuple(chosen.modes))
        chosen.output.write_text(json.dumps(found), encoding="utf-8")
        return
    kept: dict[str, Any] = {"sizes": {}}
    if chosen.output.exists():
        kept = json.loads(chosen.output.read_text(encoding="utf-8"))
    kept["machine"] = machine(chosen.commit or commit_here())
    kept["machine"]["command"] = "python -m benchmarks.cards.curve"
    for scale in chosen.scales:
        found = alone(scale, chosen.modes, chosen.output.parent, chosen.seconds)
        kept["sizes"].setdefault(str(scale), {}).update(found)
        kept = result(kept)
        chosen.output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
