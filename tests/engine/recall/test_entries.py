"""The entry index: what it finds after any edits is what an index made anew finds."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph, RecallParams
from focusmesh.engine.recall import EntryIndex
from focusmesh.errors import (
    FileError,
    InputError,
    MissingExtraError,
    NewerVersionError,
    ParameterError,
)
from tests.engine.recall.worlds import WORDS, animals, library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


def entries(graph: Graph, question: str) -> dict[Any, float]:
    return graph.recall(question).entries


def test_the_index_follows_edits() -> None:
    graph = animals()
    assert entries(graph, "sleeping").keys() == {"dog"}
    graph.set_text("dog", "barks")
    assert entries(graph, "sleeping") == {}
    assert entries(graph, "barking").keys() == {"dog"}
    graph.set_text("whale", "sleeps in the sea")
    graph.link("whale", "shark")
    assert entries(graph, "sleeping").keys() == {"whale"}
    assert entries(graph, "sharks").keys() == {"shark"}
    graph.set_text("whale", "")
    assert entries(graph, "sleeping") == {}
    assert entries(graph, "whale").keys() == {"whale"}


def test_an_older_moment_keeps_its_words() -> None:
    graph, index = animals(), EntryIndex()
    before = index.moment(graph.copy(), "before")
    graph.set_text("dog", "barks")
    after = index.moment(graph.copy(), "after")
    assert before.words.search("sleep", 5, 1.0)[0].tolist() == [graph.index("dog")]
    assert after.words.search("sleep", 5, 1.0)[0].tolist() == []


def test_added_texts_score_as_if_they_had_always_been_there() -> None:
    whole, grown = library(200), library(200)
    grown.recall(WORDS[0])
    for number in range(30):
        for graph in (whole, grown):
            graph.set_text(f"new{number}", f"{WORDS[number]} {WORDS[0]} said anew")
        grown.recall(WORDS[0])
    for word in WORDS[:20]:
        assert entries(grown, word) == entries(whole, word)


def test_most_texts_at_once_make_the_index_anew() -> None:
    graph = library(60)
    graph.recall(WORDS[0])
    for number in range(60):
        graph.set_text(f"n{number}", "unheard" if number == 7 else "of")
    assert entries(graph, "unheard").keys() == {"n7"}
    assert all(not entries(graph, word) for word in WORDS[:10])


def test_copies_have_an_index_of_their_own() -> None:
    graph = animals()
    graph.recall("animal")
    other = graph.copy()
    other.set_text("dog", "barks")
    assert entries(other, "barking").keys() == {"dog"}
    assert entries(graph, "barking") == {}


def test_names_that_are_text_count_as_much_as_is_wanted() -> None:
    graph = Graph.from_edges(["red_fox", "story"], ["den", "den"])
    graph.set_text("story", "about a fox")
    assert entries(graph, "FÓX").keys() == {"red_fox", "story"}
    for boost, first in ((0.1, "story"), (5.0, "red_fox")):
        found = graph.recall("fox", params=RecallParams(name_boost=boost)).entries
        assert next(iter(found)) == first
        assert found[first] > 0.5
    numbered = Graph.from_edges([0, 1], [1, 2])
    assert entries(numbered, "1") == {}
    numbered.set_text(1, "one")
    assert entries(numbered, "one") == {1: 1.0}


def test_a_folder_is_taken_as_it_is_where_texts_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "words"
    graph = animals()
    graph.index_texts(folder)
    stamp = (folder / "focusmesh.json").read_text()
    files = {path.name for path in folder.iterdir()}
    again = animals()
    again.index_texts(folder)
    assert {path.name for path in folder.iterdir()} == files
    assert entries(again, "sleeping").keys() == {"dog"}
    again.set_text("dog", "barks")
    assert entries(again, "barking").keys() == {"dog"}
    assert (folder / "focusmesh.json").read_text() != stamp
    graph = animals()
    graph.index_texts(folder)
    assert entries(graph, "barking") == {}
    assert entries(graph, "sleeping").keys() == {"dog"}


def test_folders_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    graph = animals()
    graph.index_texts(tmp_path)
    with pytest.raises(ParameterError, match="language"):
        graph.index_texts(tmp_path, language=None)
    (tmp_path / "focusmesh.json").write_text('{"version": 9}')
    with pytest.raises(NewerVersionError, match="newer"):
        graph.index_texts(tmp_path)
    taken = tmp_path / "file"
    taken.write_text("")
    with pytest.raises(FileError, match="no text index"):
        graph.index_texts(taken)
    with pytest.raises(ParameterError, match="klingon"):
        graph.index_texts(language="klingon")


def test_words_are_cut_to_stems_of_a_language_or_not() -> None:
    graph = animals()
    graph.index_texts(language=None)
    assert entries(graph, "animals") == {}
    graph.index_texts(language="english")
    assert entries(graph, "animals").keys() == {"fox", "dog"}


def letters(texts: Sequence[str]) -> np.ndarray:
    """How often each letter occurs: an embedding that anyone can follow."""
    return np.array([[text.lower().count(chr(97 + i)) for i in range(26)] for text in texts])


def test_embeddings_find_what_has_no_word_of_the_question(needs: Needs) -> None:
    needs("usearch")
    graph = Graph.from_edges(["x"], ["y"])
    graph.set_text("x", "zzz zzz zz")
    graph.set_text("y", "abc abc")
    assert entries(graph, "zzzzzzzz") == {}
    graph.index_texts(embed=letters)
    found = entries(graph, "zzzzzzzz")
    assert next(iter(found)) == "x"
    graph.set_text("y", "z" * 40)
    graph.set_text("w", "zzzz www")
    assert next(iter(entries(graph, "zzzzzzzz"))) == "y"
    graph.set_text("y", "")
    assert next(iter(entries(graph, "zzzzzzzz"))) == "x"


@pytest.mark.parametrize(
    ("embed", "said"),
    [
        (lambda texts: np.zeros(3), "one vector each"),
        (lambda texts: [["a"] for _ in texts], "no array of numbers"),
        (lambda texts: np.full((len(texts), 2), np.nan), "not finite"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(embed: Any, said: str, needs: Needs) -> None:
    needs("usearch")
    with pytest.raises(InputError, match=said):
        animals().index_texts(embed=embed)


def test_without_the_extras_contexts_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tantivy", "usearch", "usearch.index"):
        monkeypatch.setitem(sys.modules, module, None)
    graph = animals()
    with pytest.raises(MissingExtraError, match=r"focusmesh\[recall\]"):
        graph.recall("animal")
    assert graph.recall(context=["fox"]).particles


def test_half_surrogates_and_controls_are_words_like_others() -> None:
    graph = Graph.from_edges(["a\udc80b"], ["c"])
    graph.set_text("c", "null \0 and \udcff half")
    assert entries(graph, "half \udcff").keys() == {"c"}
    assert entries(graph, '"field:OR (^') == {}


def test_texts_are_part_of_the_graph(tmp_path: Path) -> None:
    graph = animals()
    root = graph.root
    graph.set_text("fox", "red")
    assert graph.root != root
    assert graph.text("fox") == "red"
    graph.save(tmp_path / "animals.focusmesh")
    assert Graph.open(tmp_path / "animals.focusmesh").text("fox") == "red"
    with pytest.raises(InputError, match="must be a str"):
        graph.set_text("fox", b"red")  # type: ignore[arg-type]
    graph.set_text("alone", "no links")
    assert graph.particle_count == 6
    assert graph.focus().score("alone") > 0


def test_threads_ask_while_one_edits() -> None:
    graph = library(80)

    def ask(number: int) -> bool:
        recalled = graph.recall(WORDS[number])
        return all(graph.text(name).split().count(WORDS[number]) for name in recalled.entries)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, number) for number in range(30)]
        for number in range(20):
            graph.set_text(f"later{number}", f"{WORDS[number]} later")
        assert all(one.result() for one in asked)
    assert {f"later{number}" for number in range(20)} <= set(entries(graph, "later"))
