"""Rules: derived from nothing beside DuckDB's recursive query, and kept right edit by edit. One thread each."""

from __future__ import annotations

import random
import statistics
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.claims.knowledge.hostile_rules import hostile_rows
from benchmarks.claims.knowledge.lookups import lookup_rows
from benchmarks.claims.knowledge.rule_edits import age_rows, growth_rows, strata_row
from benchmarks.harness import Result, Row
from focusmesh import Graph, QueryLimits, RuleSet
from focusmesh.engine.reasoning import Meter
from focusmesh.engine.reasoning.relations import ArrayRows, Dictionary

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
DECLARED = ".decl e(x: symbol, y: symbol) "
GENERATION = """WITH RECURSIVE t(x, y) AS (
    SELECT a.x, b.x FROM e a JOIN e b ON a.y = b.y
    UNION SELECT a.x, b.x FROM t JOIN e a ON a.y = t.x JOIN e b ON b.y = t.y) SELECT count(*) FROM t"""
JOINS = {
    "same generation of WordNet's verbs": (
        "t(x, y) :- e(x, p), e(y, p). t(x, y) :- e(x, a), t(a, b), e(y, b).",
        GENERATION,
    ),
    "triangles of WordNet": (
        "t(x, y, z) :- e(x, y), e(y, z), e(x, z).",
        "SELECT count(*) FROM e a JOIN e b ON a.y = b.x JOIN e c ON c.x = a.x AND c.y = b.y",
    ),
    "directed 3-cycles of WordNet": (
        "t(x, y, z) :- e(x, y), e(y, z), e(z, x).",
        "SELECT count(*) FROM e a JOIN e b ON a.y = b.x JOIN e c ON c.x = b.y AND c.y = a.x",
    ),
    "ends of two steps in WordNet": (
        "t(x, z) :- e(x, y), e(y, z).",
        "SELECT count(*) FROM (SELECT DISTINCT a.x, b.y FROM e a JOIN e b ON a.y = b.x)",
    ),
}
EGGLOG = """(relation e (i64 i64)) (relation path (i64 i64)) {facts}
(rule ((e x y)) ((path x y)))
(rule ((path x y) (e y z)) ((path x z)))
(run-schedule (saturate (run)))
(print-size path)"""
_EGGLOG_MOST = 10_000
RUNS = 3


def measure(quick: bool) -> Result:
    """The closure of random links and of WordNet's hypernyms, edits of both, and joins of WordNet's links."""
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

    edits = [_edited("random links", toggle, chance, edges, 40 if quick else 500)]
    model.verify(Meter(QueryLimits()))
    if WORDNET.exists() and not quick:
        graph = Graph.read(WORDNET, format="wordnet")
        view = graph.rules(ABOVE)
        links = [(x, y) for x, y, r, *_ in view["link"] if r == "hypernym"]
        rows.append(
            _evaluated(
                "hypernyms of WordNet", links, result, lambda: graph.rules(ABOVE).count("above")
            )
        )
        edits.append(_wordnet(graph, view, chance, links))
        result.add("Joins from nothing, seconds (least of three)", _joins(view, links, result))
        edits.append(strata_row(graph, chance, 100))
        result.add(
            "One look-up in WordNet, milliseconds (p50)", lookup_rows(graph, chance, 60, result)
        )
    elif not quick:
        result.not_run["hypernyms"] = f"WordNet is not in {WORDNET}"
    result.add("Closures from nothing, seconds (least of three)", rows)
    result.add("One edit and what it changes, milliseconds", edits)
    sizes = [1_000, 10_000] if quick else [10_000, 100_000, 1_000_000]
    result.add(
        "An edit by the number of links, milliseconds", growth_rows(sizes, 40 if quick else 400)
    )
    result.add(
        "Hostile programs, one second and 256 MiB each",
        hostile_rows(10_000 if quick else 1_000_000),
    )
    result.add("An edit after many, milliseconds", age_rows(sizes[0], 2_000 if quick else 100_000))
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
    row: Row = {"of": what, "links": len(edges), "pairs": count, "focusmesh": taken}
    return row | _peer(edges, RECURSIVE, count, result) | _egglog(edges, count, result)


