"""Recall: a question becomes a context, the graph does the rest (docs/explanation/contexts.md).

The words of the question name particles (entries.py); their shares are where the teleport of the context goes; what
has most focus from there is listed.
"""

from __future__ import annotations

import operator as operators
import time
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import EFFORTS, indexed_context_scores, seed_weights
from focusmesh.engine.links import label, told_root
from focusmesh.engine.recall import cursor as cursors
from focusmesh.engine.recall.answer import AnswerBasis, Recalled, RecalledItem
from focusmesh.engine.recall.budget import BETWEEN, Prompt
from focusmesh.engine.recall.documents import passage
from focusmesh.engine.recall.entries import shares_of
from focusmesh.engine.recall.list_filter import ListFilter
from focusmesh.engine.recall.order import (
    DEPTH,
    best_first,
    diversify,
    divisor_of,
    values_of,
    verified_diversity,
)
from focusmesh.engine.recall.params import RecallParams
from focusmesh.engine.recall.question_names import shares_of_names
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from focusmesh.engine.focus import ContextScores
    from focusmesh.engine.links import Filters, LinkView
    from focusmesh.engine.recall.budget import Tokens
    from focusmesh.engine.recall.entries import EntryMoment
    from focusmesh.engine.support.arrays import BoolArray, FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

NOBODY = np.zeros(0, dtype=np.int64)
COUNT = 10
"""How many are listed where nothing is said."""


@dataclass(frozen=True)
class RecallRequest:
    """What one recall is told beside the graph; see ``Graph.recall``."""

    question: str | None
    k: int | None
    context: Iterable[Hashable] | Mapping[Any, float] | None
    budget_tokens: int | None
    tokens: Tokens | None
    effort: str
    filters: Filters
    mmr: float | None
    cursor: str | None
    params: RecallParams | None
    include_context: bool = False
    kind: Any = None
    with_text: bool = False
    as_of: Any = None

    @property
    def list_filter(self) -> ListFilter:
        """What may be listed; raises ParameterError for a kind that is no name and a time that is none."""
        return ListFilter.of(self.filters, self.kind, self.with_text, self.as_of)


@dataclass(frozen=True)
class _Stand:
    """Where an answer starts: the explicit context, whom the question names, and all of w_c, as shares by index.

    ``names``: particles that are nothing but other names.
    """

    given: dict[int, float]
    named: dict[int, float]
    shares: dict[int, float]
    names: OffsetArray


def recall_graph(
    graph: LinkView,
    asked: RecallRequest,
    index: Callable[[], EntryMoment],
    progress: Progress | None = None,
) -> Recalled:
    """See ``Graph.recall``; ``graph`` is one moment of it, ``index`` gives the entry index of that moment."""
    begun = time.perf_counter()
    params = _verify_params(asked)
    wanted, mmr = _count(asked), verified_diversity(asked.mmr)
    Prompt(asked.budget_tokens, asked.tokens)
    begin = _shares(graph, asked, params, index)
    question = _fingerprint(asked, begin, params, mmr)
    offset = 0 if asked.cursor is None else cursors.read(asked.cursor, told_root(graph), question)
    ranking = _Ranking.of(graph, asked, params, begin, progress)

    def answer(count: int) -> Recalled:
        items = ranking.page(offset, count, mmr, Prompt(asked.budget_tokens, asked.tokens))
        following = offset + len(items)
        return Recalled(
            items=items,
            question=asked.question,
            entries=ranking.stand.by_name(),
            bound=ranking.bound,
            effort=asked.effort,
            params=params,
            visits=ranking.visits,
            seconds=time.perf_counter() - begun,
            prompt=BETWEEN.join(item.passage for item in items),
            _asked=question,
            _next=following if following < len(ranking.ranked) else None,
            _graph=graph,
            _longer=answer,
        )

    return answer(wanted)


