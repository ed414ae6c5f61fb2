"""Names in a question: found without quotes, listed first, kept in the answer, and followed through edits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from focusmesh import Graph, RecallParams
from focusmesh.engine.recall.question_names import QuestionNames

TEXTS: list[dict[str, Any]] = [
    {"name": "Hank Snow", "text": "A singer who died in Tennessee.", "aliases": ["The Ranger"]},
    {"name": "Hello Love (song)", "text": "A song by Hank Snow."},
    {"name": "Tennessee", "text": "A state that borders North Carolina."},
    {"name": "North Carolina", "text": "A state with shops, Publix among them."},
    {"name": "singer", "text": "Whoever sings a song in a state."},
]


ONE_ENTRY = RecallParams(entries=1)


def graph_of_texts() -> Graph:
    """Passages that lead from a song to a state."""
    return Graph.from_documents(TEXTS)


def test_what_a_question_names_is_listed_first_and_stays() -> None:
    found = graph_of_texts().recall("Which state borders where Hello Love's singer died?", 5)
    assert found.particles[0] == "Hello Love (song)"
    assert set(found.particles) == {str(item["name"]) for item in TEXTS}
    assert found.entries["Hello Love (song)"] > 0.5


def test_another_name_stands_for_its_particle_and_is_never_listed() -> None:
    graph = graph_of_texts()
    for question in ("What of The Ranger?", "the ranger", "ranger"):
        found = graph.recall(question, 10)
        assert "The Ranger" not in found.particles
        assert "The Ranger" not in found.entries
    assert graph.recall("What of The Ranger?", 1).particles == ("Hank Snow",)


def test_a_context_is_listed_where_that_is_asked_for() -> None:
    graph = graph_of_texts()
    dropped = graph.recall("shops in a state", context=["Tennessee"])
    listed = graph.recall("shops in a state", context=["Tennessee"], include_context=True)
    assert "Tennessee" not in dropped.particles
    assert "Tennessee" in listed.particles
    assert [p for p in listed.particles if p != "Tennessee"] == list(dropped.particles)


def test_pages_of_an_answer_with_names_are_the_answer() -> None:
    graph = graph_of_texts()
    asked = "songs of Hank Snow in Tennessee"
    whole = graph.recall(asked, 5).particles
    first = graph.recall(asked, 2)
    then = graph.recall(asked, 3, cursor=first.cursor)
    assert first.particles + then.particles == whole
    assert set(whole[:2]) == {"Hank Snow", "Tennessee"}


def test_filters_hold_for_names_too() -> None:
    graph = graph_of_texts()
    graph.link("singer", "North Carolina", relation="visits")
    found = graph.recall("Where was Hank Snow?", relation="visits")
    assert set(found.particles) == {"singer", "North Carolina"}


def test_names_follow_edits_as_if_they_were_read_anew() -> None:
    graph = graph_of_texts()
    graph.recall("Hank Snow")
    before = QuestionNames.of(graph, None)
    graph.set_text("Dolly Parton", "Another singer.")
    graph.link("Dolly", "Dolly Parton", 0, relation="alias")
    assert before is not None
    grown, anew = QuestionNames.of(graph, before), QuestionNames.of(graph, None)
    assert grown is not None
    assert anew is not None
    for asked in ("Dolly Parton and Hank Snow", "Dolly", "The Ranger"):
        assert grown.find(asked) == anew.find(asked)
    assert np.array_equal(grown.other_names, anew.other_names)
    assert before.find("Dolly Parton") == []
    assert graph.recall("where is dolly parton", 1).particles == ("Dolly Parton",)


def test_an_item_tells_the_words_that_led_to_it() -> None:
    graph = graph_of_texts()
    found = graph.recall("Where did the singer of Hello Love die?", 5, params=ONE_ENTRY)
    item = next(item for item in found if item.particle == "Tennessee")
    assert item.path is not None
    assert item.path.particles == ("Hank Snow", "Tennessee")
    [[place]] = item.evidence
    assert graph.text("Hank Snow")[place.start : place.end] == place.words == "Tennessee"


def test_other_graphs_have_no_gazetteer() -> None:
    graph = Graph.from_edges(["Hank Snow"], ["Tennessee"])
    assert QuestionNames.of(graph, None) is None
    assert graph.evidence("Hank Snow", "Tennessee") == []


@pytest.mark.parametrize("length", [1, 100_000])
def test_a_question_that_is_a_book_is_read_in_part(length: int) -> None:
    assert len(graph_of_texts().recall("Hank Snow " * length, 1)) == 1
