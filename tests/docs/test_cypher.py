"""The page of Cypher: its queries are read and checked, and it lists each detail that a refusal can have."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language import read_query
from focusmesh.engine.reasoning.query.meaning import check_query
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "docs/reference/cypher.md"
SOURCES = "src/focusmesh/engine/reasoning/query"
ROW = re.compile(r"^\| `([A-Z][a-z]+(?:[A-Z][a-z]+)+)` \| \S.* \|$", re.MULTILINE)
DETAIL = re.compile(r"([A-Z][a-z]+){2,}")
KINDS = {"SyntaxError", "TypeError", "ProcedureError", "ParameterMissing"}


def details() -> Iterator[str]:
    """The details in the sources of reader and checks, which are their only words of this form."""
    for folder in ("language", "meaning"):
        for path in (ROOT / SOURCES / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield from [node.value] if DETAIL.fullmatch(node.value) else []


def test_queries_are_read() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    queries = re.findall(r"```cypher\n(.*?)```", text, re.DOTALL)
    assert len(queries) == 2
    assert all(check_query(read_query(query)).parameters for query in queries)


def test_each_detail_is_listed() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert ROW.findall(text) == sorted(set(details()) - KINDS)
