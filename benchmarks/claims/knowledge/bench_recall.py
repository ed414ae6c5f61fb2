"""Recall: a question of a few words over 10⁵ texts and 10⁶ links, beside the search for words alone.

Questions are two to eight words of a text, as a reader would ask who remembers some of it. ``tantivy`` finds the same
entry particles and stops there; what recall takes above it is the graph. Words follow Zipf's law.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.harness import Result, Row, Target, ratio
from focusmesh import Graph, Names, RecallParams
from focusmesh.engine.recall import EntryIndex

if TYPE_CHECKING:
    from collections.abc import Callable

_P50_MS, _P99_MS = 15.0, 60.0
_WORDS, _LENGTH = 30_000, 20
_ASKED = 400


def measure(quick: bool) -> Result:
    """One graph, one process; 2,000 texts to see whether it runs."""
    texts, links = (2_000, 20_000) if quick else (100_000, 1_000_000)
    result = Result("recall")
    what = f"{texts:,} texts, {links:,} links"
    graph, said = _library(texts, links)
    result.add(f"Making ready, {what}", _ready(graph))
    questions = _questions(said, 40 if quick else _ASKED)
    rows = _rows(graph, questions)
    result.add(f"A question, {what}", rows)
    fast = next(row for row in rows if row["answer"] == "recall, fast")
    for name, limit in (("p50", _P50_MS), ("p99", _P99_MS)):
        measured: Any = fast[f"{name}_ms"]
        result.targets.append(Target(f"recall, {what}: {name}", limit, measured, "ms"))
    result.add(f"After an edit, {what}", _edits(graph))
    return result


def _library(texts: int, links: int) -> tuple[Graph, list[str]]:
    draw = np.random.default_rng(1)
    chances = 1.0 / np.arange(1, _WORDS + 1)
    words = draw.choice(_WORDS, size=(texts, _LENGTH), p=chances / chances.sum())
    said = [" ".join(f"w{word}" for word in row) for row in words.tolist()]
    sources, targets = draw.zipf(1.6, links) % texts, draw.integers(0, texts, links)
    graph = Graph.from_edges(sources, targets, particles=texts)
    return Graph.from_links(replace(graph.links(), texts=Names.texts(said))), said


def _questions(said: list[str], count: int) -> list[str]:
    draw = np.random.default_rng(2)
    return [
        " ".join(said[int(draw.integers(len(said)))].split()[: int(draw.integers(2, 9))])
        for _ in range(count)
    ]


def _ready(graph: Graph) -> list[Row]:
    """What the first question waits for."""
    index = _seconds(graph.index_texts)
    shared = _seconds(lambda: graph.recall("w5 w100"))
    return [
        {"step": "indexing all texts", "s": index},
        {"step": "first question: what all contexts share", "s": shared},
    ]


def _rows(graph: Graph, questions: list[str]) -> list[Row]:
    moment, params = EntryIndex().moment(graph, graph), RecallParams()
    ways: dict[str, tuple[Callable[[str], Any], int]] = {
        "tantivy alone": (lambda asked: moment.search(asked, params), len(questions)),
        "recall, fast": (graph.recall, len(questions)),
        "recall, fast, 1,000 tokens": (
            lambda asked: graph.recall(asked, budget_tokens=1_000),
            len(questions),
        ),
        "recall, fast, mmr 0.5": (lambda asked: graph.recall(asked, mmr=0.5), len(questions) // 2),
        "recall, balanced": (
            lambda asked: graph.recall(asked, effort="balanced"),
            len(questions) // 8,
        ),
    }
    rows: list[Row] = []
    for name, (ask, count) in ways.items():
        ask(questions[0])
        taken = 1e3 * np.array([_seconds(lambda: ask(asked)) for asked in questions[:count]])  # noqa: B023
        middle = float(np.median(taken))
        rows.append(
            {
                "answer": name,
                "p50_ms": middle,
                "p99_ms": float(np.quantile(taken, 0.99)),
                "questions": count,
                "tantivy_ratio": ratio(middle, rows[0]["p50_ms"] if rows else middle),  # type: ignore[arg-type]
            }
        )
    return rows


def _edits(graph: Graph) -> list[Row]:
    """The first question after an edit: links are merged, the global focus is solved, the index follows."""

    def linked() -> None:
        graph.link(0, 77, 2.0)
        graph.recall("w5 w100")

    def told() -> None:
        graph.set_text(77, "zebra")
        graph.recall("zebra")

    return [
        {"edit": "a link", "s": _seconds(linked)},
        {"edit": "a text", "s": _seconds(told)},
    ]


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
