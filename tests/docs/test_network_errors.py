"""The page of the codes between peers lists every code that the source raises, and no other."""

from __future__ import annotations

import re

from focusmesh.protocol.transport.quic.link import CLOSINGS
from tests.docs.coded import raised_codes
from tests.tidy.tree import ROOT, sources

PAGE = "docs/reference/network-errors.md"
ROW = re.compile(r"^\| `([\w-]+)` \|", re.MULTILINE)
ELSEWHERE = {"closed", "reset"}
"""Raised from a pair that was kept until somebody asks."""


def test_every_code_is_listed_once_and_every_listed_code_is_raised() -> None:
    found = raised_codes(sources("src"), ["NetworkError", "PeerError", "_fault"])
    listed = ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    assert listed == sorted(set(listed))
    assert sorted(({entry.code for entry in found.codes} | ELSEWHERE) ^ set(listed)) == []


def test_the_reasons_of_an_end_are_as_the_page_says() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert f"\n    {', '.join(CLOSINGS)}\n" in page
    assert set(CLOSINGS) <= set(ROW.findall(page))
