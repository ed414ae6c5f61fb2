"""The page of the grid's codes lists every code that the source raises, and no other."""

from __future__ import annotations

import re

from tests.docs.coded import raised_codes
from tests.tidy.tree import ROOT, sources

PAGE = "docs/reference/grid-errors.md"
ROW = re.compile(r"^\| `([\w-]+)` \|", re.MULTILINE)


def test_every_code_is_listed_once_and_every_listed_code_is_raised() -> None:
    found = raised_codes(sources("src"), ["GridError"])
    assert found.unread == []
    listed = ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    assert listed == sorted(set(listed))
    assert sorted({entry.code for entry in found.codes} ^ set(listed)) == []
