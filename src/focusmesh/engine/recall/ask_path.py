"""Ask: a walk that begins at what a question names, told as a path of particles with their texts.

Nothing is written that is not in the graph: what comes out are particles, in the order in which attention went.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.focus import graph_walk
from focusmesh.engine.recall.paths import shortest_path
from focusmesh.engine.recall.recall import context_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from focusmesh.engine.focus import WalkSample, WalkStep
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.recall.entries import EntryMoment
    from focusmesh.engine.recall.paths import Path
    from focusmesh.engine.recall.recall import RecallRequest
    from focusmesh.engine.support.progress import Progress


@dataclass(frozen=True, slots=True)
class AskStep:
    """A particle that was come upon. ``probability``: what it was drawn with, 1 for the entry that the walk begins at.

    ``score``, ``relevance`` and ``bound`` are those of a ``WalkStep``, None for the entry. ``path`` leads here from
    the nearest of what was named or come upon before; None where nothing of that is near.
    """

    particle: Hashable
    text: str
    probability: float
    score: float | None
    relevance: float | None
    bound: float | None
    path: Path | None


@dataclass(frozen=True)
class AskedPath:
    """Where a question led: ``steps`` in order, the best entry first; none where no text has a word of it."""

    question: str
    entries: dict[Hashable, float]
    steps: tuple[AskStep, ...]
    sample: WalkSample | None

    @property
    def particles(self) -> tuple[Hashable, ...]:
        """What was come upon, in order."""
        return tuple(step.particle for step in self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[AskStep]:
        return iter(self.steps)


def ask_graph(
    graph: LinkView,
    asked: RecallRequest,
    index: Callable[[], EntryMoment],
    steps: int,
    temperature: float,
    seed: int,
    candidates: int,
    progress: Progress | None = None,
) -> AskedPath:
    """See ``Graph.ask``; ``graph`` is one moment of it."""
    shares, params = context_of(graph, asked, index)
    entries = {graph.particles[at]: share for at, share in shares.items()}
    if not shares:
        return AskedPath(str(asked.question), entries, (), None)
    sample = graph_walk(
        graph,
        entries,
        steps,
        temperature,
        seed,
        k=candidates,
        effort=asked.effort,
        params=params.focus,
        beta=params.beta,
        progress=progress,
    )
    first = max(shares, key=lambda at: (shares[at], -at))
    told = [
        AskStep(
            particle=graph.particles[first],
            text=graph.text(graph.particles[first]),
            probability=1.0,
            score=None,
            relevance=None,
            bound=None,
            path=shortest_path(graph, {first: 1.0}, first),
        )
    ]
    behind = dict(shares)
    for step in sample:
        told.append(_ask_step(graph, step, behind))
        behind[graph.index(step.particle)] = 0.0
    return AskedPath(str(asked.question), entries, tuple(told), sample)


def _ask_step(graph: LinkView, step: WalkStep, behind: dict[int, float]) -> AskStep:
    at = graph.index(step.particle)
    return AskStep(
        particle=step.particle,
        text=graph.text(step.particle),
        probability=step.probability,
        score=step.score,
        relevance=step.relevance,
        bound=step.bound,
        path=shortest_path(graph, behind, at),
    )
