"""The surroundings of a context: the particles that matter most from there, and the links between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph import Graph, Names
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.arrays import IndexArray
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.graph import LinkColumns
    from focusmesh.engine.progress import Progress

_TOLERANCE = 1e-6


def neighbourhood(
    graph: Graph,
    context: Iterable[Hashable] | Mapping[Any, float],
    count: int,
    params: FocusParams,
    beta: float,
    progress: Progress | None = None,
) -> tuple[Graph, tuple[Hashable, ...]]:
    """The graph of the ``count`` particles of most focus from ``context``, in their order, and the seeds.

    All seeds are among them. Raises UnknownParticleError or InputError for seeds, ParameterError for fewer than them.
    """
    focus = graph.focus(params, _TOLERANCE, context, beta=beta, progress=progress)
    if count < len(focus.seeds):
        raise ParameterError(f"{len(focus.seeds)} seeds do not fit into count = {count} particles")
    scores = focus.scores.copy()
    scores[[graph.index(name) for name in focus.seeds]] = np.inf
    kept = np.sort(np.argsort(-scores, kind="stable")[:count])
    return Graph.from_links(between(graph.links(), kept.astype(np.uint32))), focus.seeds


def between(links: LinkColumns, kept: IndexArray) -> LinkColumns:
    """The links between the particles ``kept`` (ascending), which are numbered anew."""
    place = np.full(len(links.particles), len(kept), dtype=np.uint32)
    place[kept] = np.arange(len(kept), dtype=np.uint32)
    chosen = links.where(np.maximum(place[links.source], place[links.target]) < len(kept))
    texts = links.texts
    return replace(
        chosen,
        particles=Names.of([links.particles[int(i)] for i in kept]),
        source=place[chosen.source],
        target=place[chosen.target],
        texts=None if texts is None else Names.texts(str(texts[int(i)]) for i in kept),
    )
