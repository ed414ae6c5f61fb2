"""The surroundings of a context: the particles that matter most from there, and the links between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import graph_focus
from focusmesh.engine.links import LinkStore, LinkView, Names, snapshot_from_columns
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import IndexArray
    from focusmesh.engine.support.progress import Progress

_TOLERANCE = 1e-6


def neighbourhood(
    graph: LinkView,
    context: Iterable[Hashable] | Mapping[Any, float],
    count: int,
    params: FocusParams,
    beta: float,
    progress: Progress | None = None,
) -> tuple[LinkView, tuple[Hashable, ...]]:
    """The graph of the ``count`` particles of most focus from ``context``, in their order, and the seeds.

    All seeds are among them. Raises UnknownParticleError or InputError for seeds, ParameterError for fewer than them.
    """
    focus = graph_focus(graph, params, _TOLERANCE, context, beta=beta, progress=progress)
    if count < len(focus.seeds):
        raise ParameterError(f"{len(focus.seeds)} seeds do not fit into count = {count} particles")
    scores = focus.scores.copy()
    scores[[graph.index(name) for name in focus.seeds]] = np.inf
    kept = np.sort(np.argsort(-scores, kind="stable")[:count])
    near = between(graph.links(), kept.astype(np.uint32))
    return LinkStore(snapshot_from_columns(near)), focus.seeds


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
        properties=None,
    )
