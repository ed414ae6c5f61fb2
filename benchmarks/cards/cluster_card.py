"""Focus of one R-MAT graph on 1, 2 and 4 cards of a host: time of a solve, efficiency, certificate in integers.

``python -m benchmarks.cards.cluster_card --scale 26 --links 1e9 --cards 1,2,4``, where PyTorch with NCCL and CuPy
are. Every card draws all links by itself from their numbers and keeps those of its own particles, so nothing is read
or sent. The last line is JSON. A card with few links of its own (``--links 1e6 --scale 16``) is a test of some seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.cluster_rmat import counted, pieces, side
from focusmesh.engine.focus import (
    EPSILON,
    ONE,
    FocusParams,
    ProtocolParams,
    residual_limit,
)
from focusmesh.engine.focus.certificate.axons import Totals
from focusmesh.engine.focus.certificate.fixed_point import settle
from focusmesh.engine.focus.cuda import solve_on_card
from focusmesh.engine.focus.ranks import (
    RankCardOperator,
    RankCardSteps,
    RankCardStructure,
    RankIntegerOperator,
    card_totals_of,
)
from focusmesh.host.cluster.torch_ranks import joined_group, torchrun_place

if TYPE_CHECKING:
    from collections.abc import Callable

_WORK = 4
_TOLERANCE = 1e-6
_SPARE = 2.0**-40


class Made:
    """The rows of one rank's particles: dealt out by falling number of links out, so that all have alike ones."""

    def __init__(self, links: int, scale: int, rank: int, size: int) -> None:
        import cupy as cp

        out, into = counted(links, scale)
        n = len(out)
        longest = int((out + into).max())
        dealt = cp.argsort(-out, kind="stable").astype(cp.uint32)
        order = cp.concatenate([dealt[one::size] for one in range(size)])
        widths = [len(range(one, n, size)) for one in range(size)]
        del dealt
        position = cp.empty(n, cp.uint32)
        position[order] = cp.arange(n, dtype=cp.uint32)
        self.bounds = np.concatenate(([0], np.cumsum(widths)))
        self.first, self.own = int(self.bounds[rank]), widths[rank]
        self.rank = order[self.first : self.first + self.own].copy()
        sizes = int(into[self.rank].sum()), int(out[self.rank].sum())
        del order, out, into
        keys = self._keys(links, scale, position, sizes)
        del position
        cp.get_default_memory_pool().free_all_blocks()
        sides = [side(keys.pop(0), self.own) for _ in range(2)]
        cp.get_default_memory_pool().free_all_blocks()
        self.axons, self.longest = len(sides[0][1]), longest
        self.foreign, self.links = self._local(sides, n)

    def _keys(self, links: int, scale: int, position: Any, sizes: tuple[int, int]) -> list[Any]:
        """Keys of the rows of links in and out."""
        import cupy as cp

        keys, filled = [cp.empty(size, cp.uint64) for size in sizes], [0, 0]
        for source, target in pieces(links, scale):
            ends = position[target], position[source]
            for at, (row, column) in enumerate((ends, ends[::-1])):
                kept = (row >= self.first) & (row < self.first + self.own)
                local = (row[kept] - np.uint32(self.first)).astype(cp.uint64) << cp.uint64(32)
                found = local | column[kept]
                keys[at][filled[at] : filled[at] + len(found)] = found
                filled[at] += len(found)
        assert tuple(filled) == sizes
        return keys

    def _local(self, sides: list[Any], n: int) -> tuple[Any, tuple[Any, Any]]:
        """Foreign positions, and the rows with local columns."""
        import cupy as cp

        read = cp.zeros(n, bool)
        for _, column, _ in sides:
            read[column] = True
        read[self.first : self.first + self.own] = False
        foreign = cp.flatnonzero(read)
        table = cp.empty(n, cp.uint32)
        table[self.first : self.first + self.own] = cp.arange(self.own, dtype=cp.uint32)
        table[foreign] = self.own + cp.arange(len(foreign), dtype=cp.uint32)
        local = [(start, table[column], weight) for start, column, weight in sides]
        return foreign, (local[0], local[1])


def synchronised(ranks: Any) -> float:
    """The time, when all ranks and their cards have done what they were told."""
    import cupy as cp

    cp.cuda.runtime.deviceSynchronize()
    ranks.gather(np.zeros(1))
    return time.perf_counter()


