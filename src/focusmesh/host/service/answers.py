"""From what the engine answers to records: names as JSON has them, numbers that JSON can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.recall import step_evidence
from focusmesh.host.service.particle_names import finite, in_json
from focusmesh.host.service.records.records import (
    AskedAnswer,
    ContextAnswer,
    Entry,
    ExplanationAnswer,
    Item,
    MentionRow,
    PathRecord,
    RecallAnswer,
    RecalledRow,
    Stop,
    WalkAnswer,
    WalkRecord,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.focus import Context, Explanation, Ranked, Walk, WalkSample, WalkStep
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.recall import AskedPath, AskStep, Evidence, Path, Recalled


def context_answer(root: str, height: int | None, found: Context) -> ContextAnswer:
    """See ``Graph.context``."""
    return ContextAnswer(
        root=root,
        height=height,
        seeds=[in_json(seed) for seed in found.seeds],
        beta=found.beta,
        effort=found.effort,
        bound=found.bound,
        settled=found.settled,
        visits=found.visits,
        items=[_item(ranked) for ranked in found.items],
        proved=found.proved,
    )


def recall_answer(
    root: str, height: int | None, found: Recalled, cursor: str | None, *, why: bool
) -> RecallAnswer:
    """See ``Graph.recall``; with ``why``, the path to each particle is worked out."""
    return RecallAnswer(
        root=root,
        height=height,
        question=found.question,
        entries=_entries(found.entries),
        effort=found.effort,
        bound=found.bound,
        visits=found.visits,
        items=[
            RecalledRow(
                rank=item.rank,
                particle=in_json(item.particle),
                score=item.score,
                value=item.value,
                relevance=finite(item.relevance),
                entry=item.entry,
                text=item.text,
                whole=item.whole,
                path=_path(item.path) if why else None,
                evidence=_mentions(item.evidence) if why else [],
            )
            for item in found
        ],
        prompt=found.prompt,
        cursor=cursor,
    )


def explanation_answer(
    root: str, height: int | None, found: Explanation, graph: LinkView
) -> ExplanationAnswer:
    """See ``focusmesh.explain``; ``graph`` has the texts that walks stand on."""
    return ExplanationAnswer(
        root=root,
        height=height,
        target=in_json(found.target),
        seeds=[in_json(seed) for seed in found.seeds],
        score=found.score,
        bound=found.bound,
        background=found.background,
        remainder=found.remainder,
        proven=found.proven,
        items=[
            WalkRecord(
                **_way(walk),
                share=walk.share,
                evidence=_mentions(step_evidence(graph, walk.particles)),
            )
            for walk in found.walks
        ],
    )


def walk_answer(root: str, height: int | None, found: WalkSample) -> WalkAnswer:
    """See ``Graph.walk``."""
    return WalkAnswer(
        root=root,
        height=height,
        seeds=[in_json(seed) for seed in found.seeds],
        temperature=found.temperature,
        seed=found.seed,
        candidates=found.k,
        effort=found.effort,
        beta=found.beta,
        items=[_stop(step) for step in found],
    )


def asked_answer(
    root: str, height: int | None, found: AskedPath, seed: int, temperature: float
) -> AskedAnswer:
    """See ``Graph.ask``."""
    return AskedAnswer(
        root=root,
        height=height,
        question=found.question,
        entries=_entries(found.entries),
        seed=seed,
        temperature=temperature,
        items=[_stop(step, text=step.text, path=_path(step.path)) for step in found],
    )


def _item(ranked: Ranked) -> Item:
    return Item(
        rank=ranked.rank,
        particle=in_json(ranked.particle),
        score=ranked.score,
        separated=ranked.separated,
        relevance=finite(ranked.relevance),
        bound=ranked.bound,
    )


def _entries(shares: Mapping[Hashable, float]) -> list[Entry]:
    return [Entry(particle=in_json(name), share=share) for name, share in shares.items()]


def _mentions(evidence: Iterable[Iterable[Evidence]]) -> list[MentionRow]:
    return [
        MentionRow(step=step, start=found.start, end=found.end, words=found.words)
        for step, places in enumerate(evidence)
        for found in places
    ]


def _path(path: Path | None) -> PathRecord | None:
    if path is None:
        return None
    return PathRecord(**_way(path))


def _way(led: Path | Walk) -> dict[str, Any]:
    """The particles that links lead along, with their directions and relations."""
    return {
        "particles": [in_json(name) for name in led.particles],
        "directions": list(led.directions),
        "relations": [[in_json(name) for name in step] for step in led.relations],
    }


def _stop(step: WalkStep | AskStep, **more: Any) -> Stop:
    return Stop(
        particle=in_json(step.particle),
        probability=step.probability,
        score=step.score,
        relevance=finite(step.relevance),
        bound=step.bound,
        **more,
    )
