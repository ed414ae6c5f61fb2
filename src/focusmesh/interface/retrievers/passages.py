"""What all retrievers share: a question with its options becomes passages, each with what is known of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.engine.links import label
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.recall import Recalled, RecalledItem

OPTIONS = (
    *("k", "budget_tokens", "tokens", "context", "effort", "relation", "author"),
    *("since", "until", "as_of", "kind", "with_text", "include_context", "mmr", "params", "why"),
)
"""What a retriever is told, when it is made or with a question: the options of ``Graph.recall``, and ``why``."""


class Passage(NamedTuple):
    """What a framework is handed of one particle. ``text`` begins with its name, ``metadata`` is fit for JSON."""

    id: str
    text: str
    score: float
    metadata: dict[str, Any]


def passages(graph: Graph, question: str, options: Mapping[str, Any]) -> list[Passage]:
    """What ``graph.recall`` lists, in its order; raises its errors, and those of ``verify_options``.

    Joined by an empty line, the texts are the prompt that ``budget_tokens`` is about.
    """
    verify_options(options)
    told = dict(options)
    why = told.pop("why", False)
    recalled = graph.recall(question, **told)
    root = _root(recalled)
    return [_passage(item, root, why=why) for item in recalled]


def verify_options(options: Iterable[str]) -> None:
    """Raises ParameterError for a name that is not among ``OPTIONS``."""
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise ParameterError(
            f"a retriever has no option {unknown[0]!r}; it has {', '.join(OPTIONS)}"
        )


def _passage(item: RecalledItem, root: str | None, *, why: bool) -> Passage:
    metadata: dict[str, Any] = {
        "particle": _in_json(item.particle),
        "rank": item.rank,
        "value": item.value,
        "score": item.score,
        "bound": item.bound,
        "relevance": item.relevance if math.isfinite(item.relevance) else None,
        "entry": item.entry,
        "whole": item.whole,
        "root": root,
    }
    if why:
        path = item.path
        metadata["why"] = None if path is None else str(path)
    return Passage(label(item.particle), item.passage, item.value, metadata)


def _in_json(name: Hashable) -> str | int:
    """A name that JSON can hold: digests are CIDs, which a ledger takes for names as well."""
    return name if type(name) is int else label(name)


def _root(recalled: Recalled) -> str | None:
    """None where names cannot be saved, and so the graph has no root."""
    try:
        return recalled.root
    except InputError:
        return None
