"""Simulated networks a minute, and what of that is the ledger's own work: the same blocks carried out by bare chains.

Every seed is a network of real nodes with every kind of fault; virtual seconds are what passed for them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.harness import Result, Row, Target, ratio
from focusmesh.host.simulations import run_schedules
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.block import Chain
from focusmesh.kernel.simulation import KINDS, SimulatedNetwork, draw_schedule
from focusmesh.kernel.state import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.simulation import Schedule

_PROCESSES = 2
_MINUTES = 5


def measure(quick: bool) -> Result:
    """Networks of 4 and of 7 nodes that make 30 blocks; then whole seeds in two processes."""
    result = Result("world")
    blocks, seeds = (4, 4) if quick else (30, 60)
    rows = [_one(nodes, blocks, 2 if quick else 6) for nodes in (4, 7)]
    result.add(f"One seed of {blocks} blocks in one process, all faults; means", rows)
    _many(result, blocks, seeds)
    return result


def _one(nodes: int, blocks: int, seeds: int) -> Row:
    own, bare, virtual, steps = 0.0, 0.0, 0.0, 0
    for seed in range(seeds):
        room = SimulatedNetwork(draw_schedule(seed, nodes, blocks, KINDS), operations())
        begun = time.perf_counter()
        run = room.run()
        own += time.perf_counter() - begun
        virtual += run.seconds
        steps += run.steps
        bare += _bare(room, nodes)
    return {
        "nodes": nodes,
        "s_a_seed": own / seeds,
        "virtual_s": virtual / seeds,
        "steps": steps // seeds,
        "bare_chains_s": bare / seeds,
        "times_bare": ratio(own, bare),
    }


def _bare(room: SimulatedNetwork, nodes: int) -> float:
    """The blocks of a run, accepted by as many chains as there were nodes, and nothing else."""
    made = Chain(room.machines[0].disk.kept, operations())
    listed = [made.block(height) for height in range(1, made.height + 1)]
    chains = [Chain.create(MemoryStore(), room.genesis, operations()) for _ in range(nodes)]
    begun = time.perf_counter()
    for block in listed:
        for chain in chains:
            chain.accept(block)
    return time.perf_counter() - begun


def _many(result: Result, blocks: int, seeds: int) -> None:
    rows: list[Row] = []
    for nodes in (4, 7):
        schedules = [draw_schedule(seed, nodes, blocks, KINDS) for seed in range(1, seeds + 1)]
        begun = time.perf_counter()
        struck, looked = _totals(schedules)
        seconds = time.perf_counter() - begun
        rows.append(
            {
                "nodes": nodes,
                "seeds": seeds,
                "seconds": seconds,
                "seeds_a_minute": 60 * seeds / seconds,
                "faults_struck": struck,
                "invariants_looked_at": looked,
            }
        )
    result.add(f"Seeds of {blocks} blocks in {_PROCESSES} processes, their start included", rows)
    in_time = float(str(rows[0]["seeds_a_minute"])) * _MINUTES
    what = f"seeds of 4 nodes and {blocks} blocks in {_MINUTES} minutes on {_PROCESSES} cores"
    result.targets.append(Target(what, 200, in_time, "seeds", at_least=True))


def _totals(schedules: Sequence[Schedule]) -> tuple[int, int]:
    struck = looked = 0
    for report in run_schedules(schedules, _PROCESSES):
        assert not report.code, report.words
        struck += report.faults.total()
        looked += report.checked.total()
    return struck, looked
