"""The first answer of a process that opens a saved graph: interpreter, imports, index, focus and context, all of it.

By the time of the processor: other work on the machine does not count, but what it takes of the caches does, and so
does OpenBLAS's second thread, which spins for some 0.1 s while NumPy is imported. By the clock that thread does not
count, and other work does. Each row is a process of its own, the least of several, with kernels compiled before.
Passages are those of HotpotQA and MuSiQue (training parts), several times under other names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data.graphs import ROOT
from benchmarks.data.multihop import SETS, multihop
from benchmarks.harness import Result, Row, Target
from focusmesh import Graph

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIZES = ((20, ("nothing", "words, names and focus")), (35, ("words, names and focus",)))
"""How often the passages are taken, and what lies beside the file."""
_RUNS = 7
_SECONDS = 0.2
_FIRST = """
import json, sys, time
began = time.process_time()
from focusmesh import Graph
imported = time.process_time()
graph = Graph.open(sys.argv[1])
graph.index_texts()
opened = time.process_time()
graph.recall("where did the singer of Hello Love die?")
answered, clock = time.process_time(), time.time() - float(sys.argv[2])
graph.recall("which river flows through the town of the oldest university?")
ended = time.process_time()
kernels = "numba" in sys.modules
print(json.dumps([began, imported - began, opened - imported, answered - opened, ended - answered, kernels, clock]))
"""


def measure(quick: bool) -> Result:
    """Few passages where it is to be quick."""
    result = Result("first_answer")
    shared = os.environ.get("FOCUSMESH_VECTORS") or ROOT.parent / "shared" / "vectors"
    folder = Path(shared) / "outside" / "multihop"
    if not folder.is_dir():
        result.not_run["First answers"] = "multihop is not among the outside vectors here"
        return result
    sizes = ((1, _SIZES[0][1]),) if quick else _SIZES
    rows = [row for copies, beside in sizes for row in _rows(folder, copies, beside)]
    result.add("First answer of a process, processor seconds", rows)
    for row in rows:
        if row["beside the file"] != "nothing":
            what = f"first answer of a process, {row['passages']:,} passages"
            result.targets.append(Target(what, _SECONDS, row["in all"], "s"))  # type: ignore[arg-type]
    return result


def _rows(folder: Path, copies: int, listed: Sequence[str]) -> list[Row]:
    """What a new process takes, with nothing beside the file or with all that ``save`` writes there."""
    items = [
        {"name": f"{item['name']} {copy}" if copy else item["name"], "text": item["text"]}
        for copy in range(copies)
        for name in SETS
        for item in multihop(folder, name)[0]
    ]
    graph = Graph.from_documents(items)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as made:
        for beside in listed:
            path, words = Path(made) / "passages.focusmesh", beside != "nothing"
            graph.save(path, words=words)
            # One more than counts, where kernels may have to be compiled; an index is made anew in one run only.
            runs = [_first_answer(path) for _ in range(1 + _RUNS if words else 1)]
            told = min(runs, key=lambda one: sum(one[:4]))
            parts = ("Python", "import", "open", "first answer", "second")
            row: Row = {
                "passages": len(items),
                "links": graph.link_count,
                "beside the file": beside,
            }
            row |= {part: round(seconds, 3) for part, seconds in zip(parts, told, strict=False)}
            row |= {"in all": round(sum(told[:4]), 3)}
            row |= {"by the clock": round(min(one[6] for one in runs), 3)}
            row |= {"kernels": "yes" if told[5] else "no"}
            rows.append(row)
    return rows


def _first_answer(path: Path) -> list[float]:
    command = [sys.executable, "-c", _FIRST, str(path), str(time.time())]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return [float(seconds) for seconds in json.loads(told)]
