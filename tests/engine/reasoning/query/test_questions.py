"""Queries to a graph: what particles and links say, tables, limits, procedures, parameters."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest

import focusmesh as fm
from focusmesh.engine.reasoning import explain_query
from focusmesh.errors import BudgetError, InputError, QueryError

GRAPH = fm.Graph.from_cypher(
    "CREATE (a:Package {name: 'app', year: 2021})-[:imports {weight: 2, why: 'speed'}]->(w {name: 'web'}),"
    " (a)-[:imports {author: 'ann', time: 7}]->(w), (w)-[:needs]->(h:Package {name: 'http', text: 'a protocol'})"
)


def test_particles_and_links_say_what_they_have() -> None:
    rows = GRAPH.query("MATCH (n) RETURN n, labels(n), properties(n)").rows
    assert rows == [
        ("app", ["Package"], {"name": "app", "year": 2021}),
        ("web", [], {"name": "web"}),
        ("http", ["Package"], {"name": "http", "text": "a protocol"}),
    ]
    rows = GRAPH.query("MATCH ()-[r]->() RETURN r, r.author, r.time, r.why ORDER BY r.weight").rows
    assert [(each[0].type, each[0].properties["weight"], *each[1:]) for each in rows] == [
        ("imports", 1.0, "ann", 7, None),
        ("needs", 1.0, None, None, None),
        ("imports", 2.0, None, None, "speed"),
    ]


def test_plain_links_have_the_type_link_and_numbers_are_names() -> None:
    graph = fm.Graph.from_edges([0, 1, 2], [1, 2, 0])
    assert graph.query("MATCH (a)-[:LINK]->(b {name: 2}) RETURN a, b.name").rows == [(1, 2)]
    assert graph.query("MATCH ()-[:other]->() RETURN 1").rows == []


def test_a_property_goes_before_the_name() -> None:
    graph = fm.Graph.from_edges([("a", "b")])
    graph.set_property("a", "name", "first")
    assert graph.query("MATCH (n {name: 'first'}) RETURN n").rows == [("a",)]
    assert graph.query("MATCH (n {name: 'a'}) RETURN n").rows == []
    assert graph.query("MATCH (n) WHERE n.name = 'b' RETURN n").rows == [("b",)]


def test_digests_are_called_by_their_cids() -> None:
    name = bytes(range(32))
    graph = fm.Graph.from_edges([(name, bytes(32))])
    assert graph.query("MATCH (n {name: $n})-->(m) RETURN n", n=name).rows == [(name,)]


def test_an_edit_is_seen() -> None:
    graph = fm.Graph.from_edges([("a", "b")])
    assert len(graph.query("MATCH (a)-->(b) RETURN a")) == 1
    graph.link("b", "c")
    assert len(graph.query("MATCH (a)-->(b) RETURN a")) == 2


def test_tables_are_read_in_many_ways() -> None:
    table = GRAPH.query(
        "MATCH p = (a {name: 'app'})-[r {author: 'ann'}]->(b) RETURN p, a, 1 AS one"
    )
    path, particle, one = table.rows[0]
    assert (path.particles, particle, one) == (("app", "web"), "app", 1)
    assert path.links[0].source == "app"
    assert table["one"] == [1]
    assert table.complete
    assert next(table.json_rows())[1]["labels"] == ["Package"]
    assert "<td>app</td>" in table._repr_html_()
    with pytest.raises(KeyError, match="there are p, a, one"):
        table["two"]


def test_arrow_has_numbers_and_texts() -> None:
    pytest.importorskip("arro3.core")
    table = GRAPH.query("UNWIND [1, 2] AS n RETURN n, n / 2.0 AS half, [n] AS list").to_table()
    assert table.column_names == ["n", "half", "list"]


def test_limits_stop_a_query_or_cut_it() -> None:
    text = "UNWIND range(1, 1000000) AS a RETURN a"
    with pytest.raises(BudgetError, match="name a start by a label"):
        GRAPH.query(text, limits=fm.QueryLimits(rows=10))
    table = GRAPH.query(text, limits=fm.QueryLimits(rows=10), partial=True)
    assert (len(table), table.complete) == (10, False)
    graph = fm.Graph.from_edges([(a, b) for a in range(12) for b in range(12) if a != b])
    with pytest.raises(BudgetError):
        graph.query("MATCH (a)-[*]->(b) RETURN count(*)", limits=fm.QueryLimits(inferences=50_000))
    with pytest.raises(BudgetError):
        graph.query(
            "MATCH p = SHORTEST 100000 (a {name: 0})-->+(b {name: 1}) RETURN count(*)",
            limits=fm.QueryLimits(inferences=50_000),
        )


@pytest.mark.parametrize(
    "text",
    [
        "UNWIND range(1, 1000000000000) AS a RETURN count(a)",
        "UNWIND range(1, 1000000000000) AS a RETURN collect(a)",
        "UNWIND range(1, 1000000000000) AS a WITH DISTINCT a RETURN count(*)",
        "UNWIND range(1, 1000000000000) AS a RETURN a UNION RETURN 1 AS a",
        "UNWIND range(1, 1000000000000) AS a WITH a ORDER BY a RETURN count(*)",
    ],
)
def test_endless_rows_pass_a_limit(text: str) -> None:
    for limits in (fm.QueryLimits(inferences=5_000), fm.QueryLimits(seconds=0.05)):
        with pytest.raises(BudgetError):
            GRAPH.query(text, limits=limits)
    if "count(a)" not in text:
        with pytest.raises(BudgetError):
            GRAPH.query(text, limits=fm.QueryLimits(memory_bytes=100_000))


@pytest.mark.parametrize(
    "inner",
    [
        "size([y IN range(1, 3000) WHERE y < 0])",
        "CASE WHEN any(y IN range(1, 3000) WHERE y < 0) THEN 1 ELSE 0 END",
        "reduce(s = 0, y IN range(1, 3000) | s + y)",
    ],
)
def test_expressions_that_go_through_lists_pass_a_limit(inner: str) -> None:
    text = f"RETURN reduce(t = 0, x IN range(1, 3000) | t + {inner})"
    for limits in (fm.QueryLimits(inferences=5_000), fm.QueryLimits(seconds=0.05)):
        with pytest.raises(BudgetError):
            GRAPH.query(text, limits=limits)


def test_profile_and_steps_say_how_it_went() -> None:
    table = GRAPH.query("MATCH (n) RETURN n.year AS y ORDER BY y", profile=True)
    assert [each.step for each in table.profile] == ["ORDER BY", "RETURN"]
    steps = explain_query(GRAPH.snapshot(), "MATCH (a)-->(b {name: 'web'}) RETURN a", {})
    assert steps[0] == "MATCH: start at b, by property name (about 1)"


def test_operators_are_procedures() -> None:
    rows = GRAPH.query(
        "CALL distances('app') YIELD particle, distance RETURN particle, distance"
    ).rows
    assert rows == [("app", 0.0), ("web", 1.0), ("http", 2.0)]
    found = GRAPH.query("MATCH (n) CALL context(n, {top: 1}) YIELD particle RETURN n, particle")
    assert len(found) == 3
    assert len(GRAPH.query("CALL components")) == 3
    scores = dict(GRAPH.query("MATCH (n) RETURN n, focus(n)").rows)
    assert scores == pytest.approx(dict(zip(*_focus(), strict=True)), abs=1e-8)
    with pytest.raises(QueryError, match="there is no procedure"):
        GRAPH.query("CALL distence('app')")
    with pytest.raises(InputError, match="has no argument"):
        GRAPH.query("CALL components({round: 3}) YIELD particle RETURN particle")


@pytest.mark.parametrize("top", ["'x'", "-1", "true", "1.5"])
def test_top_is_a_number_of_rows(top: str) -> None:
    with pytest.raises(InputError, match="top is a whole number of rows"):
        GRAPH.query(f"CALL components({{top: {top}}}) YIELD particle RETURN particle")


def _focus() -> tuple[list[str], list[float]]:
    found = GRAPH.focus(tolerance=1e-9)
    return [str(each) for each in found.particles], found.scores.tolist()


def test_parameters_are_values_of_python() -> None:
    utc = timezone.utc  # noqa: UP017
    given = {
        "day": date(2026, 1, 2),
        "then": datetime(2026, 1, 2, 3, 4, tzinfo=utc),
        "plain": datetime(2026, 1, 2, 3, 4),
        "span": timedelta(days=1, seconds=2),
        "some": (np.int64(1), {"a": None}),
    }
    table = GRAPH.query("RETURN $day.year, $then, $plain, $span, $some", given)
    assert table.rows[0][0] == 2026
    assert table.rows[0][2:] == ("2026-01-02T03:04", "P1DT2S", [1, {"a": None}])
    for wrong in (1 << 80, object()):
        with pytest.raises(InputError, match="parameter"):
            GRAPH.query("RETURN $x", x=wrong)


def test_subqueries_see_what_they_import() -> None:
    text = "MATCH (n) CALL { WITH n MATCH (n)-->(m) RETURN count(m) AS c } RETURN n, c"
    assert GRAPH.query(text).rows == [("app", 2), ("web", 1), ("http", 0)]
    text = "MATCH (n) CALL { MATCH (n)-->(m) RETURN count(m) AS c } RETURN DISTINCT c"
    assert GRAPH.query(text).rows == [(3,)]


def test_long_queries_need_no_deep_stack() -> None:
    chain = "WITH 1 AS a " * 2_000
    assert GRAPH.query(f"{chain}RETURN a").rows == [(1,)]
    hops = "-->()" * 5_000
    assert GRAPH.query(f"MATCH (a){hops} RETURN a").rows == []


def test_what_fails_on_a_value_has_a_place() -> None:
    with pytest.raises(QueryError) as caught:
        GRAPH.query("MATCH (n)\nRETURN 1 / (size(n.name) - 3)")
    assert (caught.value.phase, caught.value.line) == ("runtime", 2)


def test_graphs_are_written_as_texts() -> None:
    assert GRAPH.texts is not None
    same = fm.Graph.from_cypher("CREATE ({name: 'a'}), ({name: 'a'}), ({name: '1'})")
    assert list(same.particles) == ["0", "1_", "1"]
    for text, word in (
        ("CREATE ({x: [1]})", "list"),
        ("CREATE (a)-[:T {x: 1}]->(b), (a)-[:T {x: 2}]->(b)", "two links"),
        ("CREATE ()-[:T {weight: -1}]->()", "weight"),
        ("CREATE ()-[:T {time: 'x'}]->()", "time"),
    ):
        with pytest.raises(InputError, match=word):
            fm.Graph.from_cypher(text)
