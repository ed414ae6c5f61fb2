"""The rewrite machine: interactions a second on one core, beside HVM3's C runtime on the same programs.

The programs are HVM3's own, with smaller numbers where its collector-free heap would take all memory. Ours and HVM3's
seconds are those of reducing to the first value, in turns. ``FOCUSMESH_HVM3`` names HVM3's source (engines/hvm3.py).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cards.card_rewrite import PROGRAMS
from benchmarks.harness import Result, Row, Target, interleaved, quotient, summary
from benchmarks.peers.hvm3 import Hvm3, missing
from focusmesh.engine.rewrite import Machine, evaluation, read_book
from focusmesh.engine.support.parallel import limited, thread_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.peers.hvm3 import Ran

_PROGRAMS = Path(__file__).parents[3] / "tests" / "engine" / "rewrite" / "published"
_SIZES = {
    "bench_count": ("2_000_000_000", "20_000_000", "1_000_000"),
    "bench_sum_range": ("50_000_000", "2_000_000", "100_000"),
    "bench_cnots": ("@P24 @not", "@P16 @not", "@P08 @not"),
    "enum_nat": ("@nat(12000)", "@nat(4000)", "@nat(400)"),
    "enum_primes": ("@X_B @Y_B) @P_B", "@X_B @Y_B) @P_B", "@X_B @Y_B) @P_B"),
    "fuse_mul": ("23232 32323", "2345 1234", "345 123"),
}
_LOOPS = ("bench_count", "bench_sum_range")
_LOOP_TARGET, _PEER_TARGET = 60.0, 0.5
_OWN, _COMPILED, _INTERPRETED = "lazy", "HVM3, compiled to C", "HVM3, interpreted"


def measure(quick: bool) -> Result:
    """One table of rates; the targets are the slowest loop and the lowest share of HVM3's compiled mode."""
    result = Result("rewrite")
    reason = missing()
    peer = None if reason else Hvm3()
    if reason:
        result.not_run["HVM3"] = reason
    rows = [row for name in _SIZES for row in _rows(name, peer, quick)]
    result.add("Reducing to the first value, one core", rows)
    wide = [row for name in PROGRAMS for row in _wide(name, quick)]
    result.add("Wide programs to normal form, lazy and bulk", wide)
    own = {str(row["program"]): row for row in rows if row["evaluator"] == _OWN}
    loops = [row["million_a_second"] for name, row in own.items() if name in _LOOPS]
    shares = [row["of_compiled_hvm3"] for row in own.values()]
    result.targets = [
        Target("loops on one core", _LOOP_TARGET, _least(loops), "M interactions/s", at_least=True),
        Target("HVM3's compiled mode", _PEER_TARGET, _least(shares), "times", at_least=True),
    ]
    return result


def _least(values: list[str | int | float | None]) -> float | None:
    return min((float(value) for value in values if isinstance(value, float)), default=None)


def _rows(name: str, peer: Hvm3 | None, quick: bool) -> list[Row]:
    old, new, small = _SIZES[name]
    text = (_PROGRAMS / f"{name}.hvm").read_text(encoding="utf-8")
    # The interpreter, which has the same rate on any size, takes minutes for the larger one.
    few = text.replace(old, small)
    text = few if quick else text.replace(old, new)
    told: dict[str, Ran] = {}
    counts: dict[str, int] = {}
    _own(text, counts)
    turns: dict[str, Callable[[], float | None]] = {_OWN: lambda: _own(text, counts)}
    if peer is not None:
        turns |= {
            _COMPILED: lambda: _peer(peer, text, told, _COMPILED),
            _INTERPRETED: lambda: _peer(peer, few, told, _INTERPRETED),
        }
    times = interleaved(turns, rounds=2 if quick else 3, seconds_each=1.0)
    counts |= {who: ran.interactions for who, ran in told.items()}
    rates = {
        who: quotient(counts[who], summary(taken)[1], 1e6) for who, taken in times.items() if taken
    }
    compiled = rates.get(_COMPILED)
    return [
        {
            "program": name,
            "evaluator": who,
            "interactions": counts[who],
            "median_s": summary(times[who])[1],
            "million_a_second": rate,
            "of_compiled_hvm3": None if compiled is None or rate is None else rate / compiled,
        }
        for who, rate in rates.items()
    ]


def _wide(name: str, quick: bool) -> list[Row]:
    """A program of card_rewrite.py by the lazy evaluator, and by the bulk one on one thread and on all."""
    text, _, depth = PROGRAMS[name]
    book = read_book(text % (depth if quick else depth + 8))
    counts: dict[str, int] = {}

    def run(who: str, evaluator: str, threads: int) -> float:
        with limited(threads):
            running = evaluation(book, evaluator=evaluator, compiled=True)
            begun = time.perf_counter()
            running.normalise()
            seconds = time.perf_counter() - begun
        counts[who] = running.statistics().interactions
        return seconds

    cores = thread_count()
    turns: dict[str, Callable[[], float | None]] = {
        "lazy": lambda: run("lazy", "lazy", 1),
        "bulk, 1 thread": lambda: run("bulk, 1 thread", "bulk", 1),
        f"bulk, {cores} threads": lambda: run(f"bulk, {cores} threads", "bulk", cores),
    }
    for turn in turns.values():
        turn()
    times = interleaved(turns, rounds=2 if quick else 3, seconds_each=1.0)
    slow = summary(times["bulk, 1 thread"])[1] or 0.0
    return [
        {
            "program": name,
            "evaluator": who,
            "interactions": counts[who],
            "median_s": summary(taken)[1],
            "million_a_second": quotient(counts[who], summary(taken)[1], 1e6),
            "of_one_thread": quotient(slow, summary(taken)[1]),
        }
        for who, taken in times.items()
        if taken
    ]


def _own(text: str, counts: dict[str, int]) -> float:
    machine = Machine(read_book(text))
    begun = time.perf_counter()
    next(machine.collapse())
    seconds = time.perf_counter() - begun
    counts[_OWN] = machine.statistics().interactions
    return seconds


def _peer(peer: Hvm3, text: str, told: dict[str, Ran], who: str) -> float | None:
    ran = peer.run(text, compiled=who == _COMPILED)
    if ran is None:
        return None
    told[who] = ran
    return ran.seconds
