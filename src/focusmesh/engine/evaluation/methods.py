"""The ways of finding that are compared: recall, its parts, and what does without a graph or without a question.

Everything that walks from a question starts from the same particles with the same shares (recall's entries), so that
what differs is the walk and the order alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from focusmesh.engine.evaluation.measures import DEPTH
from focusmesh.engine.focus import FocusParams, context_scores
from focusmesh.engine.graph import Graph
from focusmesh.engine.links import LinkColumns

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from focusmesh.engine.evaluation.embedding import Embedded
    from focusmesh.engine.evaluation.material import Material
    from focusmesh.engine.evaluation.task import Question
    from focusmesh.engine.recall import RecallParams
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

Ranker: TypeAlias = Callable[["Question", int], "Sequence[int] | OffsetArray"]
"""From a question to the indices of particles, best first, at least so many where it has them."""

RECALL, PERSONALISED = "recall", "personalised PageRank"
_MOST = 1_000


def methods_of(
    material: Material,
    params: RecallParams,
    embedded: Embedded | None = None,
    more: Mapping[str, Callable[[Graph], Ranker]] | None = None,
) -> dict[str, Ranker]:
    """Every way by its name, ``recall`` first; ``more`` are others by a function of the graph."""
    graph = material.graph
    walks = {
        RECALL: params,
        "recall, PageRank's walk": replace(params, focus=FocusParams.pagerank()),
        "focus from the question": replace(params, popularity=1.0, text=0.0),
    }
    found: dict[str, Ranker] = {
        name: partial(rank_by_recall, graph, own) for name, own in walks.items()
    }
    entries = Entries(graph, params)
    found[PERSONALISED] = personalised_pagerank(graph, entries)
    found[f"{PERSONALISED}, both ways"] = personalised_pagerank(both_ways(graph), entries)
    if material.documents.names or material.text_count:
        found["BM25, names at ¼"] = partial(
            rank_by_words, material, replace(params, name_boost=0.25)
        )
        found["BM25, texts alone"] = partial(
            rank_by_words, material, replace(params, name_boost=0.0)
        )
    if embedded is not None:
        found["embeddings"] = embedded.ranker(material)
    found |= {name: make(graph) for name, make in (more or {}).items()}
    found["PageRank"] = standing(graph.focus(FocusParams.pagerank()).scores)
    found["degree"] = standing(_degrees(graph))
    return found


class Entries:
    """Where recall with ``params`` begins for each question: names of particles and their shares."""

    def __init__(self, graph: Graph, params: RecallParams) -> None:
        self._graph, self._params = graph, params
        self._known: dict[Question, dict[Hashable, float]] = {}

    def __call__(self, question: Question) -> dict[Hashable, float]:
        """Empty where no word is known."""
        if question not in self._known:
            names = self._graph.particles
            stands = [names[at] for at in question.context] or None
            found = self._graph.recall(
                question.text or None, 1, context=stands, params=self._params
            )
            self._known[question] = found.entries
        return self._known[question]


def personalised_pagerank(graph: Graph, entries: Entries) -> Ranker:
    """Personalised PageRank: diffusion alone with damping .85, all of the teleport on the entries, listed by score."""
    params = FocusParams.pagerank()

    def rank(question: Question, count: int) -> OffsetArray:
        shares = entries(question)
        if not shares:
            return np.zeros(0, dtype=np.int64)
        scores = context_scores(graph, shares, "fast", params, beta=1.0).scores
        near = np.argpartition(-scores, min(count, len(scores) - 1))[:count]
        near = near[scores[near] > 0]
        return near[np.lexsort((near, -scores[near]))]

    return rank


def both_ways(graph: Graph) -> Graph:
    """The same links, each also from its target to its source."""
    columns = graph.links()
    weight = None if columns.weight is None else np.tile(columns.weight.astype(np.float64), 2)
    return Graph.from_links(
        LinkColumns(
            columns.particles,
            np.concatenate((columns.source, columns.target)),
            np.concatenate((columns.target, columns.source)),
            weight,
        )
    )


def rank_by_recall(graph: Graph, params: RecallParams, question: Question, count: int) -> list[int]:
    """What ``Graph.recall`` lists."""
    names = graph.particles
    found = graph.recall(
        question.text or None,
        min(count, _MOST),
        context=[names[at] for at in question.context] or None,
        params=params,
    )
    return [graph.index(name) for name in found.particles]


def rank_by_words(
    material: Material, params: RecallParams, question: Question, count: int
) -> OffsetArray:
    """Particles by the BM25 of their words."""
    return material.best(question.text, count, params)[0]


def standing(scores: FloatArray) -> Ranker:
    """The same order for every question: by ``scores``, equal ones by particle."""
    order = np.lexsort((np.arange(len(scores)), -scores))
    return lambda _, count: order[:count]


def _degrees(graph: Graph) -> FloatArray:
    structure = graph.structure
    return structure.degree_total[structure.position]


def list_answers(ranker: Ranker, question: Question) -> list[int]:
    """The first ``DEPTH`` of a ranking that the asker does not know yet, each once."""
    known = {*question.known, *question.context}
    ranked = dict.fromkeys(map(int, ranker(question, DEPTH + len(known))))
    return [at for at in ranked if at not in known][:DEPTH]