def work(ranks: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    """What one group of cards measured."""
    import cupy as cp

    begun = synchronised(ranks)
    made = Made(int(arguments.links), arguments.scale, ranks.rank, ranks.size)
    built = synchronised(ranks)
    n, axons = (
        1 << arguments.scale,
        int(sum(v[0] for v in ranks.gather(np.array([made.axons * 1.0])))),
    )
    into, out = ((start, column, weight.astype(cp.float32)) for start, column, weight in made.links)
    counts = axons, made.longest
    structure = RankCardStructure(ranks, made.bounds, made.foreign, (into, out), counts)
    del into, out
    laid = synchronised(ranks)
    u = np.full(1, 1 / n)
    operator = RankCardOperator(structure, FocusParams(), u, u)
    told = solves(ranks, operator, arguments.rounds)
    parts = parts_of_a_pass(ranks, structure)
    certificate = certified(ranks, made, structure, operator, n)
    free, total = cp.cuda.runtime.memGetInfo()
    own = ranks.gather(np.array([made.own, made.axons, total - free], dtype=np.float64))
    return told | {
        "cards": ranks.size,
        "particles": n,
        "axons": axons,
        "build_seconds": built - begun,
        "lay_out_seconds": laid - built,
        "own": [list(map(int, values)) for values in own],
        "card": cp.cuda.runtime.getDeviceProperties(0)["name"].decode(),
        "parts_of_a_pass": parts,
        "certificate": certificate,
    }


def solves(ranks: Any, operator: Any, rounds: int) -> dict[str, Any]:
    """Times of one solve that nothing is kept for, and of others; what they took and sent."""
    times, told, halo = [], np.zeros(2), operator.structure.halo
    for _ in range(rounds + 1):
        sent, due, at = ranks.bytes, halo.due_bytes, synchronised(ranks)
        x, residual, watch = solve_on_card(operator, _TOLERANCE)
        times.append(synchronised(ranks) - at)
        told = np.array([ranks.bytes - sent, halo.due_bytes - due], dtype=np.float64)
    sweeps = watch.applications + watch.passes
    each = (np.sum(ranks.gather(told), axis=0) / sweeps).tolist()
    return {
        "sweeps": sweeps,
        "corrections_passes": watch.passes,
        "bound": operator.bound(residual, operator.mass(x)),
        "first_solve_seconds": times[0],
        "solve_seconds": min(times[1:]),
        "all_solve_seconds": times[1:],
        "bytes_per_sweep": each[0],
        "bytes_of_the_cut": each[1],
    }


def parts_of_a_pass(ranks: Any, structure: Any) -> dict[str, list[float]]:
    """Milliseconds on each card, best of five: sums over each side, fetching alone, and both together."""
    import cupy as cp

    halo, n = structure.halo, structure.particle_count
    wide, pairs = cp.ones(n), cp.ones((n, 2), cp.float32)
    alone, room = cp.ones(n, cp.float32), cp.ones(n + halo.count)
    sums, seconds, two = cp.zeros(n), cp.zeros(n, cp.float32), cp.zeros((n, 2), cp.float32)
    narrow, both = room.astype(cp.float32), cp.ones((n + halo.count, 2), cp.float32)
    into, out = structure.own_rows
    work: dict[str, Callable[[], Any]] = {
        "rows_in_float64": lambda: into.sums("double", room, sums),
        "rows_out_float64": lambda: out.sums("double", room, sums),
        "rows_in_pairs": lambda: into.sums("float2", both, two),
        "rows_out_float32": lambda: out.sums("float", narrow, seconds),
        "fetch_float64": lambda: halo.fetch(halo.both, wide, "rows"),
        "pass_float64": lambda: structure.both_sums(wide, sums, cp.zeros(n)),
        "pass_pairs": lambda: structure.pair_sums(pairs, two, alone, seconds),
    }
    found = {}
    for name, act in work.items():
        times = []
        for _ in range(6):
            synchronised(ranks)
            begun = time.perf_counter()
            act()
            cp.cuda.runtime.deviceSynchronize()
            times.append(1e3 * (time.perf_counter() - begun))
        found[name] = [float(told[0]) for told in ranks.gather(np.array([min(times[1:])]))]
    return found


def certified(ranks: Any, made: Made, structure: Any, operator: Any, n: int) -> dict[str, Any]:
    """A vector whose residual in integers is at most 1e-8; what R makes of u there is the same on any cards."""
    at = synchronised(ranks)
    halo, protocol = structure.halo, ProtocolParams.of(operator.params)
    out, degree = (
        Totals.of(card_totals_of(halo, total.astype(np.uint64), purpose))
        for total, purpose in ((structure.out_total, "out"), (structure.degree_total, "degree"))
    )
    steps = RankCardSteps(halo, made.links, (out, degree), made.rank)
    whole = RankIntegerOperator(ranks, steps, made.rank, n, protocol)
    laid = synchronised(ranks)
    first = whole.apply(whole.uniform())
    applied = synchronised(ranks)
    second = whole.apply(first.image)
    again = synchronised(ranks)
    tolerance = max(EPSILON / 2 / protocol.gap, 2 * operator.bound(0.0, 1.0))
    x, _, _ = solve_on_card(operator, tolerance)
    solved = synchronised(ranks)
    begun = (x * (ONE * (1 - _SPARE))).astype(np.uint64)
    vector = settle(whole, whole.correct_sum(begun), residual_limit(EPSILON))
    residual = 2 * whole.apply(vector).rise / ONE
    return {
        "residual": residual,
        "valid": residual <= EPSILON,
        "rise_of_u": first.rise,
        "rise_of_its_image": second.rise,
        "lay_out_seconds": laid - at,
        "first_application_seconds": applied - laid,
        "application_seconds": again - applied,
        "solve_seconds": solved - again,
        "settle_seconds": synchronised(ranks) - solved,
    }


def on_rank(arguments: argparse.Namespace) -> None:
    """One rank under torchrun; the first writes what was measured."""
    import cupy as cp
    import torch

    place = torchrun_place()
    assert place is not None, "to be run by torchrun"
    rank, size, local = place
    torch.cuda.set_device(local)
    cp.cuda.Device(local).use()
    with joined_group(rank, size, "env://", 120.0, cards=True) as ranks:
        found = work(ranks, arguments)
    if rank == 0:
        Path(arguments.into).write_text(json.dumps(found), encoding="utf-8")


def main() -> int:
    """Runs torchrun for each number of cards; prints what was measured as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=int, default=26)
    parser.add_argument("--links", type=float, default=1e9)
    parser.add_argument("--cards", default="1,2,4")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=170.0, help="of each number of cards")
    parser.add_argument("--into", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.into:
        on_rank(arguments)
        return 0
    os.environ.setdefault("NCCL_NVLS_ENABLE", "0")
    runs, failed = [], 0
    for count in map(int, arguments.cards.split(",")):
        into = Path(os.environ.get("OUT", ".")) / f"cluster_card_{count}.json"
        command = [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", str(count), "-m", "benchmarks.cards.cluster_card"),
            *("--scale", str(arguments.scale), "--links", str(arguments.links)),
            *("--rounds", str(arguments.rounds), "--into", str(into)),
        ]
        try:
            subprocess.run(command, check=True, timeout=arguments.seconds)
            runs.append(json.loads(into.read_text(encoding="utf-8")))
        except (subprocess.SubprocessError, OSError) as error:
            failed += 1
            runs.append({"cards": count, "error": str(error)[-500:]})
        print(json.dumps(runs[-1]), file=sys.stderr, flush=True)
    alone = next(
        (run["solve_seconds"] for run in runs if run.get("cards") == 1 and "axons" in run), None
    )
    for run in runs:
        if alone and "axons" in run:
            run["efficiency"] = alone / run["solve_seconds"] / run["cards"]
    print(json.dumps(result({f"2^{arguments.scale}": runs}, sys.argv[1:])))
    return int(failed > 0)


def result(runs: dict[str, list[dict[str, Any]]], command: list[str]) -> dict[str, Any]:
    """What is kept as ``results/cluster_card.json`` and shown on a page: runs by the graph's name."""
    solves, passes = [], []
    for graph, listed in runs.items():
        for run in sorted((run for run in listed if "axons" in run), key=lambda run: run["cards"]):
            here = {"graph": graph, "links": run["axons"], "cards": run["cards"]}
            mine = run["certificate"]
            solves.append(
                here
                | {
                    "solve, ms": 1e3 * run["solve_seconds"],
                    "efficiency": run.get("efficiency"),
                    "sweeps": run["sweeps"],
                    "bound": run["bound"],
                    "sent a sweep, MB": run["bytes_per_sweep"] / 1e6,
                    "of the cut, MB": run["bytes_of_the_cut"] / 1e6,
                    "R in integers, ms": 1e3 * mine["application_seconds"],
                    "residual": mine["residual"],
                }
            )
            told = {what: max(values) for what, values in run["parts_of_a_pass"].items()}
            passes.append(here | {what.replace("_", " "): value for what, value in told.items()})
    best = [run.get("efficiency") for run in next(iter(runs.values())) if run.get("cards") == 4]
    return {
        "benchmark": "cluster_card",
        "machine": {"date": time.strftime("%Y-%m-%d", time.gmtime()), "command": command},
        "tables": {
            "Cards of one host (R-MAT; best of the solves after the first)": solves,
            "Parts of a pass (milliseconds, the slowest card)": passes,
        },
        "targets": [
            {
                "what": "efficiency of four cards, 10⁹ links",
                "limit": 0.7,
                "measured": best[0] if best else None,
                "unit": "",
                "at_least": True,
            }
        ],
        "not_run": {},
        "runs": runs,
    }


if __name__ == "__main__":
    sys.exit(main())
