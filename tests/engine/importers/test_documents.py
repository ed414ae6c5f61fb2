"""Folders of documents: pages of HTML by headings and definitions, PDF files by pages, mixed ones; hostile ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers.texts.document import anchor_key
from focusmesh.errors import FileError, InputError, MissingExtraError, UnsupportedFormatError
from tests.engine.importers.formats.test_debian import related
from tests.engine.importers.pdf import pdf
from tests.engine.importers.test_notes import tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _extra(needs: Needs) -> None:
    needs("selectolax")
    needs("pypdf")


OVENS = """<!doctype html><html><head><title>Ovens - the site</title><script>var x = "<h1>no</h1>"</script></head>
<body><nav><a href="index.html">home</a></nav>
<main>
<section id="ovens"><h1>Ovens<a class="headerlink" href="#ovens">¶</a></h1>
<p>Hot &amp; dry. See <a href="bread.html#crust">the crust</a>, <a href="https://example.org/a#b">a page</a>,
<a href="mailto:a@example.org">us</a>, <a href="#stone">below</a>, <a href="?q=1">again</a>, <a href="../">up</a>.</p>
<section id="stone"><span id="old-name"></span><h2>Hot <code>stone</code></h2>
<pre>  first
    second</pre>
<dl><dt id="oven.heat">heat(degrees)</dt><dd>Heats.<dl><dt id="oven.heat.slow">slow</dt><dd>Slowly.</dd></dl>
More of it.</dd>
<dt id="oven.a">a</dt><dt id="oven.b">b</dt><dd>Both.</dd><dt>plain</dt><dd>no section</dd></dl>
<p>After the list.<img alt="a picture" src="x.png"></p></section>
<h2></h2>
<h2>Steam</h2><table><tr><td>one</td><td>two</td></tr></table></section>
</main><footer>Copyright</footer></body></html>"""
BREAD = """<h1>Bread</h1><h2 id="crust">The crust</h2>
<p>From <a href="ovens.html#old-name">stone</a> or <a href="ovens.html#oven.b">b</a>"""


def test_pages_are_read_by_headings_and_definitions(tmp_path: Path) -> None:
    graph = Graph.read(tree(tmp_path, {"ovens.html": OVENS, "bread.html": BREAD}), strict=True)
    assert graph.report is not None
    assert graph.report.format == "documents"
    assert {name: graph.text(name) for name in graph.particles if graph.text(name)} == {
        "bread.html": "Bread",
        "bread.html#The crust": "The crust\nFrom stone or b",
        "ovens.html": "Ovens\nHot & dry. See the crust, a page, us, below, again, up.",
        "ovens.html#Hot stone": "Hot stone\n  first\n    second\nplain\nno section\nAfter the list.a picture",
        "ovens.html#oven.heat": "heat(degrees)\nHeats.\nMore of it.",
        "ovens.html#oven.heat.slow": "slow\nSlowly.",
        "ovens.html#oven.a": "a\nb\nBoth.",
        "ovens.html#Steam": "Steam\none two",
    }
    assert related(graph) == {
        ("bread.html", "contains", "bread.html#The crust", 1.0),
        ("bread.html#The crust", "links", "ovens.html#Hot stone", 1.0),
        ("bread.html#The crust", "links", "ovens.html#oven.a", 1.0),
        ("ovens.html", "contains", "ovens.html#Hot stone", 1.0),
        ("ovens.html", "contains", "ovens.html#Steam", 1.0),
        ("ovens.html", "links", "bread.html#The crust", 1.0),
        ("ovens.html", "links", "ovens.html#Hot stone", 1.0),
        ("ovens.html", "links", "index.html", 1.0),
        ("ovens.html", "cites", "https://example.org/a#b", 1.0),
        ("ovens.html#Hot stone", "contains", "ovens.html#oven.heat", 1.0),
        ("ovens.html#oven.heat", "contains", "ovens.html#oven.heat.slow", 1.0),
        ("ovens.html#Hot stone", "contains", "ovens.html#oven.a", 1.0),
    }


def test_a_page_without_headings_begins_with_its_title(tmp_path: Path) -> None:
    page = "<title>A &lt;title&gt;</title><p>Only text.<p hidden>not shown<article>more"
    graph = Graph.read(tree(tmp_path, {"a.htm": page}) / "a.htm", strict=True)
    assert list(graph.particles) == ["a.htm"]
    assert graph.text("a.htm") == "A <title>\nmore"


def test_pdf_files_are_read_by_pages(tmp_path: Path) -> None:
    raw = pdf(["First (page)", "", "Third"], title="On bread", url="https://example.org")
    (tmp_path / "paper.pdf").write_bytes(raw)
    tree(
        tmp_path,
        {"note.md": "See [page three](paper.pdf#page=3), [[paper.pdf]], ![[paper.pdf#page=2]]."},
    )
    graph = Graph.read(tmp_path, strict=True)
    assert graph.report is not None
    assert graph.report.format == "documents"
    assert [graph.text(f"paper.pdf{page}") for page in ("", "#page=1", "#page=3")] == [
        "On bread",
        "First (page)",
        "Third",
    ]
    assert related(graph) == {
        ("paper.pdf", "contains", "paper.pdf#page=1", 1.0),
        ("paper.pdf", "contains", "paper.pdf#page=3", 1.0),
        ("paper.pdf#page=3", "cites", "https://example.org", 1.0),
        ("note", "links", "paper.pdf#page=3", 1.0),
        ("note", "links", "paper.pdf", 1.0),
        ("note", "embeds", "paper.pdf", 1.0),
    }


CHOICES = [
    ({"a.html": ""}, "documents"),
    ({"a.txt": "x"}, "documents"),
    ({"a.txt": "x", "b.md": ""}, "notes"),
    ({"a.html": "", "b.md": ""}, "documents"),
    ({"a.html": "", "b.md": "", ".obsidian/app.json": "{}"}, "notes"),
    ({"a.html": "", **{f"{name}.md": "" for name in "abcd"}}, "notes"),
    ({"a.html": "", **{f"{name}.py": "" for name in "abcd"}}, "python"),
    ({"a.html": "", "b.py": "", "pyproject.toml": ""}, "python"),
]


@pytest.mark.parametrize(("files", "format"), CHOICES)
def test_a_folder_is_read_as_what_it_holds(
    tmp_path: Path, files: dict[str, str], format: str
) -> None:
    graph = Graph.read(tree(tmp_path, files))
    assert graph.report is not None
    assert graph.report.format == format


def test_pages_beside_source_have_to_be_asked_for(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": "", "b.html": "", "c.md": ""})
    with pytest.raises(UnsupportedFormatError, match=r"1 file for documents.*say which"):
        Graph.read(tmp_path)
    assert set(Graph.read(tmp_path, format="documents").particles) == {"b.html", "c"}
    with pytest.raises(FileError, match=r"absent\.pdf"):
        Graph.read(tmp_path / "absent.pdf")


def test_bad_documents_are_named(tmp_path: Path) -> None:
    files = {
        "bad.html": b"<p>one\n<p>\xff",
        "cut.pdf": pdf(["one"])[:300],
        "empty.html": b"",
        "empty.pdf": b"",
        "image.pdf": pdf(["", ""]),
        "latin.html": '<meta charset="latin1"><p>caf\xe9 \x93q\x94'.encode("latin-1"),
        "not.pdf": b"hello",
        "plain.txt": b"\xff",
        "sixteen.html": "<p>wide".encode("utf-16"),
        "unknown.html": b"<meta charset=klingon><p>plain",
        "zip.html": b"<meta charset=zip><p>zip",
    }
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    graph = Graph.read(tmp_path)
    assert {name: graph.text(name) for name in graph.particles} == {
        "empty.html": "",
        "image.pdf": "",
        "latin.html": "café “q”",
        "sixteen.html": "wide",
        "unknown.html": "plain",
        "zip.html": "zip",
    }
    assert graph.report is not None
    found = {bad.file.rpartition("/")[2]: (bad.line, bad.reason) for bad in graph.report.bad}
    assert found["bad.html"] == (2, "0xff is not UTF-8")
    assert found["plain.txt"] == (1, "0xff is not UTF-8")
    assert "no text" in found["image.pdf"][1]
    assert all("cannot be read" in found[name][1] for name in ("cut.pdf", "empty.pdf", "not.pdf"))
    assert len(found) == graph.report.bad_count == 6


def test_where_nothing_could_be_read_that_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cut.pdf").write_bytes(pdf(["one"])[:300])
    with pytest.raises(InputError, match=r"nothing could be read of .*cut\.pdf: the PDF cannot be"):
        Graph.read(tmp_path / "cut.pdf")
    (tmp_path / "image.pdf").write_bytes(pdf([""]))
    with pytest.raises(InputError, match=r"cut\.pdf:1: the PDF cannot be read: .*; and 1 more"):
        Graph.read(tmp_path)
    with pytest.raises(InputError, match="scanned pages need recognition"):
        Graph.read(tmp_path / "image.pdf")
    (tmp_path / "one.txt").write_text("one")
    report = Graph.read(tmp_path).report
    assert report is not None
    assert (report.of_files, report.bad_count) == (True, 2)


def test_what_the_parser_of_pages_raises_is_about_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from focusmesh.engine.importers.pages import html

    def broken(parser: object) -> None:
        raise RuntimeError("out of nodes")

    monkeypatch.setattr(html, "content_root", broken)
    graph = Graph.read(tree(tmp_path, {"a.html": "<p>x", "b.txt": "plain"}))
    assert list(graph.particles) == ["b.txt"]
    assert graph.report is not None
    (bad,) = graph.report.bad
    assert bad.reason == "the page cannot be read: RuntimeError: out of nodes"


def test_an_encrypted_pdf_says_so(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    (tmp_path / "plain.pdf").write_bytes(pdf(["secret"]))
    for name, password in (("locked.pdf", "word"), ("open.pdf", "")):
        writer = PdfWriter(clone_from=PdfReader(tmp_path / "plain.pdf"))
        writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
        writer.write(tmp_path / name)
    graph = Graph.read(tmp_path)
    assert [name for name in graph.particles if "page" in str(name)] == [
        "open.pdf#page=1",
        "plain.pdf#page=1",
    ]
    assert graph.report is not None
    assert "is encrypted" in graph.report.bad[0].reason


def test_a_pdf_that_unpacks_to_much_more_than_its_size_is_cut_short(tmp_path: Path) -> None:
    """Pages may share one content, and that may be packed a thousandfold."""
    from pypdf import PdfReader, PdfWriter

    (tmp_path / "one.pdf").write_bytes(pdf(["h" * 3_000_000]))
    writer = PdfWriter(clone_from=PdfReader(tmp_path / "one.pdf"))
    for page in writer.pages:
        page.compress_content_streams()
    for _ in range(9):
        writer.add_page(writer.pages[0])
    writer.write(tmp_path / "bomb.pdf")
    assert (tmp_path / "bomb.pdf").stat().st_size < 200_000
    graph = Graph.read(tmp_path / "bomb.pdf")
    assert graph.report is not None
    assert [bad.reason for bad in graph.report.bad] == ["the pages from here on unpack to too much"]
    assert 1 < graph.particle_count < 10


def test_folders_may_have_thousands_of_pages_of_one_name(tmp_path: Path) -> None:
    pages = {
        f"{at:04}/index.html": '<a href="/">up</a> <a href="./">here</a>' for at in range(1_500)
    }
    graph = Graph.read(tree(tmp_path, {"index.html": "", **pages}), strict=True)
    assert related(graph) == {
        (f"{at:04}/index.html", "links", "index.html", 1.0) for at in range(1_500)
    }


HOSTILE = {
    "deep": ("<div>" * 100_000, "nested too deep"),
    "formatting": ("".join(f"<b id={at}>" for at in range(9_000)) + "<p>" * 9_000, "nested too deep"),
    "copies": (
        "<p>" + "".join(f"<font a={at}>" for at in range(2_000)) + "</p>" + "<p>x" * 2_000,
        "nested too deep",
    ),
    "other ends": ("<x-y></q>" * 60_000, "nested too deep"),
    "own elements": ("<p-x>" * 30_000 + "</zz>" * 30_000, "nested too deep"),
    "anchors": ("<a name=x>" * 3_000 + "<p>x" * 1_000, None),
    "headings in headings": ("<h1><div>" * 500 + "a<!---->" * 50_000, None),
    "slashes": ("<a" + "".join(f"/x{at}" for at in range(20_000)) + ">", "attributes"),
    "quotes": ("<a " + "".join(f"x{at}='1'" for at in range(20_000)) + ">", "attributes"),
    "attributes": ("<a " + " ".join(f"a{at}=1" for at in range(50_000)) + ">", "attributes"),
    "items": ("<ul>" + "<li>x" * 50_000, None),
    "cells": ("<table>" + "<tr><td>x" * 20_000, None),
    "open": ("<" * 500_000, None),
    "comment": ("<!--" * 250_000, None),
    "entities": ("&amp" * 100_000 + "&#x110000;&#0;", None),
    "definitions": ("<dl>" * 500 + "".join(f"<dt id=a{at}>x" for at in range(10_000)), None),
    "image": ('<img alt="x" src="data:,' + "a b" * 100_000 + '">', None),
    "headings": ("<h1>x</h1>" * 20_000, None),
    "nul": ("a\0b<p id='\0'>", None),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_read_or_refused(tmp_path: Path, name: str) -> None:
    page, fault = HOSTILE[name]
    graph = Graph.read(tree(tmp_path, {"a.html": page, "b.html": "<p>plain"}))
    assert graph.report is not None
    reasons = [bad.reason for bad in graph.report.bad]
    assert (fault is None) == (not reasons)
    assert fault is None or fault in reasons[0]


@given(raw=st.binary(max_size=200), cut=st.integers(0, 700))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, cut: int
) -> None:
    root = tmp_path_factory.mktemp("bytes")
    whole = pdf(["one", "two"])
    (root / "a.pdf").write_bytes(whole[:cut] + raw + whole[cut + len(raw) :])
    (root / "a.html").write_bytes(OVENS.encode()[:cut] + raw)
    (root / "a.txt").write_bytes(raw)
    (root / "b.txt").write_text("plain")
    graph = Graph.read(root)
    texts = [str(text) for text in graph.texts or ()]
    assert [text.encode().decode() for text in texts] == texts


def test_a_fragment_and_its_heading_have_one_key() -> None:
    assert anchor_key("Hot stone!") == anchor_key("hot-stone") == anchor_key("Hot%20Stone")
    assert anchor_key("???") == "???"


@pytest.mark.parametrize(("name", "module"), [("a.html", "selectolax.lexbor"), ("a.pdf", "pypdf")])
def test_without_the_extra_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[documents\]"):
        Graph.read(tree(tmp_path, {name: "<p>x"}))
