"""The grid's figures: a million blocks beside a dictionary and dense arrays, memory, shards, and cubes at work."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.harness import Result, Row, Target, interleaved, ratio, summary
from benchmarks.peers.lattices import Dense, Dictionary, Own
from focusmesh.engine.grid.array import (
    BlockArray,
    Ranges,
    ShardedField,
    hashed_worker,
    interlock,
    locality,
    pairs,
    process,
)
from focusmesh.engine.grid.cube import PLACES, Grid
from focusmesh.engine.grid.model import Model
from focusmesh.engine.support.parallel import cores, limited

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.peers.lattices import Box, Lattice
    from focusmesh.engine.grid.array import Blocks
    from focusmesh.engine.grid.cube import Instance

_LATTICES: dict[str, Callable[[int], Lattice]] = {
    "focusmesh": Own,
    "dict of tuples": Dictionary,
    "NumPy, every block": Dense,
}
_MILLION = 1_000_000
_FRESH = """
import json
def most():
    lines = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) / 1024
from focusmesh.engine.grid.array import BlockArray, interlock
array = BlockArray(1000)
array.set(1, 2, 3, 4.0)
one = most()
interlock(array, "activate", "up")
print(json.dumps([one, most()]))
"""
_OPERATIONS = 1_000
_DATA = b"2026-11-22 06:12:00 INFO started"


def measure(quick: bool) -> Result:
    """A face of 1000³, a full box of 200³, bytes a block, a fresh process, shards of a full 100³, a cube of nine."""
    result = Result("grid")
    side = 200 if quick else 1_000
    face: Box = ((0, 0, 5), (side, side, 6))
    names = [name for name in _LATTICES if name != "NumPy, every block" or quick]
    _lattice(result, f"A face of {side:,}² blocks on {side:,}³", names, side, face)
    _beside(result, side)
    end = 100 if quick else 150
    box = (50, 50, 50), (end, end, end)
    _lattice(result, f"A full box of {end - 50}³ on 200³", list(_LATTICES), 200, box)
    _memory(result, side)
    _fresh(result)
    _shards(result, 50 if quick else 100)
    _process(result, side)
    _cubes(result, 50 if quick else _OPERATIONS)
    if not quick:
        result.not_run["NumPy, every block, on 1,000³"] = "it would take 19 GB"
    return result


def _lattice(result: Result, title: str, names: list[str], side: int, box: Box) -> None:
    rows: list[Row] = []
    made = {name: _LATTICES[name](side) for name in names}
    for what, act in _acts(side, box).items():
        turns = {name: _timed(act, lattice) for name, lattice in made.items()}
        times = interleaved(turns, rounds=7, seconds_each=1.0)
        own, _ = summary(times["focusmesh"])
        for name, taken in times.items():
            best, median = summary(taken)
            rows.append(
                {
                    "what": what,
                    "with": name,
                    "best_ms": _milli(best),
                    "median_ms": _milli(median),
                    "ratio": ratio(best, own),
                    "runs": len(taken),
                }
            )
            result.samples[f"{title}: {what}, {name} (s)"] = taken
        if side == 1_000 and what in _STUDY:
            measured = _milli(summary(times["focusmesh"])[1])
            result.targets.append(Target(f"a face of 10⁶: {what}", _STUDY[what], measured, "ms"))
    result.add(title, rows)


def _beside(result: Result, side: int) -> None:
    """The same plane in an array that has another one in the same tiles: each of its blocks is moved."""
    array = BlockArray(side)
    array.activate_box((0, 0, 5), (side, side, 6))
    plane: Box = ((0, 0, 7), (side, side, 8))
    turns = {
        "activate": lambda: _seconds(lambda: array.activate_box(*plane)),
        "sync": lambda: _seconds(lambda: interlock(array, "sync", "z", 7)),
        "clear": lambda: _seconds(lambda: array.clear_box(*plane)),
    }
    title = f"A face of {side:,}² beside another in the same tiles"
    times = interleaved(turns, rounds=7, seconds_each=2.0)
    rows: list[Row] = []
    for what, taken in times.items():
        best, median = summary(taken)
        rows.append(
            {"what": what, "best_ms": _milli(best), "median_ms": _milli(median), "runs": len(taken)}
        )
        result.samples[f"{title}: {what} (s)"] = taken
    result.add(title, rows)


_STUDY = {"activate": 18.0, "sync": 15.0}
"""What a study of the design measured, in ms."""


def _acts(side: int, box: Box) -> Mapping[str, Callable[[Lattice], float]]:
    """What each lattice does, in this order; each begins with the box full. Gives the seconds of its part."""
    random = np.random.default_rng(1)
    low, high = np.array(box[0]), np.array(box[1])
    inside = low + (random.random((100_000, 3)) * (high - low)).astype(np.int64)
    anywhere = random.integers(0, side, (100_000, 3))
    values = random.random(len(inside))
    few = inside[:1_000]

    def refill(lattice: Lattice) -> float:
        lattice.clear(box)
        return _seconds(lambda: lattice.activate(box))

    def emptied(lattice: Lattice) -> float:
        taken = _seconds(lambda: lattice.clear(box))
        lattice.activate(box)
        return taken

    return {
        "activate": refill,
        "activate again": lambda lattice: _seconds(lambda: lattice.activate(box)),
        "sync": lambda lattice: _seconds(lambda: lattice.sync(box)),
        "read all": lambda lattice: _seconds(lambda: lattice.read(box)),
        "set 100,000 of it": lambda lattice: _seconds(lambda: lattice.put(inside, values)),
        "get 100,000 of it": lambda lattice: _seconds(lambda: lattice.get(inside)),
        "get 100,000 anywhere": lambda lattice: _seconds(lambda: lattice.get(anywhere)),
        "26 neighbours of 1,000": lambda lattice: _seconds(lambda: lattice.near(few)),
        "clear": emptied,
    }


def _timed(act: Callable[[Lattice], float], lattice: Lattice) -> Callable[[], float]:
    return lambda: act(lattice)


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _milli(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


def _memory(result: Result, side: int) -> None:
    """What Python's allocator holds after blocks were made, on a second run: the first loads what it needs."""
    scattered = np.random.default_rng(2).integers(0, side, (side**2, 3))
    face: Box = ((0, 0, 5), (side, side, 6))
    full: Box = ((0, 0, 0), (100, 100, 100))
    fills: dict[str, Callable[[Lattice], None]] = {
        "a face": lambda lattice: lattice.activate(face),
        "scattered": lambda lattice: lattice.put(scattered, np.ones(len(scattered))),
        "a full 100³": lambda lattice: lattice.activate(full),
    }
    rows: list[Row] = []
    for name in ("focusmesh", "dict of tuples"):
        for what, fill in fills.items():
            _LATTICES[name](side).put(scattered[:1], np.ones(1))
            tracemalloc.start()
            lattice = _LATTICES[name](side)
            fill(lattice)
            held, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            count = lattice.count
            rows.append(
                {
                    "what": what,
                    "with": name,
                    "blocks": count,
                    "bytes_a_block": held / count,
                    "MB": held / 1e6,
                    "peak_MB": peak / 1e6,
                }
            )
    result.add("Memory of active blocks (tracemalloc)", rows)
    own = [row for row in rows if row["with"] == "focusmesh"]
    for title, column, limit, unit in (
        ("an active block, at most", "bytes_a_block", 64.0, "bytes"),
        ("a million active blocks, at most", "MB", 300.0, "MB"),
    ):
        most = max(float(row[column] or 0) for row in own)
        result.targets.append(Target(title, limit, most, unit))


