"""What matters from where someone stands (docs/explanation/contexts.md), in milliseconds on millions of links.

``fast`` pushes mass from the seeds along a few ten thousand links, ``balanced`` pushes more or sweeps all links twice,
``exact`` solves from there; graphs below 100,000 links are solved at once. Whatever the effort, the answer says how far
it can be off and whether that settles the order.
"""

from __future__ import annotations

import operator as operators
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.context.answer import Context, ContextScores, relevance_of
from focusmesh.engine.focus.context.effort import (
    EFFORTS,
    all_scores,
    answers,
    together,
)
from focusmesh.engine.focus.context.push import Query
from focusmesh.engine.focus.context.standing import Standing
from focusmesh.engine.focus.devices.backend import AUTO
from focusmesh.engine.focus.operator.params import FocusParams, verify_beta, verify_tolerance
from focusmesh.engine.focus.operator.vectors import rearrange
from focusmesh.engine.focus.solve.estimate import CONTEXTS
from focusmesh.engine.focus.solve.result import Ranked
from focusmesh.engine.focus.solve.solve import (
    distribution,
    graph_estimate,
    normalise_shares,
    seed_weights,
)
from focusmesh.engine.support.parallel import even_chunks, run
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.focus.context.answer import BestParticles
    from focusmesh.engine.focus.solve.kept_foci import KeptFoci
    from focusmesh.engine.links import LinkView, Names
    from focusmesh.engine.support.progress import Progress


def graph_contexts(
    graph: LinkView,
    contexts: Iterable[Iterable[Hashable] | Mapping[Any, float]],
    k: int = 20,
    effort: str = "balanced",
    params: FocusParams | str | None = None,
    *,
    beta: float = 0.5,
    tolerance: float = 1e-6,
    u: Any = None,
    u0: Any = None,
    backend: str = AUTO,
    progress: Progress | None = None,
) -> list[Context]:
    """See ``Graph.contexts``. What later contexts share is kept with the links."""
    wanted = verified_context(k, effort, beta, tolerance)
    shares = [seed_weights(graph, seeds) for seeds in contexts]
    chosen = FocusParams.of(params)
    standing = shared_standing(graph, chosen, u, u0, progress, backend)

    def some(part: slice) -> list[Context]:
        begun = time.perf_counter()
        queries = [
            _query(standing, _by_index(graph, seeds), wanted, beta, effort, tolerance)
            for seeds in shares[part]
        ]
        found = answers(standing, queries, progress)
        return [
            _context(graph.particles, standing, query, one, tuple(seeds), begun)
            for query, one, seeds in zip(queries, found, shares[part], strict=True)
        ]

    parts = [slice(*span) for span in even_chunks(len(shares), together(standing, effort))]
    side_by_side = effort == "fast" and standing.device is None
    if side_by_side and standing.prior is not None:
        _ = standing.pairs  # worked out once, not by each thread
    answered = run(some, parts) if side_by_side else [some(part) for part in parts]
    return [context for part in answered for context in part]


def context_scores(
    graph: LinkView,
    seeds: Iterable[Hashable] | Mapping[Any, float],
    effort: str = "balanced",
    params: FocusParams | str | None = None,
    *,
    beta: float = 0.5,
    tolerance: float = 1e-6,
    progress: Progress | None = None,
) -> ContextScores:
    """Every score of the context ``seeds``: what ``Graph.context`` lists the best of. O(n) beside the effort.

    Errors and other arguments are those of ``graph_contexts``.
    """
    shares = _by_index(graph, seed_weights(graph, seeds))
    return indexed_context_scores(
        graph, shares, effort, params, beta=beta, tolerance=tolerance, progress=progress
    )


