"""Queries are read: how strongly operators bind, what patterns become, and what is said of bad input."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from focusmesh.engine.reasoning.query.language import read_query
from focusmesh.engine.reasoning.query.language import words as query_words
from focusmesh.engine.reasoning.query.language.syntax import (
    Expression,
    Hops,
    MatchClause,
    NodePattern,
    PathPattern,
    PathSelector,
    QuantifiedPattern,
    RelationshipPattern,
    ReturnClause,
    WrittenQuery,
    all_nodes,
)
from focusmesh.errors import QueryError


def returned(text: str) -> Expression:
    """The expression that a query returns."""
    clause = read_query(f"RETURN {text}").parts[0].clauses[-1]
    assert isinstance(clause, ReturnClause)
    return clause.projection.items[0].expression


def matched(text: str) -> PathPattern:
    """The path that a query matches."""
    clause = read_query(f"MATCH {text} RETURN 1").parts[0].clauses[0]
    assert isinstance(clause, MatchClause)
    return clause.patterns[0]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3 ^ 4 ^ 5", "1 + (2 * ((3 ^ 4) ^ 5))"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("-a.b ^ 2", "(-(a.b)) ^ 2"),
        ("NOT a = b AND c XOR d OR e", "(((NOT (a = b)) AND c) XOR d) OR e"),
        ("a = b IS NULL", "a = (b IS NULL)"),
        ("a + b IN c", "(a + b) IN c"),
        ("a STARTS WITH b + c", "a STARTS WITH (b + c)"),
        ("a[1..2][0].b:C", "((a[1..2])[0].b):C"),
        ("a OR b OR c OR d", "(a OR b) OR (c OR d)"),
        ("(a) - (b)", "a - b"),
        ("a <-1", "a < (-1)"),
        ("not a and B", "NOT a AND B"),
        ("`a` = \"x''y\"", "a = 'x\\'\\'y'"),
        ("'it''s'", '"it\'s"'),
        ("0x1F + 0o17 + 1_000 + .5e1 + 2d", "31 + 15 + 1000 + 5.0 + 2.0"),
    ],
)
def test_operators_bind_as_written(text: str, same: str) -> None:
    assert returned(text) == returned(same)


def test_equal_expressions_differ_where_their_types_do() -> None:
    assert returned("1") == returned(" 1")
    assert returned("1") != returned("1.0")
    assert returned("1") != returned("true")
    assert returned("a.b").at == len("RETURN ")


def test_paths_of_gql() -> None:
    path = matched("p = ALL SHORTEST TRAIL (a) ((x)-[r:R]->(y) WHERE x.n > 1){2,5} (b)-[s]->+(c)")
    a, group, b, s, c = path.elements
    assert (path.variable, path.selector, path.mode) == ("p", PathSelector("groups", 1), "trail")
    assert isinstance(group, QuantifiedPattern)
    assert group.hops == Hops(2, 5)
    assert isinstance(s, RelationshipPattern)
    assert (s.hops, s.direction) == (Hops(1, None), "out")
    assert (a, b, c) == (NodePattern("a"), NodePattern("b"), NodePattern("c"))


@pytest.mark.parametrize(
    ("text", "selector", "mode"),
    [
        ("ANY (a)-->(b)", PathSelector("any", 1), "trail"),
        ("ANY 3 PATHS (a)-->(b)", PathSelector("any", 3), "trail"),
        ("ANY SHORTEST ACYCLIC (a)-->(b)", PathSelector("shortest", 1), "acyclic"),
        ("SHORTEST 2 (a)-->(b)", PathSelector("shortest", 2), "trail"),
        ("SHORTEST 2 SIMPLE GROUPS (a)-->(b)", PathSelector("groups", 2), "simple"),
        ("WALK (a)-->(b)", None, "walk"),
        ("shortestPath((a)-[*]->(b))", PathSelector("shortest", 1), "trail"),
        ("allShortestPaths((a)-[*]->(b))", PathSelector("groups", 1), "trail"),
    ],
)
def test_selectors_and_modes(text: str, selector: PathSelector | None, mode: str) -> None:
    path = matched(text)
    assert (path.selector, path.mode) == (selector, mode)


def test_nodes_beside_repetitions_may_be_left_out() -> None:
    path = matched("((a)-->(b)){2} ((c)-->(d))+")
    empty = NodePattern()
    assert [type(each) for each in path.elements[1::2]] == [QuantifiedPattern] * 2
    assert list(path.elements[::2]) == [empty, empty, empty]


@pytest.mark.parametrize(
    ("text", "hops", "direction"),
    [
        ("-->", None, "out"),
        ("<--", None, "in"),
        ("--", None, "both"),
        ("<-[]->", None, "both"),
        ("-[*]-", Hops(1, None), "both"),
        ("-[*2]->", Hops(2, 2), "out"),
        ("<-[:A|:B*..3]-", Hops(1, 3), "in"),
        ("-[*0..]->", Hops(0, None), "out"),
        ("-->{,4}", Hops(0, 4), "out"),
    ],
)
def test_relationships(text: str, hops: Hops | None, direction: str) -> None:
    found = matched(f"(a){text}(b)").elements[1]
    assert isinstance(found, RelationshipPattern)
    assert (found.hops, found.direction) == (hops, direction)


@pytest.mark.parametrize(
    ("text", "detail", "line", "column", "words"),
    [
        ("MATCH (a)->(b) RETURN a", "UnexpectedSyntax", 1, 10, "did you mean `-->`"),
        ("MATCH (a)<-(b) RETURN a", "UnexpectedSyntax", 1, 10, "did you mean `<--`"),
        ("MTACH (a) RETURN a", "UnexpectedSyntax", 1, 1, "did you mean `MATCH`"),
        ("MATCH (a)\nWERE a.x RETURN a", "UnexpectedSyntax", 2, 1, "did you mean `WHERE`"),
        ("RETURN 1 == 2", "UnexpectedSyntax", 1, 11, "equality is written `=`"),
        ("RETURN 1 != 2", "UnexpectedSyntax", 1, 10, "inequality is written `<>`"),
        ("MATCH (a) (b) RETURN a", "UnexpectedSyntax", 1, 11, "a relationship between them"),
        ("MATCH ((a)-->(b)) RETURN a", "UnexpectedSyntax", 1, 19, "{1,5}"),
        ("MATCH ((a)){1,5} RETURN a", "InvalidRelationshipPattern", 1, 7, "a relationship"),
        ("MATCH (a)-[*-2]->(b) RETURN a", "InvalidRelationshipPattern", 1, 13, "not negative"),
        ("RETURN 'a", "UnexpectedSyntax", 1, 8, "no closing '"),
        ("RETURN 1 /* x", "UnexpectedSyntax", 1, 10, "close it with */"),
        ("RETURN 12ab", "InvalidNumberLiteral", 1, 8, "is no number"),
        ("RETURN [1", "UnexpectedSyntax", 1, 10, "found the end of the query"),
        ("RETURN WHERE", "UnexpectedSyntax", 1, 8, "expected an expression"),
        ("RETURN {a 1}", "UnexpectedSyntax", 1, 11, "a map is written"),
        ("RETURN a AS", "UnexpectedSyntax", 1, 12, "the name of a column"),
        ("RETURN 1 AS a; RETURN 2", "UnexpectedSyntax", 1, 16, "expected a clause"),
        ("", "UnexpectedSyntax", 1, 1, "expected a clause"),
    ],
)
def test_bad_input(text: str, detail: str, line: int, column: int, words: str) -> None:
    with pytest.raises(QueryError) as found:
        read_query(text)
    error = found.value
    assert (error.detail, error.line, error.column) == (detail, line, column)
    assert (error.kind, error.phase) == ("SyntaxError", "compile time")
    assert words in error.reason
    if error.source:
        assert str(error).splitlines()[-1].index("^") == column + 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RETURN " + "(" * 30_000 + "1", "deeper than 200"),
        ("RETURN " + "[" * 60_000, "deeper than 200"),
        ("RETURN 1" + "+1" * 30_000, "deeper than 200"),
        ("RETURN " + "- " * 30_000 + "1", "deeper than 200"),
        ("RETURN a" + ".a" * 30_000, "deeper than 200"),
        ("MATCH (a) WHERE " + "EXISTS { MATCH (a) WHERE " * 2_000, "deeper than 200"),
        ("MATCH " + "(" * 60_000, "deeper than 200"),
        ("RETURN " + "CASE WHEN " * 6_000, "deeper than 200"),
        ("RETURN '" + "a" * 100_000 + "'", "longer than 64 KiB"),
        ("RETURN '" + "é" * 40_000 + "'", "longer than 64 KiB"),
    ],
)
def test_long_and_deep_queries_are_refused(text: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        read_query(text)


def test_without_a_limit_of_depth_the_stack_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_words, "DEPTH_MAX", 10**6)
    with pytest.raises(QueryError) as found:
        read_query("RETURN " + "(" * 30_000 + "1" + ")" * 30_000)
    assert isinstance(found.value.__context__, RecursionError)


def test_what_is_long_but_flat_is_read() -> None:
    query = read_query("RETURN true" + " OR true" * 7_000 + " AS x")
    assert sum(1 for _ in all_nodes(query)) > 14_000
    read_query("RETURN " + "(" * 190 + "1" + ")" * 190)


def test_columns_are_called_as_they_are_written() -> None:
    clause = read_query("MATCH (a) RETURN a.x  +  1 , count( * ), a AS `b c`").parts[0].clauses[-1]
    assert isinstance(clause, ReturnClause)
    assert [each.name for each in clause.projection.items] == ["a.x  +  1", "count( * )", "b c"]


def test_an_error_says_its_code_and_can_be_pickled() -> None:
    error = QueryError("SyntaxError", "compile time", "UndefinedVariable", "no `a`", 2, 3, "  a")
    again: Any = pickle.loads(pickle.dumps(error))
    assert again.code == "undefined-variable"
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_a_query_keeps_its_text() -> None:
    query = read_query("RETURN 1 UNION ALL RETURN 2")
    assert isinstance(query, WrittenQuery)
    assert (query.text, query.alls) == ("RETURN 1 UNION ALL RETURN 2", (True,))