def _fresh(result: Result) -> None:
    command = [sys.executable, "-c", _FRESH]
    told = [json.loads(subprocess.check_output(command)) for _ in range(3)]
    one, face = (max(column) for column in zip(*told, strict=True))
    rows: list[Row] = [
        {"process": "with a 1000³ array and one block", "peak_MB": one},
        {"process": "and a face of 10⁶", "peak_MB": face},
    ]
    result.samples["fresh process (MB)"] = [number for pair in told for number in pair]
    result.add("A fresh process", rows)
    result.targets += [
        Target("a fresh process with a 1000³ array", 200.0, one, "MB"),
        Target("with a million active blocks", 300.0, face, "MB"),
    ]


def _shards(result: Result, side: int) -> None:
    """Cycles of κ over a full cube, each worker a shard in a thread of its own."""
    array = BlockArray(side)
    array.activate_box((0, 0, 0), (side, side, side))
    keys = array.blocks().keys
    beside = pairs(keys)
    values = np.random.default_rng(3).random(len(keys), dtype=np.float32)
    counts = [1, 2, 4, 8]
    ranges = {n: Ranges.even(keys, [f"worker {at}" for at in range(n)]) for n in counts}
    fields = {n: ShardedField(keys, values, ranges[n]) for n in counts}

    def cycles(count: int) -> float:
        with limited(min(count, cores())):
            return _seconds(lambda: fields[count].cycle(10)) / 10

    times = interleaved({str(n): partial(cycles, n) for n in counts}, rounds=15)
    alone = statistics.median(times["1"])
    rows: list[Row] = []
    for n in counts:
        median = statistics.median(times[str(n)])
        held = np.bincount(ranges[n].worker_of(keys), minlength=n)
        threads = min(n, cores())
        rows.append(
            {
                "workers": n,
                "threads": threads,
                "cycle_ms": median * 1e3,
                "speed": alone / median,
                "efficiency": alone / median / threads,
                "largest_share_times_workers": held.max() * n / len(keys),
                "local_pairs": locality(ranges[n].worker_of(keys), beside),
                "by_hash_mod_n": locality(hashed_worker(keys, n), beside),
                "halo_blocks": fields[n].halo_count,
            }
        )
        result.samples[f"cycle of κ over {len(keys):,} blocks, {n} workers (s)"] = times[str(n)]
    result.add(f"Shards: {len(keys):,} blocks, {len(beside):,} pairs of neighbours", rows)


