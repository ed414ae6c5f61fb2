"""The index beside a graph file: it answers as one made anew, and nobody who asks writes to it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from focusmesh import Graph
from focusmesh.engine.recall import Documents, EntryIndex, words_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs

ITEMS = [
    {"name": "Hank Snow", "text": "A singer, who died in Tennessee."},
    {"name": "Hello Love", "text": "A song of 1974 by Hank Snow.", "aliases": ["the love tune"]},
    {"name": "Tennessee", "text": "A state. North Carolina lies to the east of it."},
    {"name": "Rye bread", "text": "Bread of rye and water."},
]
QUESTIONS = ("where did the singer of the love tune die?", "what is east of Tennessee", "rye")


@pytest.fixture
def path(tmp_path: Path, needs: Needs) -> Path:
    needs("tantivy")
    path = tmp_path / "notes.focusmesh"
    Graph.from_documents(ITEMS).save(path, words=True)
    return path


def _answers(graph: Graph) -> list[list[tuple[object, float]]]:
    return [[(item.particle, item.value) for item in graph.recall(one)] for one in QUESTIONS]


def _made_anew(graph: Graph) -> list[list[tuple[object, float]]]:
    copy = graph.copy()
    copy.index_texts()
    return _answers(copy)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def test_it_is_opened_without_reading_texts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anew = _made_anew(Graph.open(path))

    def nothing(_: object) -> None:
        raise AssertionError("texts were read")

    monkeypatch.setattr(Documents, "of", nothing)
    assert _answers(Graph.open(path)) == anew
    # Its twin: without the folder they are read.
    shutil.rmtree(words_folder(path))
    with pytest.raises(AssertionError, match="texts were read"):
        Graph.open(path).recall("rye")


def test_edits_are_followed_and_the_folder_is_left_alone(path: Path) -> None:
    before = _bytes(words_folder(path))
    graph = Graph.open(path)
    graph.recall("rye")
    graph.set_text("Rye bread", "Loaves of sourdough.")
    graph.link("Hello Love", "Nashville")
    assert graph.recall("sourdough").particles[0] == "Rye bread"
    assert graph.recall("Nashville").particles[0] == "Nashville"
    assert "Rye bread" not in Graph.open(path).recall("sourdough").particles
    assert _bytes(words_folder(path)) == before


def test_a_file_that_was_written_since_is_asked_as_it_is(path: Path) -> None:
    before = _bytes(words_folder(path))
    graph = Graph.open(path)
    graph.set_text("Rye bread", "Loaves of sourdough.")
    graph.save(path)
    later = Graph.open(path)
    assert later.recall("sourdough").particles[0] == "Rye bread"
    assert not later.recall("water").items
    assert _bytes(words_folder(path)) == before
    later.save(path, words=True)
    assert _answers(Graph.open(path)) == _made_anew(later)


@pytest.mark.parametrize("content", [b"", b"\xff" * 40])
def test_what_is_damaged_is_made_anew(path: Path, content: bytes) -> None:
    anew = _made_anew(Graph.open(path))
    for name in sorted(_bytes(words_folder(path))):
        kept = (words_folder(path) / name).read_bytes()
        (words_folder(path) / name).write_bytes(content)
        if not name.endswith((".pos", ".store", ".term", ".idx", ".fast", ".fieldnorm")):
            assert _answers(Graph.open(path)) == anew, name
        (words_folder(path) / name).write_bytes(kept)


def test_another_index_in_its_place_changes_no_answer_of_who_opened_it(path: Path) -> None:
    graph = Graph.open(path)
    before = _answers(graph)
    Graph.from_documents([{"name": "Rye", "text": "grass"}]).save(path, words=True)
    assert _answers(graph) == before
    graph.set_text("Rye bread", "Loaves of sourdough.")
    assert graph.recall("sourdough").particles[0] == "Rye bread"


def test_an_index_of_no_file_is_made_in_memory(tmp_path: Path, needs: Needs) -> None:
    needs("tantivy")
    graph = Graph.from_documents(ITEMS)
    index = EntryIndex.beside(tmp_path / "none.focusmesh")
    assert index.moment(graph, graph).words.words("rye bread") == ["rye", "bread"]
    assert not words_folder(tmp_path / "none.focusmesh").exists()
