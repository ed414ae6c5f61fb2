"""FocusRetriever for LlamaIndex: ``graph.recall`` as nodes with scores. Needs the extra ``llama-index``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from focusmesh.engine.graph import Graph
from focusmesh.errors import MissingExtraError, ParameterError
from focusmesh.interface.retrievers.passages import passages, verify_options

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import NodeWithScore, TextNode
except ImportError as error:
    raise MissingExtraError("llama-index", "FocusRetriever") from error

if TYPE_CHECKING:
    from llama_index.core.callbacks.base import CallbackManager
    from llama_index.core.schema import QueryBundle


class FocusRetriever(BaseRetriever):
    """What ``graph.recall`` lists, as nodes in its order; ``retrieve`` and ``aretrieve``.

    A node's text is name and text of a particle, and is all that models and embeddings see of it. ``metadata`` is for
    programs: ``particle``, ``rank``, ``value``, ``score``, ``bound``, ``relevance``, ``entry``, ``whole``, the ``root``
    of the graph that was asked, and with ``why`` also the links by which it was come upon. ``options`` are those of
    ``Graph.recall``, and ``why``; ``retriever.options`` may be changed between questions. Raises what ``Graph.recall``
    raises, and ParameterError for an option that it does not have.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        callback_manager: CallbackManager | None = None,
        verbose: bool = False,
        **options: Any,
    ) -> None:
        if not isinstance(graph, Graph):
            raise ParameterError(f"a retriever asks a Graph, not {type(graph).__name__}")
        verify_options(options)
        self.graph = graph
        self.options = options
        super().__init__(callback_manager=callback_manager, verbose=verbose)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [
            NodeWithScore(
                node=TextNode(
                    id_=found.id,
                    text=found.text,
                    metadata=found.metadata,
                    # Else they would stand in the prompt, and the budget would not hold.
                    excluded_llm_metadata_keys=list(found.metadata),
                    excluded_embed_metadata_keys=list(found.metadata),
                ),
                score=found.score,
            )
            for found in passages(self.graph, query_bundle.query_str, self.options)
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)
