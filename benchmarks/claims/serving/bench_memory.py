"""Memories: the first answer of a process that opens a saved graph, and answers a second over one memory of an agent.

All by the time of the processor: other work on the machine does not count, but what it takes of the caches does. First
answers are those of processes of their own, the least of several, with kernels compiled before. Passages are those of
HotpotQA and MuSiQue (training parts), several times under other names. The agent's memory is what the tools make:
entities of twelve types with four observations and a relation each, of words as frequent as words are. Every question
is asked of the tools as the server calls them, and no two are alike.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data.graphs import ROOT
from benchmarks.data.multihop import SETS, multihop
from benchmarks.harness import Result, Row, Target
from focusmesh import Graph
from focusmesh.engine.links import OBSERVATION, TYPE
from focusmesh.interface.mcp.file_store import FileStore
from focusmesh.interface.mcp.tools import Tools

_COPIES = (20, 35)
_RUNS = 3
_ENTITIES, _OBSERVATIONS, _TYPES, _WORDS = 20_000, 4, 12, 20_000
_QUESTIONS, _ROUNDS = 60, 5
_FIRST_SECONDS, _ANSWERS = 0.2, 100.0
_WAYS: dict[str, dict[str, Any]] = {
    "10 items": {"k": 10},
    "400 tokens": {"budget_tokens": 400},
    "2,000 tokens": {"budget_tokens": 2_000},
    "20,000 tokens, the default": {},
}
_FIRST = """
import json, sys, time
began = time.process_time()
from focusmesh import Graph
imported = time.process_time()
graph = Graph.open(sys.argv[1])
graph.index_texts()
opened = time.process_time()
graph.recall("where did the singer of Hello Love die?")
answered = time.process_time()
graph.recall("which river flows through the town of the oldest university?")
ended = time.process_time()
kernels = "numba" in sys.modules
print(json.dumps([began, imported - began, opened - imported, answered - opened, ended - answered, kernels]))
"""


def measure(quick: bool) -> Result:
    """Small memories where it is to be quick."""
    result = Result("memory")
    shared = os.environ.get("FOCUSMESH_VECTORS") or ROOT.parent / "shared" / "vectors"
    folder = Path(shared) / "outside" / "multihop"
    if folder.is_dir():
        copies = (1,) if quick else _COPIES
        rows = [row for count in copies for row in _first_answers(folder, count)]
        result.add("First answer of a process, processor seconds", rows)
        for row in rows:
            what = f"first answer, {row['passages']:,} passages, {row['beside the file']}"
            result.targets.append(Target(what, _FIRST_SECONDS, row["in all"], "s"))  # type: ignore[arg-type]
    else:
        result.not_run["First answers"] = "multihop is not among the outside vectors here"
    title, rows = _answers(_ENTITIES // 100 if quick else _ENTITIES)
    result.add(title, rows)
    for row in rows[:2]:
        what = f"recall of an agent's memory, {row['answer']}"
        measured = row["answers a second"]
        result.targets.append(Target(what, _ANSWERS, measured, "/s", at_least=True))  # type: ignore[arg-type]
    return result


def _first_answers(folder: Path, copies: int) -> list[Row]:
    """What a new process takes, with nothing beside the file and with all that ``save`` writes there."""
    items = [
        {"name": f"{item['name']} {copy}" if copy else item["name"], "text": item["text"]}
        for copy in range(copies)
        for name in SETS
        for item in multihop(folder, name)[0]
    ]
    graph = Graph.from_documents(items)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as made:
        for beside, words in (("nothing", False), ("words, names and focus", True)):
            path = Path(made) / "passages.focusmesh"
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
            row |= {"in all": round(sum(told[:4]), 3), "kernels": "yes" if told[5] else "no"}
            rows.append(row)
    return rows


def _first_answer(path: Path) -> list[float]:
    command = [sys.executable, "-c", _FIRST, str(path)]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return [float(seconds) for seconds in json.loads(told)]


def _answers(entities: int) -> tuple[str, list[Row]]:
    chance = random.Random(5)
    words = ["".join(chance.choices("bcdfghklmnprstvz", k=3)) + str(at) for at in range(_WORDS)]
    weights = [1 / (at + 10) for at in range(_WORDS)]
    graph = _memory(entities, chance, words, weights)
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "memory.focusmesh"
        graph.save(path, words=True)
        tools = Tools(FileStore(path))
        tools.call("recall", {"question": words[0]})
        rows = [_row(tools, way, chance, words, weights) for way in _WAYS]
    what = f"{graph.particle_count:,} particles, {graph.link_count:,} links"
    return f"Recall of an agent's memory, {what}", rows


def _row(tools: Tools, way: str, chance: random.Random, words: list[str], weights: Any) -> Row:
    """The quickest of several rounds of new questions."""
    seconds, items = [], 0
    for _ in range(_ROUNDS):
        asked = [" ".join(chance.choices(words, weights, k=5)) for _ in range(_QUESTIONS)]
        begun, items = time.process_time(), 0
        for question in asked:
            items += len(tools.call("recall", {"question": question, **_WAYS[way]}).data.items)
        seconds.append(time.process_time() - begun)
    return {
        "answer": way,
        "items": round(items / _QUESTIONS),
        "answers a second": round(_QUESTIONS / min(seconds), 1),
        "median of rounds": round(_QUESTIONS / sorted(seconds)[_ROUNDS // 2], 1),
    }


def _memory(count: int, chance: random.Random, words: list[str], weights: Any) -> Graph:
    names = [f"{' '.join(chance.choices(words, k=2)).title()} {at}" for at in range(count)]
    edges: list[tuple[Any, ...]] = []

    def tell(source: str, target: str, relation: str) -> None:
        edges.append((source, target, 1.0, relation, None, len(edges)))

    for at, name in enumerate(names):
        tell(name, f"type {at % _TYPES}", TYPE)
        for each in range(_OBSERVATIONS):
            tell(name, f"{' '.join(chance.choices(words, weights, k=9))} {at} {each}", OBSERVATION)
        tell(name, names[int(chance.random() ** 2 * count)], "knows")
    return Graph.from_edges(edges)
