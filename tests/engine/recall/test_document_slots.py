"""Documents keep their seats when particles are renumbered, so that an index is told of the others alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.recall.document_slots import NOBODY, Seating, keys_of
from focusmesh.engine.recall.documents import Documents
from focusmesh.engine.recall.words import WordIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import Needs

LISTS = st.lists(st.integers(0, 5), max_size=12)


def keys(numbers: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return keys_of(np.array(numbers, dtype=np.int64))


@given(st.lists(LISTS, min_size=1, max_size=5))
def test_whoever_stays_keeps_the_seat(lists: list[list[int]]) -> None:
    seating, index = NOBODY, dict[int, int]()
    for numbers in lists:
        followed = seating.following(keys(numbers))
        for seat in followed.gone.tolist():
            del index[seat]
        seating = followed.seating
        for at in followed.added.tolist():
            assert index.setdefault(int(seating.seats[at]), numbers[at]) == numbers[at]
        assert [index[seat] for seat in seating.seats.tolist()] == numbers
        assert len(index) == len(numbers) == len(set(seating.seats.tolist()))
        places = seating.places()
        assert places[seating.seats].tolist() == list(range(len(numbers)))
        assert np.count_nonzero(places >= 0) == len(numbers)


@given(LISTS, LISTS)
def test_only_the_difference_is_told(before: list[int], after: list[int]) -> None:
    seating = Seating.fresh(keys(before))
    followed = seating.following(keys(after))
    for number in range(6):
        more = after.count(number) - before.count(number)
        assert sum(after[at] == number for at in followed.added.tolist()) == max(more, 0)
        assert sum(before[at] == number for at in followed.gone.tolist()) == max(-more, 0)


def test_lasting_keys_tell_names_from_texts() -> None:
    pairs = [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""), ("\ud800", "")]
    documents = Documents([name for name, _ in pairs], [text for _, text in pairs])
    for lasting in (False, True):
        assert len(set(documents.keys(lasting=lasting).tolist())) == len(pairs)
    assert documents.keys(lasting=True)[0] == -5780306852348369045


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the documents that were written to an index."""
    names: list[str] = []
    document = WordIndex._document

    def noted(index: WordIndex, seat: int, name: str, text: str) -> object:
        names.append(name)
        return document(index, seat, name, text)

    monkeypatch.setattr(WordIndex, "_document", noted)
    return names


def entries(graph: Graph, question: str) -> dict[Any, float]:
    return graph.recall(question).entries


def notes(*names: str) -> Graph:
    graph = Graph.from_edges(names, [*names[1:], names[0]], particles=names)
    for name in names:
        graph.set_text(name, f"what {name} says about bread")
    return graph


def test_a_folder_is_told_of_the_new_note_alone(tmp_path: Path, written: list[str]) -> None:
    notes("monday", "tuesday", "friday").index_texts(tmp_path / "words")
    assert written == ["monday", "tuesday", "friday"]
    written.clear()
    graph = notes("easter", "monday", "friday", "sunday")
    graph.index_texts(tmp_path / "words")
    assert written == ["easter", "sunday"]
    for name in ("easter", "monday", "friday", "sunday"):
        assert next(iter(entries(graph, name))) == name
    assert entries(graph, "tuesday") == {}
    written.clear()
    notes("easter", "monday", "friday", "sunday").index_texts(tmp_path / "words")
    assert written == []


@pytest.mark.parametrize("how", ["cut", "changed", "gone"])
def test_seats_that_are_damaged_are_taken_anew(
    tmp_path: Path, written: list[str], how: str
) -> None:
    graph = notes("monday", "tuesday")
    graph.index_texts(tmp_path)
    seats = tmp_path / "focusmesh.seats"
    content = seats.read_bytes()
    if how == "gone":
        seats.unlink()
    else:
        seats.write_bytes(content[:-1] if how == "cut" else content[:-1] + b"\1")
    written.clear()
    graph.index_texts(tmp_path)
    assert written == ["monday", "tuesday"]
    assert entries(graph, "tuesday").keys() == {"tuesday"}


def test_vectors_keep_their_seats_too(needs: Needs) -> None:
    needs("usearch")
    told: list[str] = []

    def embed(texts: Sequence[str]) -> list[list[float]]:
        told.extend(texts)
        return [[1.0, text.count("a"), text.count("o")] for text in texts]

    first = notes("banana", "cocoa")
    first.index_texts(embed=embed)
    first.recall("banana")
    told.clear()
    first.link("another", "banana")
    assert next(iter(first.recall("banana bread").entries)) == "banana"
    assert [text for text in told if "bread" not in text] == ["another"]


def test_what_another_process_wrote_to_the_folder_is_nobody_here(tmp_path: Path) -> None:
    graph = notes("monday", "tuesday")
    graph.index_texts(tmp_path)
    notes("easter", "sunday", "monday", "friday").index_texts(tmp_path)
    graph.link("monday", "tuesday", 3)
    assert entries(graph, "what friday says about bread").keys() <= {"monday", "tuesday"}


def test_seats_of_one_process_are_not_those_of_what_another_wrote_meanwhile(tmp_path: Path) -> None:
    one, other = (
        Documents([f"{who}{at}" for at in range(5)], [""] * 5) for who in ("one", "other")
    )
    first, second = (WordIndex(tmp_path, "english") for _ in range(2))
    for index, documents in ((first, one), (second, other)):
        index.clear()
        index.change(documents, NOBODY.following(documents.keys(lasting=True)), None)
    second.stamp(NOBODY.following(other.keys(lasting=True)).seating)
    assert WordIndex(tmp_path, "english").seating() is not None
    first.stamp(NOBODY.following(one.keys(lasting=True)).seating)
    assert WordIndex(tmp_path, "english").seating() is None
