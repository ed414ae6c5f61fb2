"""Folders of notes: Obsidian vaults, Logseq graphs, what is no link, secrets, which importer a folder gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.errors import BadLineError, FileError, UnsupportedFormatError
from tests.engine.importers.formats.test_debian import related

if TYPE_CHECKING:
    from pathlib import Path


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def said(root: Path, text: str, *, format: str | None = "notes") -> set[tuple[str, str, float]]:
    """What a note called Me and its sections say, in a folder with a note called Other."""
    graph = Graph.read(tree(root, {"Me.md": text, "Other.md": ""}), format=format, strict=True)
    found = related(graph) if graph.link_count else set()
    return {
        (how, target, weight)
        for source, how, target, weight in found
        if source.partition("#")[0] == "Me" and how != "contains"
    }


VAULT = {
    ".obsidian/app.json": "{}",
    ".trash/Gone.md": "[[Garden]]",
    "Garden.md": """---
aliases: [Plot, "Back yard"]
tags:
  - outdoors/green   # a nested tag
  - '#Plants'
related: "[[Soil]]"
---
See [[soil#Acidity|how sour]], [[Soil]] and ![[Soil#^b1]]. ![[map.png]] #plants
[pots](tools/Pots%20and%20pans.md#clay) [web](https://example.org/a_(b)) <https://example.org>
""",
    "Soil.md": "Back to [[plot]] and [[Back Yard]]; [[Unwritten]], [[unwritten]].\n",
    "tools/Pots and pans.md": "[up](../Garden.md) [[Rake]] [id][ref]\n\n[ref]: <Rake.md> 'a rake'\n",
    "tools/Rake.md": "[[tools/Garden]] [[#Heading]] [[Rake]]\n",
    "tools/index.md": "",
    "index.md": "[[index]] [[tools/index]] #a/b/c #a/b",
}
OBSIDIAN = {
    ("Garden", "tagged", "#outdoors/green", 1.0),
    ("#outdoors/green", "within", "#outdoors", 1.0),
    ("Garden", "tagged", "#Plants", 2.0),
    ("Garden", "links", "Soil", 3.0),
    ("Garden", "embeds", "Soil", 1.0),
    ("Garden", "embeds", "map.png", 1.0),
    ("Garden", "links", "Pots and pans", 1.0),
    ("Garden", "cites", "https://example.org/a_(b)", 1.0),
    ("Garden", "cites", "https://example.org", 1.0),
    ("Soil", "links", "Garden", 2.0),
    ("Soil", "links", "Unwritten", 2.0),
    ("Pots and pans", "links", "Garden", 1.0),
    ("Pots and pans", "links", "Rake", 2.0),
    ("Rake", "links", "tools/Garden", 1.0),
    ("index", "links", "tools/index", 1.0),
    ("index", "tagged", "#a/b/c", 1.0),
    ("index", "tagged", "#a/b", 1.0),
    ("#a/b/c", "within", "#a/b", 1.0),
    ("#a/b", "within", "#a", 1.0),
}


def test_an_obsidian_vault(tmp_path: Path) -> None:
    graph = Graph.read(tree(tmp_path, VAULT), strict=True)
    assert related(graph) == OBSIDIAN
    assert graph.report is not None
    assert graph.report.format == "notes"
    assert "Gone" not in graph.particles
    assert graph.text("Soil").startswith("Back to")
    assert not graph.text("Garden").startswith("---")
    assert graph.text("Unwritten") == ""


LOGSEQ = {
    "logseq/config.edn": "{}",
    "logseq/bak/pages/Old.md": "- [[Bee]]",
    "journals/2024_01_05.md": "- met [[Bee]] #[[two words]] #garden\n\tid:: 00000000-0000-0000-0000-000000000001\n",
    "pages/Bee.md": "alias:: Apis, [[Honey bee]]\ntags:: insect, [[garden]]\n\n- [[Jan 5th, 2024]] [[2024-01-05]]\n",
    "pages/garden.md": "- {{embed [[apis]]}} ((00000000-0000-0000-0000-000000000001))\n"
    "- {{embed ((00000000-0000-0000-0000-000000000001))}} ((00000000-0000-0000-0000-00000000000f))",
    "pages/a___b.md": "title:: Ab\n- [[garden]] [text]([[Bee]])",
    "pages/c%2Fd.md": "- [[a/b]] [[ab]] [[b]] [file](../pages/a___b.md)",
}
OUTLINED = {
    ("2024_01_05", "links", "Bee", 1.0),
    ("2024_01_05", "tagged", "two words", 1.0),
    ("2024_01_05", "tagged", "garden", 1.0),
    ("Bee", "tagged", "insect", 1.0),
    ("Bee", "tagged", "garden", 1.0),
    ("Bee", "links", "2024_01_05", 2.0),
    ("garden", "embeds", "Bee", 1.0),
    ("garden", "links", "2024_01_05", 1.0),
    ("garden", "embeds", "2024_01_05", 1.0),
    ("garden", "links", "((00000000-0000-0000-0000-00000000000f))", 1.0),
    ("a/b", "links", "garden", 1.0),
    ("a/b", "links", "Bee", 1.0),
    ("c/d", "links", "a/b", 3.0),
    ("c/d", "links", "b", 1.0),
}


def test_a_logseq_graph(tmp_path: Path) -> None:
    graph = Graph.read(tree(tmp_path, LOGSEQ), strict=True)
    assert related(graph) == OUTLINED
    assert "Old" not in graph.particles


NO_LINKS = [
    "```python\n[[Other]] #tag\n```",
    "- ~~~\n  [[Other]]\n  ```\n  ~~~",
    "````\n```\n[[Other]]\n````",
    "```\nnever closed [[Other]]",
    "`[[Other]]` and ``a ` [[Other]] #tag``",
    "%% [[Other]]\n#tag %%",
    "<!-- [[Other]]\n -->",
    r"\[[Other]] \#tag \[x](Other.md)",
    "# Heading\n## Another\n#1 issue#4 a#b x/#y &#38; [[#Part]] [part](#part)",
    "[^1]: Other.md",
    "[[]] [[ ]] []() #/ #",
    "[[Me]] [me](Me.md) [[me#part]]",
]
LINKED = [
    ("[[other]]", {("links", "Other", 1.0)}),
    ("[[Other.md|shown]] | [[Other\\|in a table]]", {("links", "Other", 2.0)}),
    ("`code` [[Other]] `more`", {("links", "Other", 1.0)}),
    ("```\ncode\n```\n[[Other]]", {("links", "Other", 1.0)}),
    ("100%% sure [[Other]]", {("links", "Other", 1.0)}),
    ("\t\t- deep [[Other]]", {("links", "Other", 1.0)}),
    ("![alt](pic.png) [![x](b.png)](Other.md)", {
        ("embeds", "pic.png", 1.0), ("embeds", "b.png", 1.0), ("links", "Other", 1.0)}),
    ('[a](<Other.md> "title") [b](./Other.md) [c](/Other)', {("links", "Other", 3.0)}),
    ("(#tag) #Tag, #täg-ß_1/sub.", {
        ("tagged", "#tag", 2.0), ("tagged", "#täg-ß_1/sub", 1.0)}),
    ("---\nno front matter [[Other]]", {("links", "Other", 1.0)}),
    ("---\ntags: one, two three\nalias: Myself\n---\n[[myself]] [[Other]]", {
        ("tagged", "#one", 1.0), ("tagged", "#two", 1.0), ("tagged", "#three", 1.0), ("links", "Other", 1.0)}),
    ("---\nTags: [a, 'b c', \"#d\"]\n---\n", {
        ("tagged", "#a", 1.0), ("tagged", "#b", 1.0), ("tagged", "#c", 1.0), ("tagged", "#d", 1.0)}),
    ("---\naliases:\n- Smith, John\n- X # remark\n---\n[[Smith, John]] [[x]] [[Smith]]", {("links", "Smith", 1.0)}),
    ("---\n---\n[[Other]]\r\n", {("links", "Other", 1.0)}),
]  # fmt: skip


@pytest.mark.parametrize("text", NO_LINKS)
def test_what_is_no_link(tmp_path: Path, text: str) -> None:
    assert said(tmp_path, text) == set()


@pytest.mark.parametrize(("text", "links"), LINKED)
def test_what_is_a_link(tmp_path: Path, text: str, links: set[tuple[str, str, float]]) -> None:
    assert said(tmp_path, text) == links


titles = st.from_regex(r"[A-Za-zäß][A-Za-z0-9äß ()-]{0,5}[a-z0-9]", fullmatch=True)
vaults = st.dictionaries(titles, st.lists(titles, max_size=4), max_size=6)


@given(pages=vaults, embed=st.booleans())
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, pages: dict[str, list[str]], embed: bool
) -> None:
    written = {title.casefold(): title for title in pages}
    kept = {title: links for title, links in pages.items() if written[title.casefold()] == title}
    mark, relation = ("!", "embeds") if embed else ("", "links")
    root = tmp_path_factory.mktemp("vault")
    tree(root, {f"{t}.md": " ".join(f"{mark}[[{x}]]" for x in xs) for t, xs in kept.items()})
    graph = Graph.read(root, format="notes", strict=True)
    expected: dict[tuple[str, str], float] = {}
    for title, links in kept.items():
        for target in links:
            pair = (title.casefold(), target.casefold())
            if pair[0] != pair[1]:
                expected[pair] = expected.get(pair, 0.0) + 1
    found = related(graph) if graph.link_count else set()
    assert {(a.casefold(), b.casefold()): w for a, _, b, w in found} == expected
    assert {how for _, how, _, _ in found} <= {relation}
    assert set(kept) <= set(graph.particles)


def test_secrets_and_excluded_notes_stay_out(tmp_path: Path) -> None:
    files = {"A.md": "", ".env.md": "", "credentials.md": "", "id_rsa.md": "", "drafts/B.md": ""}
    tree(tmp_path, files | {"node_modules/C.md": "", "deep/.git/D.md": ""})
    assert list(Graph.read(tmp_path).particles) == ["A", "B"]
    assert list(Graph.read(tmp_path, exclude=("drafts",)).particles) == ["A"]


def test_bad_files_are_named(tmp_path: Path) -> None:
    tree(tmp_path, {"A.md": "[[B]]", "huge.md": "x" * ((1 << 24) + 1)})
    (tmp_path / "B.md").write_bytes(b"one\ntwo \xff\n")
    graph = Graph.read(tmp_path)
    assert list(graph.particles) == ["A", "B"]
    assert graph.report is not None
    assert [(bad.file, bad.line, bad.reason) for bad in graph.report.bad] == [
        (str(tmp_path / "B.md"), 2, "0xff is not UTF-8"),
        (str(tmp_path / "huge.md"), 1, "the file is larger than 16777216 bytes"),
    ]
    with pytest.raises(BadLineError):
        Graph.read(tmp_path, strict=True)
    with pytest.raises(FileError):
        Graph.read(tmp_path / "absent", format="notes")


CHOICES = [
    ({"a.py": "", "b/c.py": ""}, "python"),
    ({"a.md": "", "b/c.md": ""}, "notes"),
    ({"a.md": "", "b.py": "", "pyproject.toml": ""}, "python"),
    ({"a.md": "", "b.py": "", "c.py": "", ".obsidian/app.json": ""}, "notes"),
    ({"README.md": "", **{f"{name}.py": "" for name in "abcd"}}, "python"),
    ({"x.py": "", **{f"{name}.md": "" for name in "abcd"}}, "notes"),
]


@pytest.mark.parametrize(("files", "format"), CHOICES)
def test_a_folder_is_read_as_what_it_holds(
    tmp_path: Path, files: dict[str, str], format: str
) -> None:
    graph = Graph.read(tree(tmp_path, files))
    assert graph.report is not None
    assert graph.report.format == format


def test_folders_that_do_not_say_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match=r"no files that an importer of folders reads"):
        Graph.read(tmp_path)
    tree(tmp_path, {"a.py": "", "b.py": "", "c.md": ""})
    with pytest.raises(UnsupportedFormatError, match=r"2 files for python.*say which.*'notes'"):
        Graph.read(tmp_path)
    assert list(Graph.read(tmp_path, format="notes").particles) == ["c"]
    assert list(Graph.read(tmp_path, format="python").particles) == ["a", "b"]
    assert list(Graph.read(tmp_path, exclude=("*.py",)).particles) == ["c"]
