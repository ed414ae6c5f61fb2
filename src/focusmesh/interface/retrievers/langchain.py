"""FocusRetriever for LangChain: ``graph.recall`` as documents. Needs the extra ``langchain``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from focusmesh.engine.graph import Graph
from focusmesh.engine.recall import DEPTH, RecallParams
from focusmesh.errors import MissingExtraError
from focusmesh.interface.retrievers.passages import OPTIONS, passages

try:
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables.config import run_in_executor
    from pydantic import ConfigDict, Field, InstanceOf
except ImportError as error:
    raise MissingExtraError("langchain", "FocusRetriever") from error

if TYPE_CHECKING:
    from langchain_core.callbacks.manager import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )


class FocusRetriever(BaseRetriever):
    """What ``graph.recall`` lists, as documents in its order; ``invoke``, ``ainvoke``, ``batch`` and their like.

    ``page_content`` is name and text of a particle, ``metadata`` its ``particle``, ``rank``, ``value``, ``score``,
    ``bound``, ``relevance``, ``entry``, ``whole``, and the ``root`` of the graph that was asked; with ``why``, also the
    links by which it was come upon. The other fields are the options of ``Graph.recall``; a single call may say
    otherwise (``invoke(question, k=3)``). Raises what ``Graph.recall`` raises.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    graph: InstanceOf[Graph]
    k: int | None = Field(default=None, ge=1, le=DEPTH)
    budget_tokens: int | None = None
    tokens: Callable[[str], int] | None = None
    context: Any = None
    effort: str = "fast"
    relation: Any = None
    author: Any = None
    since: int | str | date | None = None
    until: int | str | date | None = None
    as_of: int | str | date | None = None
    kind: Any = None
    with_text: bool = False
    include_context: bool = False
    mmr: float | None = None
    params: InstanceOf[RecallParams] | None = None
    why: bool = False

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        del run_manager
        told = {name: getattr(self, name) for name in OPTIONS} | options
        return [
            Document(id=found.id, page_content=found.text, metadata=found.metadata)
            for found in passages(self.graph, query, told)
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        # That of the base class leaves the options of a call out.
        return await run_in_executor(
            None,
            self._get_relevant_documents,
            query,
            run_manager=run_manager.get_sync(),
            **options,
        )
