"""What hostile programs take of the limits that they are given, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

from benchmarks.data.hostile_rules import HOSTILE
from benchmarks.harness import Row
from focusmesh import Graph, QueryLimits
from focusmesh.errors import BudgetError

SECONDS = 1.0
MIB = 256
_STATUS = Path("/proc/self/status")
_WARM = (
    "p(x, y) :- axon(x, y, _). p(x, z) :- p(x, y), axon(y, z, _).",
    "p(x, z) :- axon(x, y, _), axon(y, z, _), !axon(x, z, _).",
)


def hostile_rows(links: int) -> list[Row]:
    """Seconds beyond the limit, and memory, by program; of a graph of so many links."""
    rows = list[Row]()
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name in HOSTILE:
            rows.append({"of": name, **pool.apply(ask, (name, links))})
    return rows


def ask(name: str, links: int) -> Row:
    """Asks one program once, after compiled code has been loaded by small ones."""
    for text in _WARM:
        Graph.from_edges([(at, at * 7 % 3_000) for at in range(3_000)]).rules(text).count("p")
    graph = Graph.from_edges(list(HOSTILE[name].links(links)))
    graph.rules("p(x) :- particle(x).").count("p")
    _STATUS.with_name("clear_refs").write_text("5")  # the peak begins here
    held = _peak()
    limits = QueryLimits(seconds=SECONDS, memory_bytes=MIB * 2**20)
    begun, limit = time.perf_counter(), "none"
    try:
        graph.rules(HOSTILE[name].rules, limits=limits).changes()
    except BudgetError as error:
        limit = error.limit
    taken = time.perf_counter() - begun
    return {
        "seconds": taken,
        "beyond the limit": max(0.0, taken - SECONDS),
        "MiB": (_peak() - held) / 2**10,
        "ended by": limit,
    }


def _peak() -> int:
    """KiB of memory that this process has had at most."""
    return int(_STATUS.read_text().partition("VmHWM:")[2].split()[0])
