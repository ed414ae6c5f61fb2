"""Rules: derived from nothing beside DuckDB's recursive query, and kept right edit by edit. One thread each."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Result, Row
from focusmesh import Graph, QueryLimits, RuleSet
from focusmesh.engine.reasoning import Meter

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning import RuleView

WORDNET = Path("/usr/share/wordnet")
CLOSURE = ".decl e(x: number, y: number) path(x, y) :- e(x, y). path(x, z) :- path(x, y), e(y, z)."
ABOVE = """above(x, y) :- link(x, y, "hypernym", _, _, _).
above(x, z) :- above(x, y), link(y, z, "hypernym", _, _, _)."""
RECURSIVE = """WITH RECURSIVE path(x, y) AS (
    SELECT x, y FROM e UNION SELECT path.x, e.y FROM path JOIN e ON path.y = e.x)
SELECT count(*) FROM path"""
RUNS = 3


def measure(quick: bool) -> Result:
    """The closure of random links, and of WordNet's hypernyms."""
    result = Result("rules")
    chance = random.Random(1)
    count = 1_500 if quick else 3_000
    edges: set[tuple[int, int]] = set()
    while len(edges) < count:
        edges.add((chance.randrange(2_000), chance.randrange(2_000)))
    rules = RuleSet(CLOSURE)
    rows: list[Row] = [
        _evaluated("random links", sorted(edges), result, lambda: _size(rules, edges)),
    ]
    model = rules.model({"e": edges})

    def toggle(came: list[Any], went: list[Any]) -> None:
        model.update({"e": came}, {"e": went}, Meter(QueryLimits()))

    edits = [_edited("random links", toggle, chance, edges, 40 if quick else 100)]
    if WORDNET.exists() and not quick:
        graph = Graph.read(WORDNET, format="wordnet")
        view = graph.rules(ABOVE)
        links = [(x, y) for x, y, r, *_ in view["link"] if r == "hypernym"]
        rows.append(
            _evaluated(
                "hypernyms of WordNet", links, result, lambda: len(graph.rules(ABOVE)["above"])
            )
        )
        edits.append(_wordnet(graph, view, chance, links))
    elif not quick:
        result.not_run["hypernyms"] = f"WordNet is not in {WORDNET}"
    result.add("Closures from nothing, seconds (least of three)", rows)
    result.add("One edit and what it changes, milliseconds", edits)
    return result


def _size(rules: RuleSet, edges: set[tuple[int, int]]) -> int:
    return len(rules.evaluate({"e": edges})["path"])


def _best(run: Callable[[], int]) -> tuple[float, int]:
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        count = run()
        taken.append(time.perf_counter() - begun)
    return min(taken), count


def _evaluated(what: str, edges: list[Any], result: Result, run: Callable[[], int]) -> Row:
    taken, count = _best(run)
    row: Row = {"of": what, "links": len(edges), "pairs": count, "focusmesh": taken, "DuckDB": None}
    try:
        import duckdb
    except ImportError:
        result.not_run["DuckDB"] = "not installed"
        return row
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("CREATE TABLE e (x VARCHAR, y VARCHAR)")
    connection.executemany("INSERT INTO e VALUES (?, ?)", [[str(x), str(y)] for x, y in edges])

    def asked() -> int:
        found = connection.execute(RECURSIVE).fetchone()
        return 0 if found is None else int(found[0])

    other, size = _best(asked)
    assert size == count, (size, count)
    return row | {"DuckDB": other}


def _edited(
    what: str,
    toggle: Callable[[list[Any], list[Any]], None],
    chance: random.Random,
    edges: set[tuple[int, int]],
    count: int,
) -> Row:
    """Random links come and go in turn, one at a time."""
    came, went = list[float](), list[float]()
    there = sorted(edges)
    for _ in range(count):
        new = (chance.randrange(2_000), chance.randrange(2_000))
        if new in edges:
            continue
        begun = time.perf_counter()
        toggle([new], [])
        came.append(time.perf_counter() - begun)
        old = there.pop(chance.randrange(len(there)))
        begun = time.perf_counter()
        toggle([], [old])
        went.append(time.perf_counter() - begun)
    return _row(what, came, went)


def _wordnet(graph: Graph, view: RuleView, chance: random.Random, links: list[Any]) -> Row:
    """Hypernyms go and come back; the time has the merge of the edit into the graph, which is told apart."""
    came, went, merges = list[float](), list[float](), list[float]()
    view.changes()
    for source, target in chance.sample(links, 30):
        for taken in (went, came):
            if taken is went:
                graph.unlink(source, target, relation="hypernym")
            else:
                graph.link(source, target, relation="hypernym")
            begun = time.perf_counter()
            graph.snapshot()
            merged = time.perf_counter()
            view.changes()
            merges.append(merged - begun)
            taken.append(time.perf_counter() - merged)
    view.verify()
    return _row("hypernyms of WordNet", came, went) | {
        "merge into the graph, p50": statistics.median(merges) * 1e3
    }


def _row(what: str, came: list[float], went: list[float]) -> Row:
    return {
        "of": what,
        "a link comes, p50": statistics.median(came) * 1e3,
        "mean": statistics.fmean(came) * 1e3,
        "a link goes, p50": statistics.median(went) * 1e3,
        "its mean": statistics.fmean(went) * 1e3,
    }