@dataclass(frozen=True)
class _Ranking:
    """All that an answer may list, best first, whatever part of it is a page."""

    stand: AnswerBasis
    scores: ContextScores | None
    values: FloatArray
    ranked: OffsetArray

    @classmethod
    def of(
        cls,
        graph: LinkView,
        asked: RecallRequest,
        params: RecallParams,
        begin: _Stand,
        progress: Progress | None,
    ) -> _Ranking:
        """Nothing is listed where no word of the question is known."""
        allowed = asked.list_filter.particles_in(graph)
        stand = AnswerBasis(graph, begin.shares, params)
        if not begin.shares:
            return cls(stand, None, np.zeros(0), NOBODY)
        scores = indexed_context_scores(
            graph,
            begin.shares,
            asked.effort,
            params.focus,
            beta=params.beta,
            progress=progress,
        )
        values = _values(graph, scores, begin, params)
        ranked = _rank(graph, values, begin, allowed, listed=asked.include_context)
        return cls(stand, scores, values, ranked)

    @property
    def bound(self) -> float:
        return 0.0 if self.scores is None else self.scores.bound

    @property
    def visits(self) -> int:
        return 0 if self.scores is None else self.scores.visits

    def page(
        self, offset: int, count: int, mmr: float | None, prompt: Prompt
    ) -> tuple[RecalledItem, ...]:
        """Up to ``count`` items from ``offset`` on, while the prompt has room for them."""
        if self.scores is None:
            return ()
        ranked = self.ranked
        if mmr is not None:
            ranked = diversify(self.stand.graph, ranked, mmr, offset + count)
        part = ranked[offset : offset + count]
        return _page(self.stand, self.scores, self.values, part, offset, prompt)


def context_of(
    graph: LinkView, asked: RecallRequest, index: Callable[[], EntryMoment]
) -> tuple[dict[int, float], RecallParams]:
    """What a question and a context name, as shares by index, and the parameters it was found with."""
    params = _verify_params(asked)
    _count(asked)
    return _shares(graph, asked, params, index).shares, params


def _shares(
    graph: LinkView, asked: RecallRequest, params: RecallParams, index: Callable[[], EntryMoment]
) -> _Stand:
    """Where an answer starts. No shares where no text has a word of the question."""
    said = asked.question is not None and bool(asked.question.strip())
    given: dict[int, float] = {}
    if asked.context is not None:
        weights = seed_weights(graph, asked.context)
        given = {graph.index(name): share for name, share in weights.items()}
    if not said:
        if not given:
            raise InputError(
                "recall needs a question that says something, or a context of particles"
            )
        return _Stand(given, {}, given, NOBODY)
    entries = index()
    named, names = {}, NOBODY
    if entries.question_names is not None:
        names = entries.question_names.other_names
        if params.question_names:
            named = shares_of_names(entries.question_names.find(str(asked.question)))
    particles, scores = entries.search(str(asked.question), params, {**given, **named})
    found = dict(
        zip(particles.tolist(), shares_of(scores, params.temperature).tolist(), strict=True)
    )
    stands = _join(given, named, 0.5) if given and named else given or named
    return _Stand(given, named, _join(found, stands, params.context_share), names)


def _join(one: dict[int, float], other: dict[int, float], part: float) -> dict[int, float]:
    """(1 − part)·one + part·other; all of one where the other is empty."""
    if not one or not other:
        return one or other
    shares = {at: (1.0 - part) * share for at, share in one.items()}
    for at, share in other.items():
        shares[at] = shares.get(at, 0.0) + part * share
    return {at: share for at, share in shares.items() if share > 0}


def _values(
    graph: LinkView, scores: ContextScores, begin: _Stand, params: RecallParams
) -> FloatArray:
    """What particles are listed by. All but whom the question names add up to 1; who is named has 1 more than these."""
    entries = np.array(list(begin.shares), dtype=np.int64)
    shares = np.array(list(begin.shares.values()))
    values = values_of(scores, entries, shares, params, _divisor(graph, scores, params))
    values = values / max(float(values.sum()), 1e-300)
    values[list(begin.named)] += 1.0
    return values


