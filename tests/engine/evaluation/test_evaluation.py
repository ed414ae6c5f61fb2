"""Evaluations: what every method is asked, that equal seeds give equal numbers, and questions of one's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph, RecallParams
from focusmesh.engine.evaluation import (
    MEASURES,
    Material,
    Question,
    evaluate,
    judged,
    tune,
)
from focusmesh.engine.evaluation.methods import Entries, both_ways, personalised_pagerank
from focusmesh.engine.evaluation.parameter_search import AS_IT_WAS, SHARES, with_value
from focusmesh.errors import InputError, ParameterError
from tests.engine.evaluation.worlds import library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.evaluation import Ranker
    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


def embed(texts: Sequence[str]) -> Any:
    return np.array([[text.count(letter) + 0.1 for letter in "abdefgiklmno"] for text in texts])


def test_equal_seeds_give_equal_documents() -> None:
    found = [evaluate(library(), count=5, seed=2, embed=embed).document() for _ in range(2)]
    assert json.dumps(found[0]) == json.dumps(found[1])
    assert [task["task"] for task in found[0]["tasks"]] == ["links", "known-item", "two-hop"]
    other = evaluate(library(), count=5, seed=3).document()
    assert other["tasks"] != found[0]["tasks"]


def test_what_the_methods_find_is_what_they_should() -> None:
    """Words find what they are in, links what they lead to; neither finds what is the other's."""
    found = evaluate(library(), count=40)

    def mean(task: str, method: str, measure: str) -> float:
        return found[task].interval(method, measure).mean

    assert mean("known-item", "BM25, texts alone", "MRR") == 1.0
    assert mean("two-hop", "BM25, texts alone", "recall@20") == 0.0
    assert mean("two-hop", "recall", "recall@20") > 0.3
    assert mean("known-item", "recall", "MRR") > 0.9
    assert mean("known-item", "degree", "MRR") < 0.2
    assert found["two-hop"].against("BM25, texts alone", "recall@20").below_zero
    assert found["links"].against("degree", "nDCG@10").mean < 0


def test_listing_an_answer_twice_does_not_pay() -> None:
    scored = evaluate(
        library(),
        ["known-item"],
        count=5,
        more={"twice": lambda _: lambda question, count: [0, *question.answers] * count},
    )
    assert (scored["known-item"].values["twice"] <= 1).all()


def test_other_methods_and_embeddings_take_part() -> None:
    def oracle(graph: Graph) -> Ranker:
        assert graph.particle_count == 180
        return lambda question, count: [*question.answers, *range(count)]

    found = evaluate(library(), ["links"], count=10, embed=embed, more={"oracle": oracle})
    scored = found["links"]
    assert scored.interval("oracle", "nDCG@10").mean == 1.0
    assert {"recall", "embeddings", "oracle", "PageRank"} <= set(scored.values)
    with pytest.raises(InputError, match="one finite vector each"):
        evaluate(library(), ["links"], count=10, embed=lambda texts: np.zeros(len(texts)))


def test_no_ranking_lists_what_is_known() -> None:
    seen: list[set[int]] = []

    def spy(graph: Graph) -> Ranker:
        def rank(question: Question, count: int) -> list[int]:
            seen.append(set(question.known))
            return [*question.known, *question.answers, *range(count)]

        return rank

    scored = evaluate(library(), ["links"], count=10, more={"spy": spy})["links"]
    assert all(seen)
    assert scored.interval("spy", "MRR").mean == 1.0


def test_questions_of_ones_own() -> None:
    lines = [
        '{"question": "page", "answers": ["page3", "page4"], "context": ["page1"]}',
        "",
        '{"question": "", "answers": ["page3"], "context": ["page2"]}',
    ]
    task = judged(Material(library()), lines)
    assert task.questions[0] == Question("page", (3, 4), (1,), (1,))
    assert len(task.questions) == 2
    assert set(evaluate(library(), [task])["questions"].values["recall"].shape) == {2, 4}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[]", "own.jsonl:2: "),
        ('{"question": "x"}', "and an answer"),
        ('{"question": "x", "answers": []}', "and an answer"),
        ('{"question": " ", "answers": ["page1"]}', "words or a context"),
        ('{"question": "x", "answers": ["pag3"]}', "no particle is named 'pag3'"),
        ('{"question": "x", "answers": ["page3"], "answer": 1}', "answer"),
        ("\ud800", "own.jsonl:2: "),
    ],
)
def test_a_wrong_question_is_named(line: str, told: str) -> None:
    with pytest.raises(InputError, match=r"own\.jsonl:2") as caught:
        judged(Material(library()), ["", line], "own.jsonl")
    assert told in str(caught.value)