def _egglog(edges: list[Any], count: int, result: Result) -> Row:
    """What egglog takes for the same number, from facts that are parsed."""
    try:
        from egglog.bindings import EGraph
    except ImportError:
        result.not_run["egglog"] = "not installed"
        return {"egglog": None}
    if len(edges) > _EGGLOG_MOST:
        result.not_run["egglog on WordNet"] = "it took more than the 23 GB of a machine"
        return {"egglog": None}
    places: dict[Any, int] = {}
    facts = " ".join(
        f"(e {places.setdefault(x, len(places))} {places.setdefault(y, len(places))})"
        for x, y in edges
    )
    commands = EGraph().parse_program(EGGLOG.format(facts=facts))

    def asked() -> int:
        (*_, told) = EGraph().run_program(*commands)
        return int(str(told))

    other, size = _best(asked)
    assert size == count, (size, count)
    return {"egglog": other}


def _peer(edges: list[Any], query: str, count: int, result: Result) -> Row:
    """What DuckDB takes for the same number."""
    try:
        import duckdb
        import pyarrow as pa
    except ImportError:
        result.not_run["DuckDB"] = "not installed"
        return {"DuckDB": None}
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("CREATE TABLE e (x VARCHAR, y VARCHAR)")
    ends = ([str(end) for end in column] for column in zip(*edges, strict=True))
    connection.register("given", pa.table(dict(zip("xy", ends, strict=True))))
    connection.execute("INSERT INTO e SELECT * FROM given").fetchall()

    def asked() -> int:
        found = connection.execute(query).fetchone()
        return 0 if found is None else int(found[0])

    other, size = _best(asked)
    assert size == count, (size, count)
    return {"DuckDB": other}


def _joins(view: RuleView, hypernyms: list[Any], result: Result) -> list[Row]:
    """Rules over pairs that both sides have read beforehand: as columns of places, and as a table."""
    pairs = [*dict.fromkeys((x, y) for x, y, *_ in view["link"])]
    verbs = [pair for pair in hypernyms if ".v." in pair[0]]
    rows = list[Row]()
    for what, (text, query) in JOINS.items():
        edges = verbs if "verbs" in what else pairs
        dictionary = Dictionary()
        columns = tuple(dictionary.places("symbol", column) for column in zip(*edges, strict=True))
        given = ArrayRows(dictionary, columns, np.zeros(len(edges), dtype=np.int32))
        taken, count = _best(partial(_derived, RuleSet(DECLARED + text), given))
        row: Row = {"of": what, "links": len(edges), "rows": count, "focusmesh": taken}
        rows.append(row | _peer(edges, query, count, result))
    return rows


def _derived(rules: RuleSet, given: ArrayRows) -> int:
    model = rules.model({"e": given}, dictionary=given.dictionary)
    return len(model.relations["t"])


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
    """Hypernyms go and come back, and a view reads each edit before the graph merges it."""
    came, went = list[float](), list[float]()
    view.changes()
    for source, target in chance.sample(links, 1_000):
        for taken, edit in ((went, graph.unlink), (came, graph.link)):
            edit(source, target, relation="hypernym")
            begun = time.perf_counter()
            view.changes()
            taken.append(time.perf_counter() - begun)
    view.verify()
    row = _row("hypernyms of WordNet", came[1:], went[1:])
    return row | {"the first one": went[0] * 1e3}


def _row(what: str, came: list[float], went: list[float]) -> Row:
    return {
        "of": what,
        "a link comes, p50": statistics.median(came) * 1e3,
        "mean": statistics.fmean(came) * 1e3,
        "a link goes, p50": statistics.median(went) * 1e3,
        "its mean": statistics.fmean(went) * 1e3,
    }
