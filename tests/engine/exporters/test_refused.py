"""What a format cannot hold is an error before anything is written; the old file stays."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from focusmesh import Graph
from focusmesh.engine.exporters import RankedGraph, exporter_for
from focusmesh.errors import FileError, InputError, UnsupportedFormatError
from tests.engine.exporters.drawn_graphs import SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("suffix", "name", "message"),
    [
        (".graphml", "a\x01b", r"the particle 'a\\x01b' has U\+0001, which GraphML .*\.json"),
        (".gexf", "a\x0c", r"the particle 'a\\x0c' has U\+000C, which GEXF cannot hold"),
        (".gexf", "\ufffe", r"U\+FFFE"),
        (".graphml", "\ud800", r"U\+D800"),
        (".json", "\ud800", r"U\+D800, which node-link JSON cannot hold"),
        (".json", "a\0", r"U\+0000.*\.csv"),
        (".net", 'a "b"', r"U\+0022, which Pajek cannot hold: .*\.graphml"),
        (".net", "a\nb", r"U\+000A"),
        (".net", "C:\\", r"U\+005C"),
        (".net", r"\\server", r"U\+005C U\+005C"),
        *((suffix, "", "name is empty") for suffix in SUFFIXES),
    ],
)
def test_names(tmp_path: Path, suffix: str, name: str, message: str) -> None:
    path = tmp_path / f"g{suffix}"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        Graph.from_edges([("x", name)]).write(path)
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_links_say(tmp_path: Path, suffix: str) -> None:
    bad = "\ud800"
    for row, what in ((("a", "b", 1, bad), "relation"), (("a", "b", 1, "", bad), "author")):
        with pytest.raises(InputError, match=rf"the {what} '\\ud800' has U\+D800"):
            Graph.from_edges([row]).write(tmp_path / f"g{suffix}")
    assert not list(tmp_path.iterdir())


def test_texts(tmp_path: Path) -> None:
    graph = Graph.from_edges([("a", "b")])
    graph.set_text("b", "page 1\x0cpage 2")
    with pytest.raises(InputError, match=r"the text of the particle 'b' has U\+000C"):
        graph.write(tmp_path / "g.graphml")
    graph.write(tmp_path / "g.json")
    assert Graph.read(tmp_path / "g.json").text("b") == "page 1\x0cpage 2"
    graph.write(tmp_path / "g.net")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_that_are_written_alike(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match="7 and '7' are one particle"):
        Graph.from_edges([(7, "7")]).write(tmp_path / f"g{suffix}")


def test_nothing_is_written_before_all_is_known() -> None:
    graph = Graph.from_edges([("a", "b", 1, "is\x01")])
    file = io.BytesIO()
    with pytest.raises(InputError):
        exporter_for("g.gexf").write(RankedGraph(graph.links(), graph.focus()), file)
    assert file.getvalue() == b""


def test_a_focus_of_other_particles(tmp_path: Path) -> None:
    focus = Graph.from_edges([("a", "b"), ("b", "c")]).focus()
    for other in (Graph.from_edges([("a", "b")]), Graph.from_edges([("a", "b"), ("b", "d")])):
        with pytest.raises(InputError, match="rank it again"):
            other.write(tmp_path / "g.json", focus)


def test_where_to(tmp_path: Path) -> None:
    graph = Graph.from_edges([("a", "b")])
    with pytest.raises(UnsupportedFormatError, match=r"'\.csv'; known: \.graphml, \.gexf"):
        graph.write(tmp_path / "g.csv")
    with pytest.raises(InputError, match="a path is"):
        graph.write(7)  # type: ignore[arg-type]
    with pytest.raises(FileError, match="cannot write"):
        graph.write(tmp_path / "nowhere" / "g.json")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_graph_without_links(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"G{suffix.upper()}"
    Graph.from_edges([], particles=["a", "b"]).write(path)
    found = Graph.read(path, names="label")
    assert (list(found), found.link_count) == (["a", "b"], 0)