def test_answers_in_a_file_of_their_own() -> None:
    asked = ['{"id": 1, "question": "page", "answers": ["page3"]}', '{"id": "b", "question": "x"}']
    gold = ['{"id": "b", "answers": ["page1"]}', "", '{"id": 1, "answers": ["page4", "page3"]}']
    task = judged(Material(library()), asked, gold=gold)
    assert [question.answers for question in task.questions] == [(3, 4), (1,)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": 2, "answers": ["page1"]}', "no question of questions has the id 2"),
        ('{"id": 1}', "gold:1: .*answers"),
        ("{", "gold:1: "),
        ('{"id": 1, "answers": ["pag3"]}', "questions:1: no particle is named 'pag3'"),
    ],
)
def test_a_wrong_answer_is_named(line: str, told: str) -> None:
    asked = ['{"id": 1, "question": "page", "answers": ["page3"]}']
    with pytest.raises(InputError, match=told):
        judged(Material(library()), asked, gold=[line])


def test_no_question_at_all() -> None:
    with pytest.raises(InputError, match="no question in it"):
        judged(Material(library()), [], "own.jsonl")


def test_tuning_looks_at_validation_questions_and_reports_test_ones() -> None:
    grid = {"name_boost": (0.0, 0.25), "text": (0.9,), SHARES: ((1.0, 0.0, 0.0),), "alpha": (0.3,)}
    poor = RecallParams(text=0.0, popularity=1.0, name_boost=0.25)
    found, tested = tune(library(), ["known-item"], count=20, start=poor, grid=grid)
    assert found.after > found.before
    assert found.params.text == 0.9
    assert [one.name for one in found.tried] == ["name_boost", "text", SHARES, "alpha"]
    assert found.document()["params"]["text"] == 0.9
    scored = tested["known-item"]
    assert scored.against(AS_IT_WAS, MEASURES[-1]).mean <= 0
    again, _ = tune(library(), ["known-item"], count=20, start=poor, grid=grid)
    assert again == found


def test_a_parameter_that_recall_does_not_have() -> None:
    assert with_value(RecallParams(), "alpha", 0.3).focus.alpha == 0.3
    assert with_value(RecallParams(), SHARES, (1.0, 0.0, 0.0)).focus.diffusion == 1.0
    with pytest.raises(ParameterError):
        with_value(RecallParams(), "beta", 2.0)
    with pytest.raises(ParameterError, match="no parameter is named 'lambda'"):
        with_value(RecallParams(), "lambda", 1.0)


def test_progress_can_stop_it() -> None:
    class StopError(Exception):
        pass

    def stop(step: object) -> None:
        raise StopError

    with pytest.raises(StopError):
        evaluate(library(), ["links"], count=10, progress=stop)


def test_personalised_pagerank_is_that_of_igraph(needs: Needs) -> None:
    """From the same entries, along links and both ways."""
    igraph = needs("igraph")
    graph = library()
    entries = Entries(graph, RecallParams())
    columns = graph.links()
    ends = np.stack((columns.source, columns.target), axis=1).tolist()
    question = Question(str(graph.texts[7] if graph.texts else ""), (1,), (7,))
    for own, directed in ((graph, True), (both_ways(graph), False)):
        reset = np.zeros(graph.particle_count)
        for name, share in entries(question).items():
            reset[graph.index(name)] = share
        network = igraph.Graph(n=graph.particle_count, edges=ends, directed=directed)
        scores = network.personalized_pagerank(
            directed=directed, damping=0.85, reset=reset.tolist()
        )
        expected = np.argsort(-np.array(scores), kind="stable")[:15].tolist()
        assert list(personalised_pagerank(own, entries)(question, 15)) == expected