def _divisor(graph: LinkView, scores: ContextScores, params: RecallParams) -> FloatArray:
    """What a score is divided by, kept with the graph's focus: no question changes it."""
    kept: dict[float, tuple[FloatArray, FloatArray]] = graph.derived.setdefault("divisors", {})
    found = kept.get(params.popularity)
    if found is None or found[0] is not scores.known:
        found = scores.known, divisor_of(scores.known, params.popularity)
        kept.clear()
        kept[params.popularity] = found
    return found[1]


def _rank(
    graph: LinkView,
    values: FloatArray,
    begin: _Stand,
    allowed: BoolArray | None,
    *,
    listed: bool,
) -> OffsetArray:
    """What may be listed, best first: whom the question names, then the others.

    The explicit context is left out unless it is to be ``listed``: the asker has it already. So are mere names.
    """
    left_out = [*begin.names.tolist()] if listed else [*begin.names.tolist(), *begin.given]
    if left_out:
        allowed = np.ones(graph.particle_count, dtype=bool) if allowed is None else allowed
        allowed[left_out] = False
    return best_first(values, allowed)


def _page(
    stand: AnswerBasis,
    scores: ContextScores,
    values: FloatArray,
    ranked: OffsetArray,
    offset: int,
    prompt: Prompt,
) -> tuple[RecalledItem, ...]:
    """Items from ``ranked`` while the prompt has room for them."""
    items = list[RecalledItem]()
    particles, texts = stand.graph.particles, stand.graph.texts
    with np.errstate(divide="ignore"):
        relevance = np.log(scores.scores[ranked]) - np.log(scores.known[ranked])
    for rank, at in enumerate(ranked.tolist()):
        name = particles[at]
        text = "" if texts is None else str(texts[at])
        whole = passage(name, text)
        taken = prompt.take(whole)
        if taken is None:
            break
        items.append(
            RecalledItem(
                rank=offset + rank + 1,
                particle=name,
                score=float(scores.scores[at]),
                value=float(values[at]),
                bound=scores.bound,
                relevance=float(relevance[rank]),
                text=text if taken == whole else taken[len(label(name)) + 1 :],
                entry=stand.shares.get(at, 0.0),
                whole=taken == whole,
                _from=stand,
                _passage=taken,
            )
        )
    return tuple(items)


def _verify_params(asked: RecallRequest) -> RecallParams:
    """The parameters; raises ParameterError for what no question can be asked with, whether it finds anything."""
    if asked.question is not None and not isinstance(asked.question, str):
        raise ParameterError(f"a question is text, not {type(asked.question).__name__}")
    if asked.effort not in EFFORTS:
        raise ParameterError(f"no effort is named {asked.effort!r}; there are {', '.join(EFFORTS)}")
    if asked.params is not None and not isinstance(asked.params, RecallParams):
        raise ParameterError(f"params are RecallParams, not {type(asked.params).__name__}")
    return RecallParams() if asked.params is None else asked.params


def _count(asked: RecallRequest) -> int:
    """How many items a page has at most; raises ParameterError for another number than a page can have."""
    if asked.k is None:
        return COUNT if asked.budget_tokens is None else DEPTH
    try:
        wanted = operators.index(asked.k)
    except TypeError:
        wanted = 0
    if isinstance(asked.k, bool) or not 1 <= wanted <= DEPTH:
        raise ParameterError(f"recall lists 1 ≤ k ≤ {DEPTH} particles, k = {asked.k!r}")
    return wanted


def _fingerprint(
    asked: RecallRequest,
    begin: _Stand,
    params: RecallParams,
    mmr: float | None,
) -> bytes:
    """What all pages of an answer have in common. Shares are rounded: machines may differ in the last digits."""
    rounded = [
        [(at, round(share, 6)) for at, share in sorted(part.items())]
        for part in (begin.given, begin.shares)
    ]
    filters = (asked.list_filter.identity(), asked.include_context)
    return cursors.fingerprint(
        (asked.question, rounded, filters, asked.effort, mmr, astuple(params))
    )
