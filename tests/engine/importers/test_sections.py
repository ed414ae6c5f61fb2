"""Sections of Markdown: no character is lost, headings are those of CommonMark, hostile texts take linear time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers.notes.code_mask import hidden
from focusmesh.engine.importers.notes.note_reader import note_of
from focusmesh.engine.importers.notes.sections import pieces
from tests.engine.importers.formats.test_debian import related
from tests.engine.importers.test_notes import tree

if TYPE_CHECKING:
    from pathlib import Path

markdown = st.lists(
    st.one_of(
        st.sampled_from(
            ["# One", "## Two", "### Three ###", "#no", "# ", "Title\n===", "a\n---", "---", "```", "~~~", "    # code"]
        ),
        st.sampled_from(["%%", "<!--", "-->", "`", "[[a]]", "- # item", "\r", "\f# no", " # one", "", "\u2028# no"]),
        st.text(max_size=12),
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@given(body=markdown)
@example(body="")
@example(body="\n# a\n")
def test_no_text_is_lost(body: str) -> None:
    found = pieces(body)
    assert "".join(piece.text for piece in found) == body
    assert [piece.level for piece in found].count(0) == 1
    assert all(piece.heading for piece in found[1:])
    assert len(hidden(body)) == len(body)
    assert hidden(body).count("\n") == body.count("\n")
    # And none of the words of the note, whichever way its sections are put together.
    note = note_of(body, "a.md")
    words = sorted(" ".join(section.text for section in note.sections).split())
    if not body.startswith("---"):
        assert words == sorted(body.split())


HEADINGS = [
    ("# One", [(1, "One")]),
    ("   ###### Six ##", [(6, "Six")]),
    ("# a #b #", [(1, "a #b")]),
    ("# a#", [(1, "a#")]),
    ("#\ta tab", [(1, "a tab")]),
    ("## See [[Other|that]], [text](x.md), *it* and `x_y`", [(2, "See that, text, it and x_y")]),
    ("## ![[pic.png]] snake_case __bold__", [(2, "pic.png snake_case bold")]),
    ("Title\n=====\nText\nTwo\n---\n", [(1, "Title")]),
    ("Title\n=====\n\nTwo\n---\n", [(1, "Title"), (2, "Two")]),
    ("a\n\n---\n- item\n---\n| a |\n---\n> q\n---\n", []),
    ("####### seven", []),
    ("#no", []),
    ("#", []),
    ("# \n##  ##", []),
    ("    # code", []),
    ("```\n# code\n```\n# One", [(1, "One")]),
    ("```\n# never closed", []),
    ("<!--\n# comment\n-->\n%%\n# comment\n%%\n# One", [(1, "One")]),
    ("`<!--`\n# One\n`-->`", [(1, "One")]),
    ("- # an item", []),
    ("# " + "x" * 300, [(1, "x" * 199 + "…")]),
]


@pytest.mark.parametrize(("body", "headings"), HEADINGS)
def test_headings(body: str, headings: list[tuple[int, str]]) -> None:
    assert [(piece.level, piece.heading) for piece in pieces(body)[1:]] == headings


GARDEN = """---
tags: [green]
---
# The garden

Old [[Soil]].

## Beds

Lead [[#Tools]].

### Roses

Need [[Soil#Acidity|sour soil]]. ^best

## Tools

[to beds](#beds) #iron

## Tools

[[Garden#Beds#Roses]] [[Garden]] [[Garden#^best]] [[Soil#Nothing of the kind]] [[garden#tools-1]] [[#Tools]]
"""


def test_sections_are_particles_and_links_go_from_one_to_another(tmp_path: Path) -> None:
    soil = "Black.\n\nAcidity\n-------\nSee [[Garden#beds]] and [[The garden]] and [beds](Garden.md#the-beds).\n"
    graph = Graph.read(tree(tmp_path, {"Garden.md": GARDEN, "Soil.md": soil}), strict=True)
    assert list(graph.particles)[:7] == [
        "Garden",
        "Garden#Beds",
        "Garden#Roses",
        "Garden#Tools",
        "Garden#Tools (2)",
        "Soil",
        "Soil#Acidity",
    ]
    assert related(graph) == {
        ("Garden", "tagged", "#green", 1.0),
        ("Garden", "links", "Soil", 1.0),
        ("Garden", "contains", "Garden#Beds", 1.0),
        ("Garden", "contains", "Garden#Tools", 1.0),
        ("Garden", "contains", "Garden#Tools (2)", 1.0),
        ("Garden#Beds", "contains", "Garden#Roses", 1.0),
        ("Garden#Beds", "links", "Garden#Tools", 1.0),
        ("Garden#Roses", "links", "Soil#Acidity", 1.0),
        ("Garden#Tools", "links", "Garden#Beds", 1.0),
        ("Garden#Tools", "tagged", "#iron", 1.0),
        ("Garden#Tools (2)", "links", "Garden#Roses", 2.0),
        ("Garden#Tools (2)", "links", "Soil", 1.0),
        ("Garden#Tools (2)", "links", "Garden#Tools", 1.0),
        ("Soil", "contains", "Soil#Acidity", 1.0),
        ("Soil#Acidity", "links", "Garden#Beds", 1.0),
        ("Soil#Acidity", "links", "Garden", 2.0),
    }
    assert graph.text("Garden") == "# The garden\n\nOld [[Soil]]."
    assert graph.text("Garden#Roses").startswith("### Roses\n\nNeed")
    assert graph.text("Soil") == "Black."


def test_names_of_notes_and_sections_never_meet(tmp_path: Path) -> None:
    files = {"a.md": "# x\n# b\none", "a#b.md": "two", "c.md": "[[a#b]] [[a#x]]"}
    graph = Graph.read(tree(tmp_path, files), strict=True)
    texts = {name: graph.text(name) for name in graph.particles}
    assert texts["a#b"] == "two"
    assert texts["a#b (2)"] == "# b\none"


def test_one_note_is_read_alone(tmp_path: Path) -> None:
    tree(tmp_path, {"a.md": "# A\n\n## B\n[[c]]", "b.md": "[[a]]"})
    graph = Graph.read(tmp_path / "a.md", strict=True)
    assert list(graph.particles) == ["a", "a#B", "c"]
    assert graph.report is not None
    assert graph.report.format == "notes"


HOSTILE = {
    "comments": "<!--" * 250_000,
    "backticks": "`" * 3 + "` ``" * 250_000,
    "closings": "# " + "#" * 500_000 + " #" * 250_000,
    "brackets": "[[" * 250_000 + "](" * 250_000,
    "destinations": "]()" * 300_000,
    "headings": "# x\n" * 50_000,
    "fences": "```\n" * 100_001,
    "percent": "%%a" * 200_001,
    "emphasis": "# " + "*_`~" * 100_000,
    "one line": "# " + "word " * 200_000,
    "nested": "".join(f"{'#' * (1 + at % 6)} h{at % 6}\n" for at in range(50_000)),
    "quotes": "> " * 200_000 + "# x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_notes_are_read(name: str) -> None:
    note = note_of(HOSTILE[name], "a.md")
    assert sum(len("".join(section.text.split())) for section in note.sections) == len(
        "".join(HOSTILE[name].split())
    )
