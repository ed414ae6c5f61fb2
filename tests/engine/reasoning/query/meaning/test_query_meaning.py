"""What a query means beyond the TCK: paths of GQL, relations of rules, parameters, stars, types of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.reasoning.query.language import read_query
from focusmesh.engine.reasoning.query.meaning import (
    CheckedQuery,
    ProcedureSignature,
    QuerySurroundings,
    check_query,
)
from focusmesh.engine.reasoning.query.values import ValueType
from focusmesh.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NODE, INTEGER, FLOAT = ValueType.NODE, ValueType.INTEGER, ValueType.FLOAT
PROCEDURES = {
    "focus": ProcedureSignature("focus", (), (("particle", NODE), ("score", FLOAT))),
    "rules.path": ProcedureSignature(
        "rules.path", (("x", NODE), ("y", NODE)), (("x", NODE), ("y", NODE)), is_relation=True
    ),
}


def check(text: str, *, creates: bool = False) -> CheckedQuery:
    return check_query(read_query(text), QuerySurroundings(procedures=PROCEDURES, creates=creates))


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("MATCH p = (a)-[r]->() RETURN a, r, p", [NODE, ValueType.RELATIONSHIP, ValueType.PATH]),
        ("RETURN 1 + 2, 1 + 2.0, 1 / 2, 'a' + 1", [INTEGER, FLOAT, INTEGER, ValueType.STRING]),
        ("UNWIND [1, 2.5] AS x RETURN x, [x]", [INTEGER | FLOAT, ValueType.LIST]),
        ("MATCH (a) RETURN count(a), collect(a)", [INTEGER, ValueType.LIST]),
        (
            "MATCH (a) WITH collect(a) AS l RETURN head(l), l[0], l[1..]",
            [NODE, NODE, ValueType.LIST],
        ),
        ("CALL focus() YIELD particle, score AS s RETURN particle, s", [NODE, FLOAT]),
        ("MATCH (a) RETURN COUNT { (a)-->() }, EXISTS { (a) }", [INTEGER, ValueType.BOOLEAN]),
        ("RETURN null, date('2020-01-01') + duration('P1D')", [ValueType(0), ValueType.DATE]),
        ("MATCH (a) CALL { WITH a RETURN a.x IS NULL AS n } RETURN n", [ValueType.BOOLEAN]),
        ("CALL focus()", [NODE, FLOAT]),
    ],
)
def test_columns_have_types(text: str, types: list[ValueType]) -> None:
    assert [each.type.types for each in check(text).columns] == types


@pytest.mark.parametrize(
    "text",
    [
        "MATCH ((a)-[r:R]->(b) WHERE a.n > 1){1,5} RETURN [x IN a | x.name], r[0].w",
        "MATCH (x) ((a)-[r]->(b)){1,5} (y) WHERE all(e IN r WHERE e.w > 1) RETURN x.n, y.n",
        "MATCH WALK (a)-[*1..4]->(b) RETURN a",
        "MATCH ANY SHORTEST WALK (a)-[*]->(b) RETURN a",
        "MATCH (a)-[r WHERE r.w > 1]->{1,3}(b WHERE b.x) RETURN size(r)",
        "MATCH WALK (a)-[r]->(b)-[r]->(c) RETURN a",
        "MATCH (a) CALL rules.path(a, b) RETURN b.name",
        "CALL rules.path(x, y) RETURN x, y",
        "MATCH (a), (b) RETURN NOT (a)-->(b) AS apart",
        "MATCH (a) RETURN a {.*, .x, k: 1, a} AS m",
        "MATCH (a) RETURN a, count(*) + COUNT { (a)-->() } AS n",
        "MATCH (a) WITH DISTINCT a.x AS x ORDER BY a.x WHERE a.x > 1 RETURN x",
        "MATCH (a) WHERE (a)-->() AND NOT (a)--({x: 1}) RETURN reduce(t = 0, x IN [1] | t + x)",
    ],
)
def test_queries_that_run(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "detail", "words"),
    [
        ("MATCH WALK (a)-[*]->(b) RETURN a", "InvalidRelationshipPattern", "never ends"),
        ("MATCH WALK ((a)-->(b))+ RETURN a", "InvalidRelationshipPattern", "never ends"),
        ("MATCH ((a)-[*]->(b)){2} RETURN a", "InvalidRelationshipPattern", "side by side"),
        ("MATCH (a) ((a)-->(b)){2} RETURN a", "VariableAlreadyBound", "outside"),
        ("MATCH ((a)-->(b)){2} RETURN a.name", "InvalidArgumentType", "a list has no properties"),
        ("MATCH (person) RETURN persn", "UndefinedVariable", "did you mean `person`"),
        ("RETURN siz([1])", "UnknownFunction", "did you mean `size`"),
        ("RETURN size()", "InvalidNumberOfArguments", "takes 1 argument"),
        ("RETURN size(DISTINCT [1])", "UnexpectedSyntax", "folds no rows"),
        ("CALL focs()", "ProcedureNotFound", "did you mean `focus`"),
        ("CALL focus() YIELD scor RETURN 1", "UndefinedVariable", "did you mean `score`"),
        ("CALL rules.path(1, y) RETURN y", "InvalidArgumentType", "`x` is node, not integer"),
        ("MATCH (a) SET a.x = 1", "WriteClause", "graph.link"),
        ("MATCH (a) DETACH DELETE a", "WriteClause", "signed operations"),
        ("MERGE (a) ON CREATE SET a.x = 1 RETURN a", "WriteClause", "MERGE is not built"),
        ("MATCH (a) REMOVE a.x RETURN a", "WriteClause", "REMOVE"),
        ("CREATE (a)", "WriteClause", "CREATE is not built"),
        ("MATCH (a) CALL { WITH a CREATE (b) RETURN b } RETURN b", "WriteClause", "CREATE"),
        ("MATCH (a)", "InvalidClauseComposition", "without RETURN"),
        ("RETURN 1 RETURN 2", "InvalidClauseComposition", "RETURN ends"),
        ("RETURN 1 AS a UNION RETURN 2 AS b", "DifferentColumnsInUnion", "(a) before it, (b)"),
        ("MATCH (a) CALL { RETURN a } RETURN 1", "UndefinedVariable", "`a`"),
        ("MATCH (a) CALL { WITH a RETURN a } RETURN a", "VariableAlreadyBound", "`a`"),
        ("UNWIND [1] AS x UNWIND [2] AS x RETURN x", "VariableAlreadyBound", "`x`"),
        (
            "MATCH (a) RETURN a.x, count(*) + COUNT { (a)-->() }",
            "AmbiguousAggregationExpression",
            "`a`",
        ),
        ("MATCH (a) WITH DISTINCT a.x AS x WHERE a.y > 1 RETURN x", "UndefinedVariable", "`a`"),
        ("RETURN 'a' * 2", "InvalidArgumentType", "does not take string and integer"),
        ("MATCH (a) WHERE a.x =~ '(a+)+b' RETURN a", "UnexpectedSyntax", "STARTS WITH"),
    ],
)
def test_queries_that_are_refused(text: str, detail: str, words: str) -> None:
    with pytest.raises(QueryError) as found:
        check(text)
    assert found.value.detail == detail
    assert words in found.value.reason


def test_a_star_stands_for_variables_as_they_were_bound() -> None:
    checked = check("MATCH (b)-[r]->(a) WITH *, a.x AS x RETURN *")
    assert list(checked.stars.values()) == [("b", "r", "a"), ("b", "r", "a", "x")]
    assert [each.name for each in checked.columns] == ["b", "r", "a", "x"]


def test_parameters_are_asked_for_before_it_runs() -> None:
    checked = check("MATCH (a {x: $name}) RETURN a LIMIT $limit")
    assert list(checked.parameters) == ["name", "limit"]
    checked.require({"name", "limit", "more"})
    with pytest.raises(
        QueryError, match=r"`\$limit` was not given; did you mean `limits`"
    ) as found:
        checked.require({"name", "limits"})
    assert (found.value.kind, found.value.detail) == ("ParameterMissing", "MissingParameter")


def test_a_text_that_makes_a_graph() -> None:
    text = "CREATE (a:A {x: 1}), (b) CREATE (a)-[:R {w: 2}]->(b) WITH a UNWIND [1] AS i CREATE ({i: i})"
    assert check(text, creates=True).columns == ()
    with pytest.raises(QueryError, match="one type"):
        check("CREATE (a)-->(b)", creates=True)
    with pytest.raises(QueryError, match="SET is not built"):
        check("CREATE (a) SET a.x = 1", creates=True)


def test_the_queries_of_ldbc_snb_are_read(vectors: Callable[[str], Path]) -> None:
    texts = [each.read_text() for each in sorted(vectors("ldbc-snb").rglob("*.cypher"))]
    assert len(texts) == 21
    assert all(check_query(read_query(text)).parameters for text in texts)
