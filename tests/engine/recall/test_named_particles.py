"""Questions that say a name begin at the particle of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh import Graph, RecallParams
from focusmesh.ids import to_cid
from tests.engine.recall.worlds import animals

if TYPE_CHECKING:
    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


def senses() -> Graph:
    """Synsets, whose texts say more of a dog than the dog's own does."""
    texts = {
        "dog.n.01": "a domesticated member of the genus Canis",
        "dog.n.03": "informal term for a man",
        "dog_breeding.n.01": "dog breeding: the breeding of a dog by a dog breeder",
        "pariah_dog.n.01": "pariah dog: an ownerless dog",
        "doggedly.r.01": "with dogged obstinacy",
        "n.n.05": "n n n n",
        "Alan Turing": "a mathematician",
        "what is": "a phrase",
        "wolf": "howls",
        "???": "nobody knows",
    }
    graph = Graph.from_edges(list(texts), ["wolf"] * len(texts))
    for name, text in texts.items():
        graph.set_text(name, text)
    return graph


def leaders(question: str, params: RecallParams | None = None) -> set[object]:
    """The entries of the largest share."""
    found = senses().recall(question, params=params).entries
    most = max(found.values(), default=0.0)
    return {name for name, share in found.items() if share >= most * (1 - 1e-9)}


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("dog.n.01", {"dog.n.01"}),
        ("  dog.n.01\n", {"dog.n.01"}),
        ("DOG N 01", {"dog.n.01"}),
        ("dog", {"dog.n.01", "dog.n.03"}),
        ("Döġ", {"dog.n.01", "dog.n.03"}),
        ("dog breeding", {"dog_breeding.n.01"}),
        ("which breeds of a dog descend from dog.n.01?", {"dog.n.01"}),
        ("n of (dog.n.01), and of `dog.n.03`!", {"dog.n.01", "dog.n.03"}),
        ("who was Alan Turing?", {"Alan Turing"}),
        ('a dog and a "wolf"', {"wolf"}),
        ("a dog and a 'wolf'", {"wolf"}),
        ("[[wolf]] and dog", {"wolf"}),
        ("what is", {"what is"}),
        ("???", {"???"}),
    ],
)
def test_a_name_that_is_said_takes_the_largest_share(question: str, named: set[str]) -> None:
    assert leaders(question) == named


def test_what_is_named_is_listed_first() -> None:
    for name in ("dog.n.01", "n.n.05", "Alan Turing"):
        recalled = senses().recall(name)
        assert recalled[0].particle == name
        assert recalled[0].entry == max(recalled.entries.values())
    found = list(senses().recall("dog").entries)
    assert set(found[:2]) == {"dog.n.01", "dog.n.03"}
    assert "dog_breeding.n.01" in found[2:]


def test_a_plain_word_or_a_phrase_of_stop_words_in_a_sentence_is_no_name() -> None:
    assert "wolf" not in leaders("a wolf is like a pariah dog without an owner")
    assert "what is" not in leaders("what is dogged obstinacy")
    assert leaders("wolf") == {"wolf"}


def test_a_context_is_not_named_again() -> None:
    graph, question = senses(), "dog.n.01 breeding breeder"
    words = graph.recall(question, params=RecallParams(context_share=0.0)).entries
    both = graph.recall(question, context=["dog.n.01"], params=RecallParams(context_share=0.0))
    assert next(iter(words)) == "dog.n.01"
    assert max(both.entries, key=lambda name: both.entries[name]) == "dog_breeding.n.01"


def test_names_that_count_nothing_are_not_looked_for() -> None:
    assert leaders("dog", RecallParams(name_boost=0.0)) <= {"dog_breeding.n.01", "pariah_dog.n.01"}


def test_a_part_that_more_share_than_there_are_entries_names_nobody() -> None:
    graph = Graph.from_edges([f"w{at}.n.01" for at in range(40)], ["story"] * 40)
    graph.set_text("story", "n is the number n")
    assert next(iter(graph.recall("n").entries)) == "story"
    few = graph.recall("n", params=RecallParams(entries=40)).entries
    assert next(iter(few)) != "story"


def test_there_are_never_more_entries_than_wanted() -> None:
    found = senses().recall("dog", params=RecallParams(entries=2)).entries
    assert found == {"dog.n.01": 0.5, "dog.n.03": 0.5}


def test_a_long_question_is_read_for_names_in_bounded_time() -> None:
    told = "dog.n.01 " + "[[ \" ' ` “ dogged " * 20_000
    assert leaders(told) == {"dog.n.01"}


def test_names_follow_edits_and_older_names_stay() -> None:
    graph = senses()
    before = graph.copy()
    before.recall("fox.n.01")
    graph.recall("dog")
    graph.link("fox.n.01", "wolf")
    assert graph.recall("fox.n.01")[0].particle == "fox.n.01"
    assert "fox.n.01" not in before.recall("fox.n.01").entries


def test_a_digest_is_named_by_its_cid() -> None:
    digest = bytes(range(32))
    graph = Graph.from_edges([digest], [bytes(32)])
    graph.set_text(digest, "said once")
    assert list(graph.recall(to_cid(digest)).entries) == [digest]
    assert next(iter(graph.recall(f"what does {to_cid(digest)} say?").entries)) == digest


def test_resemblance_does_not_outweigh_a_name(needs: Needs) -> None:
    needs("usearch")
    graph = animals()
    graph.index_texts(embed=lambda texts: np.array([[len(text), 1.0] for text in texts]))
    found = graph.recall("bone").entries
    assert next(iter(found)) == "bone"
    assert len(found) > 1
