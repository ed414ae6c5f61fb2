"""One worker of a benchmark on several: `python -m benchmarks.cluster_worker FOLDER RANK SIZE PORT MODE` tells JSON.

SIZE 0 is the plain engine on the same rows. One thread each. Everything that is made once (packed rows, compiled code)
is made by a first solve to a coarse tolerance; then one to 1e-6 is timed.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from typing import Any

import numpy as np

from benchmarks.peers import DAMPING
from focusmesh import FocusParams
from focusmesh.engine.cluster import open_part, operator_of_part, solve_part
from focusmesh.engine.focus import Operator, solver_named
from focusmesh.engine.links import Structure
from focusmesh.engine.support.machine import own_memory_bytes
from focusmesh.engine.support.parallel import limited
from focusmesh.host.cluster.torch_ranks import joined_group

COARSE, TOLERANCE = 0.5, 1e-6
MODES = {"pagerank": FocusParams.pagerank(DAMPING), "full": FocusParams()}


def plain(folder: str, mode: str) -> dict[str, Any]:
    """The engine of one machine on the rows of all parts."""
    part = open_part(folder, 0, 1)
    places = np.arange(part.own, dtype=np.uint32)
    structure = Structure(
        *(part.in_start, part.in_column, part.in_weight),
        *(part.out_start, part.out_column, part.out_weight),
        out_total=part.out_total,
        degree_total=part.degree_total,
        order=places,
        position=places,
    )
    u = np.full(part.own, 1 / part.own)
    operator, solve = Operator.on(structure, MODES[mode], u, u), solver_named("auto")
    begun = time.perf_counter()
    solve(operator, u, COARSE, None)
    prepared, worked = time.perf_counter(), time.process_time()
    solution = solve(operator, u, TOLERANCE, None)
    told = {"prepare_s": prepared - begun, "solve_s": time.perf_counter() - prepared}
    return told | {"cpu_s": time.process_time() - worked} | _told(solution)


def worker(folder: str, rank: int, size: int, port: int, mode: str) -> dict[str, Any]:
    """One rank, beside others that are started likewise."""
    with ExitStack() as stack:
        ranks = stack.enter_context(joined_group(rank, size, f"tcp://127.0.0.1:{port}"))
        part = open_part(folder, rank, size)
        operator = operator_of_part(part, ranks, MODES[mode])
        halo = operator.structure.halo
        begun = time.perf_counter()
        solve_part(operator, COARSE)
        ranks.gather(np.zeros(1))
        prepared, worked = time.perf_counter(), time.process_time()
        sent, due, waited = ranks.bytes, halo.due_bytes, ranks.waited
        solution, _ = solve_part(operator, TOLERANCE)
        told = {"prepare_s": prepared - begun, "solve_s": time.perf_counter() - prepared}
        told |= _told(solution)
        return told | {
            "cpu_s": time.process_time() - worked,
            "sent_bytes": ranks.bytes - sent,
            "due_bytes": halo.due_bytes - due,
            "waited_s": ranks.waited - waited,
        }


def _told(solution: Any) -> dict[str, Any]:
    return {
        "sweeps": solution.iterations,
        "bound": solution.bound,
        "resident_bytes": own_memory_bytes(),
    }


def main() -> None:
    folder, rank, size, port, mode = sys.argv[1:]
    with limited(1):
        alone = not int(size)
        told = (
            plain(folder, mode) if alone else worker(folder, int(rank), int(size), int(port), mode)
        )
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