def _process(result: Result, side: int) -> None:
    """Every block of a face asks its model, each with bytes of its own: a stream of batches, whole."""
    array = BlockArray(side)
    array.activate_box((0, 0, 5), (side, side, 6))
    places = array.blocks().coordinates
    array.set_many(places, np.arange(len(places)) % 256, model=1 + np.arange(len(places)) % 2)
    shown = np.random.default_rng(4).integers(0, 256, (len(places), 32), dtype=np.uint8)
    rows_of = {key: at for at, key in enumerate(array.blocks().keys.tolist())}

    def windows(blocks: Blocks) -> list[bytes]:
        return [shown[rows_of[key]].tobytes() for key in blocks.keys.tolist()]

    models = {1: Model.initial(seed=1, text=_DATA), 2: Model.initial(seed=2, text=_DATA)}
    begun = time.perf_counter()
    work = process(array, models, "z", 5, windows=windows)
    first, count = None, 0
    for batch in work:
        first = first or time.perf_counter() - begun
        count += len(batch.blocks)
    seconds = time.perf_counter() - begun
    row: Row = {
        "blocks": work.total,
        "processed": count,
        "first_batch_s": first,
        "all_s": seconds,
        "blocks_per_s": count / seconds,
    }
    result.samples[f"process of {count:,} blocks (s)"] = [seconds]
    result.add("Interlock process: two models, 32 bytes a block, no two alike", [row])


def _cubes(result: Result, operations: int) -> None:
    grid = Grid(BlockArray(100))
    names = [f"model-{at}" for at in range(9)]
    for at, name in enumerate(names):
        grid.add_model(name, Model.initial(seed=at, text=_DATA).quantise())
    grid.create_template("nine", dict(zip(PLACES, names, strict=True)))
    cube = grid.create_instance("one", "nine", (0, 0, 0))
    rows: list[Row] = []
    for what, forwards, act in _requests(cube):
        act()
        samples = [_seconds(act) for _ in range(operations if forwards < 10 else operations // 10)]
        ordered = sorted(samples)
        rows.append(
            {
                "what": what,
                "forwards": forwards,
                "median_ms": statistics.median(samples) * 1e3,
                "p99_ms": ordered[int(0.99 * len(ordered))] * 1e3,
                "all_s": sum(samples),
                "runs": len(samples),
            }
        )
        result.samples[f"{what} (s)"] = samples
    result.add("A cube of nine quantised models, 32 bytes in", rows)
    thinking, one = rows[:2]
    if operations == _OPERATIONS:
        result.targets += [
            Target(
                "1,000 cube operations, 9,000 forwards", 3.0, float(thinking["all_s"] or 0), "s"
            ),
            Target("a cube operation, p99", 8.0, float(thinking["p99_ms"] or 0), "ms"),
            Target("a request of one vertex, p99", 8.0, float(one["p99_ms"] or 0), "ms"),
        ]


def _requests(cube: Instance) -> list[tuple[str, int, Callable[[], object]]]:
    return [
        ("collective_think", 9, lambda: cube.collective_think(_DATA)),
        ("process_vertex", 1, lambda: cube.process_vertex("NEU", _DATA)),
        (
            "generate 32 bytes, all nine at each",
            32 * 9,
            lambda: b"".join(cube.generate(_DATA, 32, seed=1)),
        ),
    ]
