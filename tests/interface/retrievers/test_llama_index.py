"""LlamaIndex's retriever: what its base class promises, and the same answers as graph.recall."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

from focusmesh import Graph, RecallParams
from focusmesh.errors import InputError, MissingExtraError, ParameterError, UnknownParticleError
from focusmesh.interface.retrievers.llama_index import FocusRetriever
from tests.engine.recall.worlds import WORDS, animals, library

if TYPE_CHECKING:
    from collections.abc import Iterable


def texts(nodes: Iterable[NodeWithScore]) -> list[str]:
    return [node.get_content() for node in nodes]


def test_nodes_are_what_recall_lists() -> None:
    graph = library()
    recalled = graph.recall(WORDS[3], 7)
    retriever = FocusRetriever(graph, k=7)
    assert isinstance(retriever, BaseRetriever)
    nodes = retriever.retrieve(WORDS[3])
    assert [(node.node_id, node.get_content(), node.score) for node in nodes] == [
        (item.particle, item.passage, item.value) for item in recalled
    ]
    for node, item in zip(nodes, recalled, strict=True):
        assert node.metadata == {
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
        assert json.loads(json.dumps(node.metadata, allow_nan=False)) == node.metadata


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
    assert texts(FocusRetriever(graph, **options).retrieve("animal")) == expected
    later = FocusRetriever(graph, k=1)
    later.options = options
    assert texts(later.retrieve(QueryBundle("animal"))) == expected


def test_nobody_waits_while_others_are_asked() -> None:
    retriever = FocusRetriever(library(), k=4)

    async def together() -> list[list[NodeWithScore]]:
        return await asyncio.gather(*(retriever.aretrieve(word) for word in WORDS[:12]))

    found = asyncio.run(together())
    assert [texts(nodes) for nodes in found] == [
        texts(retriever.retrieve(word)) for word in WORDS[:12]
    ]


def test_models_see_the_passages_and_nothing_else() -> None:
    graph = library()
    nodes = FocusRetriever(graph, budget_tokens=300, tokens=len, why=True).retrieve(WORDS[5])
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        prompt = "\n\n".join(node.get_content(metadata_mode=mode) for node in nodes)
        assert prompt == graph.recall(WORDS[5], budget_tokens=300, tokens=len).prompt
        assert 0 < len(prompt) <= 300
    ways = {node.node_id: node.metadata["why"] for node in nodes}
    assert ways[nodes[0].node_id] == nodes[0].node_id


def test_a_query_engine_puts_them_into_its_prompt() -> None:
    engine = RetrieverQueryEngine.from_args(FocusRetriever(animals(), k=2), llm=MockLLM())
    response = engine.query("quick animals")
    assert "fox\nA quick brown animal that jumps over lazy ones.\n\nforest" in str(response)
    assert "relevance" not in str(response)
    assert [node.metadata["particle"] for node in response.source_nodes] == ["fox", "forest"]


def test_who_listens_hears_of_it() -> None:
    heard = LlamaDebugHandler(print_trace_on_end=False)
    manager = CallbackManager([heard])
    FocusRetriever(animals(), callback_manager=manager).retrieve("quick")
    ((_, end),) = heard.get_event_pairs(CBEventType.RETRIEVE)
    assert end.payload is not None
    assert end.payload["nodes"][0].node_id == "fox"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"graph": "notes/"}, "asks a Graph, not str"),
        ({"similarity_top_k": 3}, "no option 'similarity_top_k'; it has k, budget_tokens"),
    ],
)
def test_a_wrong_option_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        FocusRetriever(**{"graph": animals()} | options)


@pytest.mark.parametrize(
    ("question", "options", "error", "said"),
    [
        (" ", {}, InputError, "a question that says something"),
        ("animal", {"k": 0}, ParameterError, "1 ≤ k"),
        ("animal", {"context": ["cat"]}, UnknownParticleError, "cat"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(
    question: str, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        FocusRetriever(animals(), **options).retrieve(question)


def test_nothing_found_is_an_empty_list() -> None:
    assert FocusRetriever(animals()).retrieve("thermodynamics") == []


def test_names_that_are_no_text_are_told() -> None:
    graph = Graph.from_edges([1, 1], [2, 3])
    graph.set_text(2, "a lake")
    (lake, *_) = FocusRetriever(graph).retrieve("lake")
    assert (lake.node_id, lake.metadata["particle"], lake.text) == ("2", 2, "2\na lake")


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "focusmesh.interface.retrievers.llama_index")
    monkeypatch.setitem(sys.modules, "llama_index.core.schema", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[llama-index\]"):
        import focusmesh.interface.retrievers.llama_index  # noqa: F401