def indexed_context_scores(
    graph: LinkView,
    amounts: Mapping[int, float],
    effort: str = "balanced",
    params: FocusParams | str | None = None,
    *,
    beta: float = 0.5,
    tolerance: float = 1e-6,
    progress: Progress | None = None,
) -> ContextScores:
    """The same from particles by index, with amounts ≥ 0."""
    verified_context(1, effort, beta, tolerance)
    chosen = FocusParams.of(params)
    standing = shared_standing(graph, chosen, None, None, progress)
    shares = normalise_shares(amounts)
    query = _query(standing, shares, 1, beta, effort, tolerance)
    scores, bound, visits = all_scores(standing, query, progress)
    position = standing.operator.structure.position
    return ContextScores(rearrange(scores, position), standing.focus.scores, bound, visits)


def shared_standing(
    graph: LinkView,
    params: FocusParams,
    u: Any,
    u0: Any,
    progress: Progress | None,
    backend: str = AUTO,
) -> Standing:
    """What contexts under these parameters share: kept with the links, or worked out and put there."""
    particles = graph.particles
    prints = _fingerprint("u", u, particles), _fingerprint("u0", u0, particles)
    key = (params, *prints) if backend == AUTO else (params, *prints, backend)
    standings: dict[Hashable, Standing] = graph.derived.setdefault("standings", {})
    standing = standings.get(key)
    if standing is None:
        graph_estimate(graph, params, work=CONTEXTS, backend=backend).verify()
        standing = Standing.on(graph, params, u, u0, backend=backend, progress=progress)
        standings[key] = standing
    return standing


def solve_kept(graph: LinkView, params: FocusParams, progress: Progress | None = None) -> KeptFoci:
    """What contexts under these parameters share, for later processes to begin with. O(m) for some tens of passes."""
    return shared_standing(graph, params, None, None, progress).foci()


def verified_context(k: int, effort: str, beta: float, tolerance: float) -> int:
    """``k`` as an int; raises ParameterError for what a context cannot be asked."""
    try:
        wanted = operators.index(k)
    except TypeError:
        wanted = 0
    if wanted < 1 or isinstance(k, bool):
        raise ParameterError(f"a context lists k ≥ 1 particles, k = {k!r}")
    if effort not in EFFORTS:
        raise ParameterError(f"no effort is named {effort!r}; there are {', '.join(EFFORTS)}")
    verify_beta(beta)
    verify_tolerance(tolerance)
    return wanted


def _by_index(graph: LinkView, shares: Mapping[Hashable, float]) -> dict[int, float]:
    return {graph.index(name): share for name, share in shares.items()}


def _query(
    standing: Standing,
    shares: Mapping[int, float],
    k: int,
    beta: float,
    effort: str,
    tolerance: float,
) -> Query:
    at = standing.operator.structure.position[list(shares)].astype(np.int64)
    return Query(at, np.array(list(shares.values())), k, beta, effort, tolerance)


def _fingerprint(what: str, values: Any, particles: Names) -> bytes | None:
    """What tells one teleport from another; None for the default."""
    from hashlib import blake2b

    if values is None:
        return None
    return blake2b(distribution(what, values, particles).tobytes()).digest()


def _context(
    particles: Names,
    standing: Standing,
    query: Query,
    found: BestParticles,
    seeds: tuple[Hashable, ...],
    begun: float,
) -> Context:
    listed = found.best[: query.k]
    known = standing.scores[listed].tolist()
    rows = zip(
        standing.operator.structure.order[listed].tolist(),
        found.scores.tolist(),
        found.order_proof(query.k).tolist(),
        known,
        found.item_bounds.tolist(),
        strict=False,
    )
    items = tuple(
        Ranked(rank, particles[at], score, apart, relevance_of(score, before), bound)
        for rank, (at, score, apart, before, bound) in enumerate(rows, 1)
    )
    return Context(
        items=items,
        bound=found.bound,
        settled=found.is_settled(query.k),
        effort=query.effort,
        visits=found.visits,
        seconds=time.perf_counter() - begun,
        seeds=seeds,
        beta=query.beta,
        params=standing.operator.params,
    )
