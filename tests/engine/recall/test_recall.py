"""Recall: what it lists is the focus of a context made of words, page by page, within a budget."""

from __future__ import annotations

import pickle
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph, Recalled, RecallParams
from focusmesh.engine.recall import estimated_tokens
from focusmesh.errors import InputError, ParameterError, UnknownParticleError
from tests.engine.recall.worlds import WORDS, animals, library

if TYPE_CHECKING:
    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


def test_words_name_particles_and_links_lead_on() -> None:
    recalled = animals().recall("quick animals")
    assert recalled.entries.keys() == {"fox", "dog"}
    assert recalled.entries["fox"] > recalled.entries["dog"] > 0
    assert sum(recalled.entries.values()) == pytest.approx(1)
    assert {"forest", "bridge"} <= set(recalled.particles)
    forest = recalled[recalled.particles.index("forest")]
    assert forest.entry == 0
    assert str(forest.path) == "fox → lives in forest"
    fox = recalled[recalled.particles.index("fox")]
    assert fox.path is not None
    assert fox.path.particles == ("fox",)
    assert fox.passage == "fox\nA quick brown animal that jumps over lazy ones."


def test_scores_are_those_of_the_context_and_the_bound_holds() -> None:
    graph = library()
    question = f"{WORDS[3]} {WORDS[50]} {WORDS[200]}"
    truth: dict[str, Any] = {}
    for effort in ("exact", "balanced", "fast"):
        recalled = graph.recall(question, 20, effort=effort)
        focus = graph.focus(tolerance=1e-10, seeds=recalled.entries, beta=recalled.params.beta)
        truth = {str(name): focus.score(name) for name in recalled.particles}
        off = sum(abs(item.score - truth[str(item.particle)]) for item in recalled)
        assert off <= recalled.bound + focus.bound
        assert all(item.bound == recalled.bound for item in recalled)
    first = recalled[0]
    assert focus.relevance is not None
    expected = focus.relevance[graph.index(first.particle)]
    assert first.relevance == pytest.approx(expected, abs=1e-2)


def test_order_follows_popularity_and_text() -> None:
    graph = library()
    question = WORDS[7]
    lift = graph.recall(question, 30, params=RecallParams(popularity=0.0))
    relevances = [item.relevance for item in lift]
    assert relevances == sorted(relevances, reverse=True)
    focus = graph.recall(question, 30, params=RecallParams(popularity=1.0))
    scores = [item.score for item in focus]
    assert scores == sorted(scores, reverse=True)
    text = graph.recall(question, len(lift.entries), params=RecallParams(text=1.0))
    assert set(text.particles) == set(lift.entries)
    assert list(text.particles) == sorted(text.entries, key=lambda name: -text.entries[name])


def test_recall_keeps_a_focus_of_its_own_beside_that_of_others() -> None:
    graph = animals()
    protocol = graph.focus()
    own = RecallParams(focus=FocusParams.pagerank(0.5))
    assert graph.recall("animal", params=own).params.focus != protocol.params
    assert np.array_equal(graph.focus().scores, protocol.scores)


@pytest.mark.parametrize("options", [{}, {"mmr": 0.5}, {"effort": "balanced"}])
def test_pages_are_one_list(options: dict[str, Any]) -> None:
    graph = library()
    question = " ".join(WORDS[:40])
    whole = graph.recall(question, 60, **options)
    listed: list[Any] = []
    cursor = None
    for size in (1, 7, 2, 50):
        page = graph.recall(question, size, cursor=cursor, **options)
        assert [item.rank for item in page] == list(
            range(len(listed) + 1, len(listed) + 1 + len(page))
        )
        listed += page.particles
        cursor = page.cursor
    assert listed == list(whole.particles)
    rest = Graph.from_links(graph.links()).recall(question, 1_000, cursor=cursor, **options)
    assert rest.cursor is None
    assert len(set(listed) | set(rest.particles)) == graph.particle_count


