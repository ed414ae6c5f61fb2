"""``advance``: from one graph to the next, with the focus of the next one and the certificate of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.focus import EPSILON, certify, certify_by_shards
from focusmesh.engine.pipeline.link_routing import spread
from focusmesh.engine.pipeline.rules import Queued, Ran
from focusmesh.engine.rewrite import compose, read_book
from focusmesh.engine.support.parallel import limited
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from focusmesh.engine.focus import Certificate, Focus, FocusParams
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.pipeline.link_routing import ShardLinks
    from focusmesh.engine.pipeline.rules import Rule
    from focusmesh.engine.support.progress import Progress

STAGES = ("scatter", "dispatch", "links", "focus", "certificate")
"""What follows what, see ``advance``."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """The next ``graph`` with its ``focus`` and its ``certificate``.

    ``links`` are what came new, as rows of ``Graph.update``: those of the deltas, then those of the rules. ``rules``
    has what each rule came to, ``shards`` what went to each shard, ``seconds`` what each of STAGES took.
    """

    graph: Graph
    focus: Focus
    certificate: Certificate
    links: tuple[tuple[Any, ...], ...]
    rules: tuple[Ran, ...]
    shards: tuple[ShardLinks, ...]
    evaluator: str
    seconds: dict[str, float]


def advance(
    graph: Graph,
    deltas: Iterable[Sequence[Any]] = (),
    rules: Iterable[Rule] = (),
    *,
    evaluator: str = "lazy",
    backend: str = "auto",
    shards: int = 1,
    params: FocusParams | None = None,
    weight_unit: float | None = None,
    epsilon: float = EPSILON,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Advanced:
    """Works out what a block would: new links, given and by rule, the focus of all, and its certificate.

    *scatter*: rules are read and queued. *dispatch*: the ``evaluator`` ("lazy", "bulk", …) runs them until the queue is
    empty. *links*: what they yield joins ``deltas``, rows of source, target and if need be weight and relation as for
    ``Graph.update``; all of it is added to a copy, link by link in the shard of its source (murmur3-64 of its digest).
    *focus*: it is solved on ``backend``, see ``Graph.focus``. *certificate*: its residual is proved to be at most
    ``epsilon`` in integers, by ``shards`` shards where that is more than one.

    ``graph`` itself stays as it is, whatever happens. Raises InputError for links that cannot be, ProgramError,
    LinkProgramError, FuelError and MemoryLimitError of rules, and what ``Graph.focus`` and ``certify`` raise.
    """
    if shards < 1:
        raise ParameterError(f"shards must be ≥ 1, shards = {shards}")
    clock = _Clock()
    with limited(threads):
        edges = [tuple(edge) for edge in deltas]
        queue = [_enqueue(rule) for rule in rules]
        clock.lap("scatter")
        ran = _dispatch(queue, edges, evaluator, progress)
        clock.lap("dispatch")
        after = graph.copy()
        after.update(edges)
        spreading = spread(after, edges, shards)
        clock.lap("links")
        focus = after.focus(params, backend=backend, progress=progress)
        clock.lap("focus")
        unit = weight_unit
        if shards == 1:
            certificate = certify(
                after, focus, weight_unit=unit, epsilon=epsilon, backend=backend, progress=progress
            )
        else:
            certificate = certify_by_shards(
                after, shards, focus, weight_unit=unit, epsilon=epsilon, progress=progress
            ).certificate
        clock.lap("certificate")
    return Advanced(
        graph=after,
        focus=focus,
        certificate=certificate,
        links=tuple(edges),
        rules=ran,
        shards=spreading,
        evaluator=evaluator,
        seconds=clock.seconds,
    )


def _enqueue(rule: Rule) -> Queued:
    composed = compose(rule.program, rule.names, rule.lists)
    return Queued(rule, composed, read_book(composed.text))


def _dispatch(
    queue: Sequence[Queued],
    edges: list[tuple[Any, ...]],
    evaluator: str,
    progress: Progress | None,
) -> tuple[Ran, ...]:
    """Runs what is queued; its links join ``edges``."""
    told = Throttle(progress, "running rules", len(queue), "rules")
    ran = []
    for queued in queue:
        begun = time.perf_counter()
        found = queued.run(evaluator)
        edges += queued.edges(found)
        interactions = found.statistics.interactions
        ran.append(Ran(len(found.source), interactions, time.perf_counter() - begun))
        told.at(len(ran))
    told.finish(len(ran))
    return tuple(ran)


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """The stage has ended."""
        now = time.perf_counter()
        self.seconds[stage], self._since = now - self._since, now
