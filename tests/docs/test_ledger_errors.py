"""The page of codes lists every code that the source raises, under its exception, and no other."""

from __future__ import annotations

import re

from tests.docs.coded import EXCEPTIONS, Raised, raised_codes
from tests.tidy.tree import ROOT, Source, sources

PAGE = "docs/reference/ledger-errors.md"
HEADING = re.compile(r"^## .*?`(\w+)`", re.MULTILINE)
ROW = re.compile(r"^\| `([\w-]+)` \|", re.MULTILINE)
# What is made of something else where it is raised: a header's field that differs, why a certificate is refused, and
# which pages are not under their root.
MADE = {
    "src/focusmesh/kernel/block/validation.py": (
        *(Raised("BlockError", f"{field}-root") for field in ("state", "focus", "data", "signals")),
        *(Raised("BlockError", f"{field}-hash") for field in ("validators", "params")),
        *(Raised("BlockError", name) for name in ("results", "focus-certificate")),
    ),
    "src/focusmesh/kernel/focus/chain.py": (
        *(Raised("BlockError", f"focus-{reason}") for reason in ("floor", "sum", "range")),
    ),
    "src/focusmesh/kernel/receipts/leaves.py": (
        *(Raised("ProofError", pages) for pages in ("leaders", "particles", "focus")),
    ),
}
# What an exception of its own says in its constructor.
OWN = {Raised("SignalError", "outweighed")}


def listed() -> set[Raised]:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    headings = [*HEADING.finditer(text)]
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return {
        Raised(heading[1], row[1])
        for heading, end in zip(headings, ends, strict=True)
        for row in ROW.finditer(text, heading.end(), end)
    }


def passed_on() -> set[Raised]:
    """What a link program is refused with: its signal fails with the same code."""
    text = (ROOT / "src/focusmesh/engine/rewrite/link_programs.py").read_text(encoding="utf-8")
    codes = re.findall(r'LinkProgramError\(\s*"([\w-]+)"', text)
    return {Raised("SignalError", code) for code in codes}


def test_every_code_is_listed_and_every_listed_code_is_raised() -> None:
    found = raised_codes(sources("src"))
    assert sorted({place.partition(":")[0] for place in found.unread}) == sorted(MADE)
    raised = found.codes.union(*MADE.values(), passed_on(), OWN)
    assert {entry.exception for entry in raised} == set(EXCEPTIONS)
    assert sorted(raised - listed()) == []
    assert sorted(listed() - raised) == []


def test_codes_are_read_through_helpers_branches_and_methods() -> None:
    text = """
def direct(): raise SignalError("a", "message")
def branch(x): raise errors.BlockError("b" if x else "c", "message")
def helper(code, what): raise ProofError(code, what)
def outer(code): helper(code, "message")
class K:
    def method(self, code): raise SignalError(code, "message")
    def caller(self): self.method("f"); self.method(code="g")
outer("d")
helper(what="", code="e")
def again(error): raise BlockError(error.code, "message")
def unknown(record): raise SignalError(record["code"], "message")
"""
    found = raised_codes([Source("src/a.py", text)])
    assert found.codes == {
        *(Raised("SignalError", code) for code in "afg"),
        *(Raised("BlockError", code) for code in "bc"),
        *(Raised("ProofError", code) for code in "de"),
    }
    assert found.unread == ["src/a.py:12"]
