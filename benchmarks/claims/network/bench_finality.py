"""How long a signal waits until it is decided: four validators, one process each, on this machine's loopback.

Users leave one-link signals at a steady rate, whatever becomes of those before, and each is timed from then until its
node says that validators have decided its block, which is durable there. The graph is there before the validators
begin.

All nodes and users share one disk, of which every validator asks some fifty writes a second to be durable, and users
1,500 changes of a folder: the same without a disk, in memory, shows what that takes. Two cores for four validators are
nearly busy, so that waits depend on how fast they are just then: a plain loop, on every core at once, tells.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.data.agreed import VALIDATORS, load, load_and_kill, paces, running
from benchmarks.data.ledgers import Traffic
from benchmarks.harness import Result, Row, Target

_PER_SECOND = 500
_MEMORY = Path("/dev/shm")
_SIZES = (
    (14, 100_000, 1, None),
    (14, 100_000, 1, _MEMORY),
    (14, 100_000, 4, None),
    (14, 100_000, 4, _MEMORY),
    (17, 1_000_000, 1, None),
)
"""R-MAT scale, links, that every so many blocks rank the graph, and where the ledgers lie: None is the disk."""
_SETTING = "links", "ranked_every", "ledgers_on"
_P50_S, _P99_S = 0.5, 1.5
_PER_SECOND_DOWN = 100
_LONGEST_DOWN_S = 3.0
_GIVEN_UP_S = 45.0


def measure(quick: bool) -> Result:
    """By the number of links; open loop of 500 signals a second."""
    result = Result("finality")
    rows, stages = list[Row](), list[Row]()
    for scale, links, interval, place in ((12, 10_000, 1, None),) if quick else _SIZES:
        if place is not None and not place.is_dir():
            continue
        row, means, p50, p99 = _measured(scale, links, interval, place, 3 if quick else 15)
        rows.append(row)
        stages.append({name: row[name] for name in _SETTING} | means)
        if (links, interval, place) == _SIZES[0][1:]:
            result.targets.append(Target("half of all signals decided", _P50_S, p50, "s"))
            result.targets.append(Target("99 of 100 signals decided", _P99_S, p99, "s"))
    load = f"{VALIDATORS} validators as processes of one machine, {_PER_SECOND} signals a second"
    result.add(f"{load}: seconds until decided", rows)
    result.add("the same by stages: mean seconds", stages)
    size = (12, 10_000, 6) if quick else (14, 100_000, 30)
    row, longest = _measured_with_one_down(*size)
    result.add(
        f"one of {VALIDATORS} killed after a third of the load: seconds until decided", [row]
    )
    if not quick:
        result.targets.append(
            Target("the longest wait with one of four down", _LONGEST_DOWN_S, longest, "s")
        )
    return result


def _measured_with_one_down(scale: int, links: int, seconds: int) -> tuple[Row, float]:
    """One of four is killed while the load goes on; its users go to the others, and it comes back at the end."""
    with TemporaryDirectory() as folder, running(Path(folder), scale, links, 1) as network:
        traffic = Traffic(network.ledger, (seconds + 3) * _PER_SECOND_DOWN)
        warm = 3 * _PER_SECOND_DOWN
        load(network, traffic.wires[:warm], _PER_SECOND_DOWN, _GIVEN_UP_S)
        wires = traffic.wires[warm:]
        found, stranded, lost = load_and_kill(network, wires, _PER_SECOND_DOWN, _GIVEN_UP_S)
    waits = sorted([*found.seconds, *[_GIVEN_UP_S] * (found.lost + found.refused)])
    p50, p90, p99 = (waits[round(share * (len(waits) - 1))] for share in (0.5, 0.9, 0.99))
    row: Row = {
        "links": links,
        "signals_a_second": _PER_SECOND_DOWN,
        "p50_s": p50,
        "p90_s": p90,
        "p99_s": p99,
        "longest_s": waits[-1],
        "not_decided": found.lost + found.refused,
        "left_at_the_dead": stranded,
        "lost": lost,
    }
    return row, waits[-1]


def _measured(
    scale: int, links: int, interval: int, place: Path | None, seconds: int
) -> tuple[Row, Row, float, float]:
    loops = paces()
    with (
        TemporaryDirectory(dir=place) as folder,
        running(Path(folder), scale, links, interval) as network,
    ):
        traffic = Traffic(network.ledger, (seconds + 3) * _PER_SECOND)
        load(network, traffic.wires[: 3 * _PER_SECOND], _PER_SECOND, _GIVEN_UP_S)
        before = network.stage_sums()
        found = load(network, traffic.wires[3 * _PER_SECOND :], _PER_SECOND, _GIVEN_UP_S)
        after = network.stage_sums()
    loops += paces()
    # Who was never decided waited longest.
    waits = sorted([*found.seconds, *[_GIVEN_UP_S] * (found.lost + found.refused)])
    p50, p90, p99 = (waits[round(share * (len(waits) - 1))] for share in (0.5, 0.9, 0.99))
    row: Row = {
        "links": links,
        "ranked_every": interval,
        "ledgers_on": "disk" if place is None else "memory",
        "p50_s": p50,
        "p90_s": p90,
        "p99_s": p99,
        "longest_s": waits[-1],
        "signals_a_block": len(waits) / max(found.blocks, 1),
        "blocks_a_second": found.blocks / seconds,
        "cores_busy": found.cpu_share,
        "not_decided": found.lost + found.refused,
        "loop_ms": 1_000 * sum(loops) / len(loops),
    }
    signals = min(after[stage][1] - before[stage][1] for stage in after)
    means: Row = {"signals": signals}
    for stage, (total, count) in after.items():
        means[f"{stage}_s"] = (total - before[stage][0]) / max(count - before[stage][1], 1)
    return row, means, p50, p99
