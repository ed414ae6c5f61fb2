"""Whatever docs, docstrings and comments cite exists; a typo in a citation fails here."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest

from tests.tidy.citations import CITED, faults, record_faults, records
from tests.tidy.tree import ROOT, files

DECISIONS = "docs/decisions/"


def areas() -> dict[str, str]:
    return {
        PurePosixPath(name).name: (ROOT / name).read_text(encoding="utf-8")
        for name in files()
        if name.startswith(DECISIONS) and not name.endswith("/index.md")
    }


def test_every_citation_leads_somewhere() -> None:
    names = files()
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    there = {*names, *folders}
    numbers = records(areas())
    wrong = [
        fault
        for name in names
        if name.endswith(".md") or (name.startswith("src/") and name.endswith(".py"))
        for fault in faults(name, (ROOT / name).read_text(encoding="utf-8"), there, numbers)
    ]
    assert wrong == []


def test_the_index_of_decisions_is_right() -> None:
    assert record_faults((ROOT / DECISIONS / "index.md").read_text(encoding="utf-8"), areas()) == []


def test_every_source_is_cited() -> None:
    text = "\n".join(
        (ROOT / name).read_text(encoding="utf-8")
        for name in files()
        if name.endswith((".md", ".py")) and not name.startswith("tests/docs/")
    )
    known = json.loads(CITED.read_text(encoding="utf-8"))
    assert [name for name in known if name.rpartition(" ")[2] not in text] == []
    assert all(known.values())


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        ("src/a.py", "# RFC 6962 §2.1 and docs/a.md", ""),
        ("src/a.py", "# arXiv:1906.08936, SLIP-0039, FIPS 203", ""),
        ("src/a.py", "# RFC 6961", "RFC 6961 is not in"),
        ("src/a.py", "# arXiv 1906.08937", "arXiv 1906.08937 is not in"),
        ("src/a.py", "# as in §5", "§ of no source"),
        ("src/a.py", "# see docs/b/c.md", "no docs/b/c.md"),
        ("src/a.py", "# see house.md", "no house.md"),
        ("src/a.py", "# a path of others: github.com/x/docs/none.md", ""),
        ("docs/a.md", "[here](../src/a.py) and [there](https://example.org/b.md)", ""),
        ("docs/a.md", "[nowhere](b.md#part)", "no b.md"),
        ("docs/a.md", "as decision 2 says", ""),
        ("docs/a.md", "as decision 3 says", "no decision 3"),
        ("docs/a.md", "```\n[code](b.md) RFC 1\n```", ""),
    ],
)
def test_a_wrong_citation_is_caught(name: str, line: str, fault: str) -> None:
    found = faults(name, line, {"docs/a.md", "src/a.py", "docs", "src"}, {1, 2})
    assert (fault in found[0]) if fault else found == []


@pytest.mark.parametrize(
    ("index", "fault"),
    [
        ("| [A](a.md) | 1–2 |", ""),
        ("| [A](a.md) | 1–3 |", "a.md has not the records 1 to 3"),
        ("", "a.md is not in the index"),
        ("| [A](a.md) | 1–2 |\n| [B](b.md) | 3–4 |", "b.md has not the records 3 to 4"),
    ],
)
def test_a_wrong_index_is_caught(index: str, fault: str) -> None:
    areas_now = {"a.md": "## 1. One\n\n## 2. Two\n"}
    assert record_faults(index, areas_now) == ([fault] if fault else [])
    assert records(areas_now) == {1, 2}


def test_a_number_used_twice_is_caught() -> None:
    assert record_faults("| [A](a.md) | 1–1 |", {"a.md": "## 1. One\n\n## 1. Again\n"}) == [
        "record 1 twice"
    ]