def test_a_cursor_belongs_to_one_graph_and_one_question() -> None:
    graph = library()
    cursor = graph.recall(WORDS[0], 2).cursor
    assert cursor is not None
    for change in ({"question": WORDS[1]}, {"mmr": 0.5}, {"effort": "exact"}):
        with pytest.raises(InputError, match="another question"):
            graph.recall(**{"question": WORDS[0], "cursor": cursor} | change)
    with pytest.raises(ParameterError, match="not a cursor"):
        graph.recall(WORDS[0], cursor="page 2")
    graph.link("n0", "n5", 3)
    with pytest.raises(InputError, match="of the graph with root"):
        graph.recall(WORDS[0], cursor=cursor)
    unnamable = Graph.from_edges([("a", 1)], [("b", 2)])
    first = unnamable.recall(context=[("a", 1)], k=1)
    assert first.cursor is None


def test_the_budget_is_never_exceeded() -> None:
    graph = library()
    draw = Random(5)
    counters = (estimated_tokens, len, lambda text: len(text.split()) + 3)
    for _ in range(60):
        budget, tokens = draw.randrange(20, 600), draw.choice(counters)
        recalled = graph.recall(draw.choice(WORDS), budget_tokens=budget, tokens=tokens)
        assert tokens(recalled.prompt) <= budget
        assert recalled.prompt == "\n\n".join(item.passage for item in recalled)
        assert all(item.whole for item in recalled.items[1:])


def test_a_budget_is_filled_page_by_page() -> None:
    graph = library()
    question = " ".join(WORDS[:30])
    cursor, pages = None, 0
    listed: list[Any] = []
    while pages == 0 or cursor:
        page = graph.recall(question, budget_tokens=900, cursor=cursor)
        cursor, pages = page.cursor, pages + 1
        listed += page.particles
    assert listed == list(graph.recall(question, 1_000).particles)
    assert pages > 1


def test_a_first_passage_that_is_too_long_is_cut_at_a_word() -> None:
    graph = Graph.from_edges(["a"], ["b"])
    graph.set_text("a", "one two three four five six seven eight nine ten")
    by_text = RecallParams(text=1.0)
    cut = graph.recall(
        "three", 1, params=by_text, budget_tokens=5, tokens=lambda text: len(text.split())
    )
    assert cut.prompt == "a\none two three …"
    assert (cut[0].text, cut[0].whole) == ("one two three …", False)
    with pytest.raises(ParameterError, match="no room for the first words"):
        graph.recall("three", params=by_text, budget_tokens=1, tokens=len)
    for tokens in (len, estimated_tokens):
        with pytest.raises(ParameterError, match=r"it needs at least \d+$") as refused:
            graph.recall("three", params=by_text, budget_tokens=1, tokens=tokens)
        least = int(str(refused.value).rpartition(" ")[2])
        assert tokens(graph.recall("three", budget_tokens=least, tokens=tokens).prompt) <= least
        with pytest.raises(ParameterError, match=f"at least {least}$"):
            graph.recall("three", params=by_text, budget_tokens=least - 1, tokens=tokens)


