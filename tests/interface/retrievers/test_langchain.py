"""LangChain's retriever: its own suite, and the same answers as graph.recall."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import create_retriever_tool
from langchain_tests.integration_tests import RetrieversIntegrationTests
from pydantic import ValidationError

from focusmesh import Graph, RecallParams
from focusmesh.errors import InputError, MissingExtraError, ParameterError, UnknownParticleError
from focusmesh.interface.retrievers.langchain import FocusRetriever
from tests.engine.recall.worlds import WORDS, animals, library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from langchain_core.documents import Document


class TestStandard(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[FocusRetriever]:
        return FocusRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"graph": animals()}

    @property
    def retriever_query_example(self) -> str:
        return "quick animals"


def test_documents_are_what_recall_lists() -> None:
    graph = library()
    recalled = graph.recall(WORDS[3], 7)
    documents = FocusRetriever(graph=graph, k=7).invoke(WORDS[3])
    assert [document.page_content for document in documents] == [item.passage for item in recalled]
    assert [document.id for document in documents] == list(recalled.particles)
    for document, item in zip(documents, recalled, strict=True):
        assert document.metadata == {
            "particle": item.particle,
            "rank": item.rank,
            "value": item.value,
            "score": item.score,
            "bound": recalled.bound,
            "relevance": item.relevance,
            "entry": item.entry,
            "whole": True,
            "root": graph.root,
        }
        assert json.loads(json.dumps(document.metadata, allow_nan=False)) == document.metadata


@pytest.mark.parametrize(
    "options",
    [
        {"context": ["fox"], "k": 2},
        {"relation": "eats"},
        {"author": "bo", "since": 3, "until": 4},
        {"mmr": 0.2, "effort": "exact"},
        {"params": RecallParams(text=1.0)},
        {"budget_tokens": 12, "tokens": lambda text: len(text.split())},
    ],
)
def test_options_are_those_of_recall(options: dict[str, Any]) -> None:
    graph = animals()
    expected = [item.passage for item in graph.recall("animal", **options)]
    made = FocusRetriever(graph=graph, **options)
    assert [document.page_content for document in made.invoke("animal")] == expected
    told = FocusRetriever(graph=graph)
    assert [document.page_content for document in told.invoke("animal", **options)] == expected


async def test_a_call_without_waiting_takes_the_same_options() -> None:
    retriever = FocusRetriever(graph=animals(), k=3)
    documents = await retriever.ainvoke("animal", k=1)
    assert [document.id for document in documents] == ["dog"]
    many = await retriever.abatch(["animal", "river", "lazy"])
    assert many == retriever.batch(["animal", "river", "lazy"])


def test_what_fits_is_the_prompt_of_the_budget() -> None:
    graph = library()
    for budget in (20, 90, 400):
        documents = FocusRetriever(graph=graph, budget_tokens=budget, tokens=len).invoke(WORDS[5])
        prompt = "\n\n".join(document.page_content for document in documents)
        assert prompt == graph.recall(WORDS[5], budget_tokens=budget, tokens=len).prompt
        assert 0 < len(prompt) <= budget


def test_why_is_the_path() -> None:
    found = FocusRetriever(graph=animals(), why=True, k=3).invoke("quick animals")
    ways = {document.id: document.metadata["why"] for document in found}
    assert ways["forest"] == "fox → lives in forest"
    assert "why" not in FocusRetriever(graph=animals()).invoke("quick animals")[0].metadata


def test_names_of_every_kind_are_told() -> None:
    graph = Graph.from_edges([1, 1], [2, 3])
    graph.set_text(2, "a lake")
    (lake, *_) = FocusRetriever(graph=graph).invoke("lake")
    assert (lake.id, lake.metadata["particle"], lake.page_content) == ("2", 2, "2\na lake")
    digests = Graph.from_edges([b"\0" * 32], [b"\1" * 32])
    (other,) = FocusRetriever(graph=digests, context=[b"\0" * 32]).invoke("")
    assert other.metadata["particle"] == other.id
    assert other.id is not None
    assert other.id.startswith("baf")
    unnamable = Graph.from_edges([("a", 1)], [("b", 2)])
    (last,) = FocusRetriever(graph=unnamable, context=[("a", 1)]).invoke("")
    assert (last.metadata["particle"], last.metadata["root"]) == ("('b', 2)", None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"graph": "notes/"}, "instance of Graph"),
        ({"params": {"beta": 1}}, "instance of RecallParams"),
        ({"budget": 100}, "budget"),
        ({"k": "many"}, "k\n"),
        ({"k": 0}, "k\n.*greater than or equal to 1"),
        ({"k": 1_001}, "k\n.*less than or equal to 1000"),
    ],
)
def test_a_wrong_field_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FocusRetriever(**{"graph": animals()} | options)


@pytest.mark.parametrize(
    ("question", "options", "error", "said"),
    [
        (" ", {}, InputError, "a question that says something"),
        ("animal", {"top": 3}, ParameterError, "no option 'top'; it has k, budget_tokens"),
        ("animal", {"k": 0}, ParameterError, "1 ≤ k"),
        ("animal", {"context": ["cat"]}, UnknownParticleError, "cat"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(
    question: str, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    retriever = FocusRetriever(graph=animals())
    with pytest.raises(error, match=said):
        retriever.invoke(question, **options)


def test_nothing_found_is_an_empty_list() -> None:
    assert FocusRetriever(graph=animals()).invoke("thermodynamics") == []


class Heard(BaseCallbackHandler):
    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_retriever_end(self, documents: Sequence[Document], **_: Any) -> None:
        self.told.append([document.id for document in documents])

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        del run_id
        self.told.append(error)


def test_it_takes_its_place_in_a_chain() -> None:
    heard = Heard()
    retriever = FocusRetriever(graph=animals(), k=1)
    chain = retriever | RunnableLambda(lambda documents: documents[0].metadata["particle"])
    assert chain.invoke("quick", {"callbacks": [heard]}) == "fox"
    assert heard.told == [["fox"]]
    with pytest.raises(InputError):
        chain.invoke("", {"callbacks": [heard]})
    assert isinstance(heard.told[1], InputError)
    tool = create_retriever_tool(retriever, "notes", "What is known of animals.")
    assert tool.invoke({"query": "quick"}).startswith("fox\nA quick brown animal")


def test_many_threads_get_the_answers_of_one() -> None:
    retriever = FocusRetriever(graph=library(), k=5)
    alone = [retriever.invoke(word) for word in WORDS[:20]]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(retriever.invoke, WORDS[:20])) == alone


def test_an_edit_is_seen_by_the_next_question() -> None:
    graph = animals()
    retriever = FocusRetriever(graph=graph, k=2)
    before = retriever.invoke("quick")
    graph.set_text("cat", "A quick and silent hunter.")
    graph.link("fox", "cat")
    after = retriever.invoke("quick")
    assert "cat" in {document.id for document in after}
    assert after[0].metadata["root"] == graph.root != before[0].metadata["root"]


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "focusmesh.interface.retrievers.langchain")
    monkeypatch.setitem(sys.modules, "langchain_core.retrievers", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[langchain\]"):
        import focusmesh.interface.retrievers.langchain  # noqa: F401
