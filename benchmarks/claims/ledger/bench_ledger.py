"""A ledger end to end: links imported as signed signals, blocks of 10,000 links, one-link signals for a minute.

Everything is durable and complete when it counts: signatures, rows, state root, focus, certificate, transaction. The
raw parts stand beside it: checks of as many signatures, the SHA-256 rate, and the same links put into SQLite and LMDB
(bench_store.py has those two by themselves).
"""

from __future__ import annotations

import statistics
import time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.data.ledgers import LedgerOfLinks, Traffic, imported_by_command, raw_rates
from benchmarks.harness import Result, Row, Target, quotient, ratio
from focusmesh.protocol.signal import SIGNAL_DOMAIN, parse
from focusmesh.protocol.world import SignaturePool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Pending

_IMPORT_SECONDS, _RATE = 15.0, 8_000.0
_SIGNALS_MS, _SINGLES_MS = 400.0, 800.0
_BLOCK_SECONDS = 1.0
_BATCH = 8_000


def measure(quick: bool) -> Result:
    """R-MAT of a million links over 2¹⁷ particles, and of 10⁵ for the minute of single links."""
    result = Result("ledger")
    scale, links = (14, 100_000) if quick else (17, 1_000_000)
    with TemporaryDirectory() as folder:
        _import(Path(folder), scale, links, result)
        with LedgerOfLinks(Path(folder) / "large", scale, links) as ledger:
            _blocks(ledger, 3 if quick else 7, result)
        with LedgerOfLinks(Path(folder) / "small", 14, 100_000) as ledger:
            _sustained(ledger, 5.0 if quick else 60.0, result)
    return result


def _import(folder: Path, scale: int, links: int, result: Result) -> None:
    """``focusmesh import FILE --ledger DIR`` in a process of its own, reading the file and starting up included."""
    made = imported_by_command(folder, scale, links)
    rates = raw_rates()
    row: Row = {
        "links": links,
        "particles": made.particles,
        "seconds": made.seconds,
        "cpu_seconds": made.cpu_seconds,
        "links_per_s": quotient(links, made.seconds),
        "peak_MB": made.peak_mb,
        "disk_bytes_per_link": made.disk_bytes / links,
    }
    result.add("Import of a CSV file into a new ledger, by the command", [row])
    parts: list[Row] = [
        {"part": what, "per_s": rate, "seconds_for_a_million": 1e6 / rate}
        for what, rate in rates.items()
    ]
    result.add("Raw parts", parts)
    if links == 1_000_000:
        result.targets += [
            Target("1 M links imported, with root", _IMPORT_SECONDS, made.seconds, "s"),
            Target("disk, history included", 300.0, made.disk_bytes / links, "bytes/link"),
        ]


def _blocks(ledger: LedgerOfLinks, rounds: int, result: Result) -> None:
    rows: list[Row] = []
    for signals, each in ((100, 100), (10_000, 1)):
        times, stages = [], []
        for _ in range(rounds):
            wires = ledger.signals(signals, each)
            begun = time.perf_counter()
            parsed = [parse(wire) for wire in wires]
            stages.append(ledger.propose(parsed))
            times.append(1e3 * (time.perf_counter() - begun))
        best = times.index(min(times))
        rows.append(_block_row(f"{signals:,} signals of {each}", times, stages[best]))
    result.add(f"A block of 10,000 links on {ledger.links:,} links, ms (best; stages of it)", rows)
    history = ledger.history_bytes_per_link()
    result.add(
        "Bytes of such a block",
        [
            {
                "body_per_link": ledger.body_bytes / 10_000,
                "focus": ledger.focus_bytes,
                "focus_per_particle": ledger.focus_bytes / ledger.particles,
                "history_per_link": history,
            }
        ],
    )
    opened = [ledger.opened_again() for _ in range(3)]
    result.add(
        "Opened again, ms (best of 3): what a process that was killed leaves behind needs no repair",
        [{what: 1e3 * min(each[what] for each in opened) for what in opened[0]}],
    )
    if ledger.links >= 900_000:
        result.targets += [
            Target("10,000 links in 100 signals on 1 M links", _SIGNALS_MS, _ms(rows[0]), "ms"),
            Target("10,000 links in single signals on 1 M links", _SINGLES_MS, _ms(rows[1]), "ms"),
            Target("history", 150.0, history, "bytes/changed link"),
        ]


def _block_row(what: str, times: list[float], stages: dict[str, float]) -> Row:
    parts = {name: 1e3 * seconds for name, seconds in stages.items() if "focus " not in name}
    return {
        "signals": what,
        "best": min(times),
        "median": statistics.median(times),
        "parse": min(times) - sum(parts.values()),
        **{name.replace(" ", "_"): taken for name, taken in parts.items()},
    }


def _ms(row: Row) -> float:
    best = row["best"]
    assert isinstance(best, float)
    return best


def _sustained(ledger: LedgerOfLinks, seconds: float, result: Result) -> None:
    """Batch after batch: while one becomes a block, the signatures of the next are checked by the pool."""
    traffic = Traffic(ledger, round(seconds * 3 * _RATE))
    with SignaturePool(1) as pool:
        _paced(ledger, traffic.batches(_BATCH), pool, 1e9, warm=2)
        count, taken, blocks = _paced(ledger, traffic.batches(_BATCH), pool, seconds)
    alone = raw_rates()["Ed25519 checks, one core"]
    rate = quotient(count, taken)
    row: Row = {
        "signals": count,
        "seconds": taken,
        "signals_per_s": rate,
        "blocks": len(blocks),
        "block_ms_median": 1e3 * statistics.median(blocks),
        "block_ms_max": 1e3 * max(blocks),
        "share_of_signature_rate": ratio(rate, alone),
    }
    result.add(f"One-link signals on {ledger.links:,} links, end to end, durable", [row])
    result.targets += [
        Target("one-link signals, sustained", _RATE, rate, "/s", at_least=True),
        Target("longest block meanwhile", _BLOCK_SECONDS, max(blocks), "s"),
    ]


def _paced(
    ledger: LedgerOfLinks,
    batches: Iterator[list[bytes]],
    pool: SignaturePool,
    seconds: float,
    warm: int | None = None,
) -> tuple[int, float, list[float]]:
    """Signals in blocks, seconds in all, seconds of each block; ends after ``warm`` blocks or ``seconds``."""
    begun, count, blocks = time.perf_counter(), 0, list[float]()
    pending = _checked(next(batches), pool)
    for wires in islice(batches, warm):
        parsed, answers = pending
        pending = _checked(wires, pool)
        assert all(answers.result())
        started = time.perf_counter()
        ledger.propose(parsed)
        blocks.append(time.perf_counter() - started)
        count += len(parsed)
        if time.perf_counter() - begun >= seconds:
            break
    taken = time.perf_counter() - begun
    parsed, answers = pending
    assert all(answers.result())
    ledger.propose(parsed)
    return count, taken, blocks


def _checked(wires: list[bytes], pool: SignaturePool) -> tuple[list[SignedSignal], Pending]:
    parsed = [parse(wire) for wire in wires]
    return parsed, pool.start(SIGNAL_DOMAIN, [signed.check for signed in parsed])
