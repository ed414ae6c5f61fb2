"""The page of functions lists each function as it is called, with the type of its answer, and no other."""

from __future__ import annotations

import re

from focusmesh.engine.reasoning.query.functions import SIGNATURES
from focusmesh.engine.reasoning.query.values import type_text
from tests.tidy.tree import ROOT

PAGE = "docs/reference/cypher-functions.md"
ROW = re.compile(r"^\| `([^`]+)` \| ([\w ]+) \| \S.* \|$", re.MULTILINE)


def test_each_function_is_listed_as_it_is_called() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert ROW.findall(text) == [(each.text(), type_text(each.result)) for each in SIGNATURES]