def test_filters_list_ends_of_links_that_have_everything() -> None:
    graph = animals()
    assert set(graph.recall("animal", relation="eats").particles) == {"dog", "bone"}
    both = graph.recall("animal", relation=["eats", "lives in"], author="ada")
    assert set(both.particles) == {"dog", "bone"}
    assert set(graph.recall("animal", since=2, until=3).particles) == {
        *("bridge", "dog", "fox", "forest")
    }
    assert not graph.recall("animal", relation="eats", until=1)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"question": " \n"}, InputError, "a question that says something"),
        ({}, InputError, "a question that says something"),
        ({"question": 7}, ParameterError, "a question is text"),
        ({"question": "x", "context": ["nobody"]}, UnknownParticleError, "nobody"),
        ({"question": "x", "context": []}, InputError, "at least one seed"),
        ({"question": "x", "relation": "eat"}, UnknownParticleError, "relation.*close.*eats"),
        (
            {"question": "x", "relation": "nope"},
            UnknownParticleError,
            "'nope'; there are: leads to, lives in, eats",
        ),
        ({"question": "x", "author": "zed"}, UnknownParticleError, "author"),
        ({"question": "x", "since": "monday"}, ParameterError, "since = 'monday'"),
        ({"question": "x", "k": 0}, ParameterError, "1 ≤ k ≤ 1000"),
        ({"question": "x", "k": 1_001}, ParameterError, "1 ≤ k ≤ 1000"),
        ({"question": "x", "budget_tokens": 0}, ParameterError, "budget_tokens = 0"),
        ({"question": "x", "tokens": 4}, ParameterError, "tokens must be a function"),
        ({"question": "x", "mmr": 2}, ParameterError, "mmr = 2"),
        ({"question": "animal", "effort": "much"}, ParameterError, "no effort is named"),
    ],
)
def test_bad_requests_say_what_is_wrong(
    options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        animals().recall(**options)


def test_links_without_labels_have_nothing_to_filter_by() -> None:
    graph = library()
    for options, lacks in (
        ({"relation": "x"}, "a relation"),
        ({"author": "x"}, "an author"),
        ({"since": 1}, "a time"),
    ):
        with pytest.raises(InputError, match=f"no link of this graph has {lacks}"):
            graph.recall(WORDS[0], **options)


@pytest.mark.parametrize("name", ["beta", "temperature", "entries", "popularity", "fusion", "text"])
def test_parameters_state_what_they_break(name: str) -> None:
    with pytest.raises(ParameterError, match=name):
        RecallParams(**{name: -1})  # type: ignore[arg-type]


def test_an_explicit_context_is_not_listed() -> None:
    graph = animals()
    alone = graph.recall(context=["fox"])
    assert "fox" not in alone.particles
    assert alone.entries == {"fox": 1.0}
    both = graph.recall("river", context={"fox": 2, "dog": 1})
    assert both.entries == pytest.approx({"bridge": 0.5, "fox": 1 / 3, "dog": 1 / 6})
    assert "bridge" in both.particles
    assert not {"fox", "dog"} & set(both.particles)


def test_nothing_is_recalled_where_no_text_has_a_word() -> None:
    recalled = animals().recall("thermodynamics")
    assert not recalled.items
    assert recalled.cursor is None
    assert recalled.prompt == ""
    assert recalled.pretty() == "nothing recalled"


def test_diversity_puts_other_things_first() -> None:
    graph = Graph.from_edges(["hub"] * 4, ["a", "b", "c", "d"])
    for name in "abc":
        graph.set_text(name, f"the very same words of a text {name * 3}")
    graph.set_text("d", "words about something else")
    by_text = RecallParams(text=1.0)
    near = graph.recall("same words", 4, params=by_text)
    wide = graph.recall("same words", 4, params=by_text, mmr=0.2)
    assert near.particles.index("d") == 3
    assert wide.particles.index("d") == 1
    assert near.particles == graph.recall("same words", 4, params=by_text, mmr=1.0).particles
    assert set(near.particles) == set(wide.particles)


def test_an_answer_can_be_explained_shown_and_kept() -> None:
    recalled = animals().recall("quick animals")
    explanation = recalled[0].explain(walks=1)
    assert explanation is not None
    assert explanation.score == pytest.approx(recalled[0].score, abs=2e-3)
    html = recalled._repr_html_()
    assert "quick animals" in html
    assert "lazy" in html
    assert "fox" in recalled.pretty()
    assert max(map(len, recalled.pretty(60).splitlines())) <= 60
    again: Recalled = pickle.loads(pickle.dumps(recalled))
    assert again.items == recalled.items
    assert again.root == recalled.root


def test_a_large_graph_is_pushed_and_pages_alike() -> None:
    graph = library(20_000, links=5)
    assert graph.structure.is_compiled
    question = " ".join(WORDS[:3])
    whole = graph.recall(question, 40)
    first = graph.recall(question, 15)
    second = graph.recall(question, 25, cursor=first.cursor)
    assert (*first.particles, *second.particles) == whole.particles
    truth = graph.focus(tolerance=1e-8, seeds=whole.entries, beta=whole.params.beta)
    off = sum(abs(item.score - truth.score(item.particle)) for item in whole)
    assert off <= whole.bound + truth.bound
