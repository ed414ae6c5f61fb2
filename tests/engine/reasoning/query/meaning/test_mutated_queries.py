"""Mutated queries: whatever the text, an error is a QueryError and says a line and a column of it."""

from __future__ import annotations

from random import Random

import pytest

from tests.engine.reasoning.query.meaning.refusals import refusal

SEEDS = (
    "MATCH (a:A {x: $p})-[r:R|S*1..3 {w: 1}]->(b) WHERE a.x > 1 AND NOT b:B RETURN DISTINCT a, count(r)",
    "MATCH p = ANY SHORTEST ((a)-[:r]->(b) WHERE a.x > 1){1,5} RETURN nodes(p) ORDER BY a[0].x DESC",
    "MATCH WALK (a)-->{1,4}(b), SHORTEST 2 GROUPS (c)--+(d) RETURN *",
    "UNWIND [1, 2.5, 'x', null, {k: [true]}] AS x WITH x ORDER BY x SKIP 1 LIMIT 2 WHERE x IS NOT NULL RETURN x",
    "CALL { MATCH (a) RETURN a UNION ALL MATCH (b) RETURN b AS a } RETURN a {.*, .x, y: 1} AS m",
    "MATCH (a) WHERE EXISTS { MATCH (a)-->(b) WHERE b.x = a.x } OR (a)--() RETURN COUNT { (a)-->() } AS n",
    "RETURN [x IN range(1, 10) WHERE x % 2 = 0 | x ^ 2] AS l, reduce(t = 0, x IN [1] | t + x) AS r",
    "MATCH (a) RETURN CASE a.x WHEN 1, 2 THEN 'one' ELSE date.truncate('day', date()) END, a.x + 0x1F",
    "MATCH (a) WITH a.x AS x, collect(DISTINCT a) AS l, [(a)-->(b) WHERE b.y | b.z] AS z RETURN x, l[1..], z",
    "CALL db.p(1, $q) YIELD a, b AS c WHERE a > 1 RETURN all(k IN c WHERE k STARTS WITH 'x') // end",
    "MATCH (n) OPTIONAL MATCH (n)<-[:`odd type`]-(m) RETURN n.`odd key`, -m.y ^ 2, \"it''s\" =~ 'a.*'",
    "CREATE (a)-[:R]->(b), ({x: 1}) MERGE (c) ON CREATE SET c.x = 1 DETACH DELETE c",
)
LETTERS = "abx01.,:;|&!?$'\"`\\()[]{}<>=+-*/%^ \n\té—\u2028\x00\ud800"
PIECES = (
    *("RETURN ", "WITH ", "MATCH ", "WHERE ", " AS ", "UNION ", "ORDER BY ", "NOT ", "count(*)"),
    *(
        "EXISTS {",
        "CASE ",
        " IN ",
        "*1..",
        "{1,",
        "-->",
        "<--",
        "(a)",
        "0x",
        "1.5e",
        "9223372036854775808",
    ),
    *("/*", "*/", "//", "(" * 40, "$p", "a.b", "TRAIL ", "'\\u", "CALL {", " YIELD "),
)
PARTS, TEXTS = 50, 20_000
"""Texts in a part: a million in all."""


def mutate(chance: Random) -> str:
    """One of the seeds after one to four changes."""
    text = chance.choice(SEEDS)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at, kind = chance.randrange(len(text) + 1), chance.randrange(5)
        end = min(len(text), at + chance.choice((1, 1, 2, 5, 20)))
        if kind == 0:
            text = text[:at] + text[end:]
        elif kind == 1:
            text = text[:at] + chance.choice(LETTERS) + text[at:]
        elif kind == 2:
            text = text[:at] + chance.choice(PIECES) + text[end:]
        elif kind == 3:
            to = chance.randrange(len(text) + 1)
            text = text[:to] + text[at:end] + text[to:]
        else:
            other = chance.choice(SEEDS)
            text = text[:at] + other[chance.randrange(len(other)) :]
    return text


def run(part: int, count: int) -> int:
    """How many texts were refused."""
    chance, refused = Random(part), 0
    for _ in range(count):
        text = mutate(chance)
        try:
            error = refusal(text)
        except Exception as other:
            raise AssertionError(text) from other
        if error is not None:
            lines = text.split("\n")
            assert 1 <= error.line <= len(lines), text
            assert 1 <= error.column <= len(lines[error.line - 1]) + 1, text
            refused += 1
    return refused


def test_mutated_queries_are_read_or_refused_with_a_place() -> None:
    assert 1_000 < run(PARTS, 2_000) < 2_000


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_a_million_mutated_queries(part: int) -> None:
    assert TEXTS // 2 < run(part, TEXTS) < TEXTS
