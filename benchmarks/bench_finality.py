"""How long a signal waits until it is decided: four voters, one process each, on this machine's loopback.

Users leave one-link signals at a steady rate, whatever becomes of those before, and each is timed from then until its
node says that voters have decided its block, which is durable there. The graph is there before the voters begin.

All nodes and users share one disk, of which every voter asks some fifty writes a second to be durable, and users 1,500
changes of a folder: the same without a disk, in memory, shows what that takes. Two cores for four voters are nearly
busy, so that waits depend on how fast they are just then: a plain loop, on every core at once, tells.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.agreed import VOTERS, load, paces, running
from benchmarks.harness import Result, Row, Target
from benchmarks.ledgers import Traffic

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
_P50_S, _P99_S = 0.5, 1.5
_GIVEN_UP_S = 45.0


def measure(quick: bool) -> Result:
    """By the number of links; open loop of 500 signals a second."""
    result = Result("finality")
    rows: list[Row] = []
    for scale, links, interval, place in ((12, 10_000, 1, None),) if quick else _SIZES:
        if place is not None and not place.is_dir():
            continue
        row, p50, p99 = _measured(scale, links, interval, place, 3 if quick else 15)
        rows.append(row)
        if (links, interval, place) == _SIZES[0][1:]:
            result.targets.append(Target("half of all signals decided", _P50_S, p50, "s"))
            result.targets.append(Target("99 of 100 signals decided", _P99_S, p99, "s"))
    title = f"{VOTERS} voters as processes of one machine, {_PER_SECOND} signals a second: seconds until decided"
    result.add(title, rows)
    return result


def _measured(
    scale: int, links: int, interval: int, place: Path | None, seconds: int
) -> tuple[Row, float, float]:
    loops = paces()
    with (
        TemporaryDirectory(dir=place) as folder,
        running(Path(folder), scale, links, interval) as network,
    ):
        traffic = Traffic(network.ledger, (seconds + 3) * _PER_SECOND)
        load(network, traffic.wires[: 3 * _PER_SECOND], _PER_SECOND, _GIVEN_UP_S)
        found = load(network, traffic.wires[3 * _PER_SECOND :], _PER_SECOND, _GIVEN_UP_S)
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
    return row, p50, p99
