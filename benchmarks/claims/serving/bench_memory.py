"""Answers a second over the memory of an agent, asked of the tools as the server calls them.

By the time of the processor: other work on the machine does not count, but what it takes of the caches does. The memory
is what the tools make: entities of twelve types with four observations and a relation each, of words as frequent as
words are. No two questions are alike.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, Row, Target
from focusmesh import Graph
from focusmesh.engine.links import OBSERVATION, TYPE
from focusmesh.interface.mcp.file_store import FileStore
from focusmesh.interface.mcp.tools import Tools

_ENTITIES, _OBSERVATIONS, _TYPES, _WORDS = 20_000, 4, 12, 20_000
_QUESTIONS, _ROUNDS = 60, 5
_ANSWERS = 100.0
_WAYS: dict[str, dict[str, Any]] = {
    "10 items": {"k": 10},
    "400 tokens": {"budget_tokens": 400},
    "2,000 tokens": {"budget_tokens": 2_000},
    "20,000 tokens, the default": {},
}


def measure(quick: bool) -> Result:
    """A small memory where it is to be quick."""
    result = Result("memory")
    title, rows = _answers(_ENTITIES // 100 if quick else _ENTITIES)
    result.add(title, rows)
    for row in rows[:2]:
        what = f"recall of an agent's memory, {row['answer']}"
        measured = row["answers a second"]
        result.targets.append(Target(what, _ANSWERS, measured, "/s", at_least=True))  # type: ignore[arg-type]
    return result


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
