"""LDBC Graphalytics files and adjacency lists: the published examples, both readers of words, damage."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.importers import read_links
from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.text_rows import words
from focusmesh.errors import BadLineError
from tests.engine.importers.files import faults_of, links_of, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Vectors

EXAMPLES = ["example/example-directed", "example/example-undirected", "sssp/dir-input"]
LISTS = ["bfs", "cdlp", "ffm", "lcc", "pr", "wcc"]


def edges_in(path: Path) -> list[tuple[int, int, float]]:
    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    return [(int(a), int(b), float(weight)) for a, b, weight in lines]


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_edge_files(vectors: Vectors, name: str) -> None:
    path = vectors(f"ldbc-graphalytics/{name}.e")
    columns, report = read_links(path, strict=True)
    columns.verify()
    vertices = path.with_suffix(".v").read_text(encoding="ascii").split()
    assert links_of(columns) == edges_in(path)
    assert list(columns.particles) == [int(vertex) for vertex in vertices]
    assert report.line_count == len(edges_in(path)) + len(vertices)


@pytest.mark.parametrize("kind", ["directed", "undirected"])
def test_edges_and_adjacency_of_the_published_example(
    vectors: Vectors, tmp_path: Path, kind: str
) -> None:
    for suffix in (".e", ".v"):
        shutil.copy(vectors(f"ldbc-graphalytics/example/example-{kind}{suffix}"), tmp_path)
    flag = "true" if kind == "directed" else "false"
    name = f"example-{kind}"
    (tmp_path / f"{name}.properties").write_text(
        f"# Properties\ngraph.{name}.vertex-file = x.v\ngraph.{name}.directed = {flag}\n",
        encoding="ascii",
    )
    columns, _ = read_links(tmp_path / f"{name}.e", strict=True)
    path = vectors(f"ldbc-graphalytics/example/{name}-input")
    listed, _ = read_links(path, format="adjacency", strict=True)
    pairs = sorted((a, b) for a, b, _ in links_of(columns))
    assert pairs == sorted((a, b) for a, b, _ in links_of(listed))
    assert set(columns.particles) == set(listed.particles)


@pytest.mark.parametrize("direction", ["dir", "undir"])
@pytest.mark.parametrize("name", LISTS)
def test_published_adjacency_lists(vectors: Vectors, name: str, direction: str) -> None:
    path = vectors(f"ldbc-graphalytics/{name}/{direction}-input")
    columns, _ = read_links(path, format="adjacency", strict=True)
    columns.verify()
    graph = nx.read_adjlist(path, create_using=nx.DiGraph, nodetype=int)
    assert [(a, b) for a, b, _ in links_of(columns)] == [
        (int(a), int(b))
        for a, *heads in (line.split() for line in path.read_text(encoding="ascii").splitlines())
        for b in heads
    ]
    assert set(columns.particles) == set(graph)
    assert {(a, b) for a, b, _ in links_of(columns)} == set(graph.edges)


def test_an_edge_file_alone(tmp_path: Path) -> None:
    columns, _ = read_text(tmp_path, "a.e", "2 1\n1 3 0.5\n", strict=True)
    assert links_of(columns) == [(2, 1, 1.0), (1, 3, 0.5)]


def test_what_lies_beside(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_text("3\n\n# vertices\n9 red\n1\n3\n", encoding="ascii")
    (tmp_path / "a.properties").write_text("graph.a.directed=false\n", encoding="ascii")
    columns, report = read_text(tmp_path, "a.e", "1 3 -1\n1 9 2\n5 5\n1 6\n")
    assert list(columns.particles) == [3, 9, 1, 5, 6]
    assert links_of(columns) == [(1, 9, 2.0), (9, 1, 2.0), (5, 5, 1.0), (1, 6, 1.0), (6, 1, 1.0)]
    assert [(bad.file.rpartition("/")[2], bad.line, bad.reason) for bad in report.bad] == [
        ("a.v", 6, "the vertex '3' is listed twice"),
        ("a.e", 1, "the weight '-1' is negative"),
        ("a.v", 7, "2 vertices of the edges are not listed, such as 5"),
    ]
    assert report.line_count == 10
    with pytest.raises(BadLineError, match=r"a\.v:6: "):
        read_links(tmp_path / "a.e", strict=True)


def test_a_property_that_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.properties").write_text("graph.a.directed = perhaps\n", encoding="ascii")
    columns, report = read_text(tmp_path, "a.e", "1 2\n")
    assert links_of(columns) == [(1, 2, 1.0)]
    assert faults_of(report) == [(1, "directed is 'perhaps': not true or false")]


def test_adjacency_lists(tmp_path: Path) -> None:
    text = "# a comment\na b  c\n\nd\nc\ta a\r\n"
    columns, report = read_text(tmp_path, "a.adjlist", text, strict=True)
    assert links_of(columns) == [("a", "b", 1), ("a", "c", 1), ("c", "a", 1), ("c", "a", 1)]
    assert list(columns.particles) == ["a", "b", "c", "d"]
    assert report.line_count == 5


@pytest.mark.parametrize("limit", [0, 1 << 40])
def test_bad_bytes(tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "COMPILED_FROM_LINKS", limit)
    path = tmp_path / "a.adj"
    path.write_bytes(b"a b\n\xff c\n# \xff\nc d\0\n\xc3\xa9 a\n")
    columns, report = read_links(path)
    assert links_of(columns) == [("a", "b", 1.0), ("é", "a", 1.0)]
    assert faults_of(report) == [
        (2, "byte 1 of the line (0xff) is not UTF-8"),
        (4, "the line has a NUL byte"),
    ]
    with pytest.raises(BadLineError):
        read_links(path, strict=True)


nasty = st.lists(
    st.sampled_from([b"a", b"12", b" ", b"\t", b"\n", b"\n\n", b"\r\n", b"#", b"%", b"\x0b\x1c", b"\xff"]),
    max_size=30,
).map(b"".join)  # fmt: skip


@given(
    data=nasty | st.binary(max_size=40),
    size=st.integers(1, 40),
    comments=st.sampled_from([b"%", b"#%"]),
)
def test_plain_and_compiled_words_agree(data: bytes, size: int, comments: bytes) -> None:
    for block in [data[:size], data] if data else []:
        plain = words._plain(block, comments, 1)
        compiled = words._split_compiled(block, comments, 1)
        for name in ("starts", "ends", "counts"):
            assert getattr(plain, name).tolist() == getattr(compiled, name).tolist()
        assert len(plain.counts) == block.count(b"\n") + (not block.endswith(b"\n"))


def test_words_of_large_files_are_compiled(tmp_path: Path) -> None:
    path = tmp_path / "a.adj"
    path.write_bytes(b"".join(b"%d %d\n" % (n, n + 1) for n in range(120_000)))
    blocks = list(words.word_blocks(path, Reading(str(path)), b"#"))
    assert [block.large for block in blocks] == [False, True]
    columns, _ = read_links(path, strict=True)
    assert links_of(columns)[-1] == (119_999, 120_000, 1.0)
