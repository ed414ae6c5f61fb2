"""Walks drawn at random from the focus of a context that grows with every step (docs/how-to/walks.md)."""

from __future__ import annotations

import math
import operator as operators
import time
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.context.answer import relevance_of
from focusmesh.engine.focus.context.context import verified_context
from focusmesh.engine.focus.context.push import Query
from focusmesh.engine.focus.context.seed_vector import standpoint_of
from focusmesh.engine.focus.context.walk_sampler import Sampler
from focusmesh.engine.focus.operator.params import FocusParams
from focusmesh.engine.focus.solve.solve import seed_weights
from focusmesh.engine.support.displays import display
from focusmesh.engine.support.progress import Progress, Throttle
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from focusmesh.engine.focus.context.seed_vector import Standpoint
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class WalkStep:
    """A particle that was drawn and joined the context.

    ``probability`` is what it was drawn with among the candidates, ``score`` its focus before it joined, ``relevance``
    ln(score / global score). All scores it was drawn from are off by at most ``bound`` in L1 together.
    """

    particle: Hashable
    probability: float
    score: float
    relevance: float
    bound: float


@dataclass(frozen=True, repr=False)
class WalkSample:
    """A walk from ``seeds``, drawn at ``temperature`` among ``k`` candidates a step; the same for the same ``seed``.

    It has fewer steps than asked for where no other particle has a positive score. ``seconds`` is wall time.
    """

    steps: tuple[WalkStep, ...]
    seeds: tuple[Hashable, ...]
    temperature: float
    seed: int
    k: int
    effort: str
    beta: float
    params: FocusParams
    seconds: float

    @property
    def particles(self) -> tuple[Hashable, ...]:
        """What was drawn, in order."""
        return tuple(step.particle for step in self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[WalkStep]:
        return iter(self.steps)

    def __repr__(self) -> str:
        seeds = ", ".join(map(repr, self.seeds))
        return f"<WalkSample {' → '.join([seeds, *map(repr, self.particles)])}>"

    def _repr_html_(self) -> str:
        return str(display("html", self))


def graph_walk(
    graph: LinkView,
    context: Iterable[Hashable] | Mapping[Any, float],
    steps: int = 8,
    temperature: float = 1.0,
    seed: int = 0,
    *,
    k: int = 20,
    effort: str = "balanced",
    params: FocusParams | str | None = None,
    beta: float = 0.5,
    tolerance: float = 1e-6,
    progress: Progress | None = None,
) -> WalkSample:
    """See ``Graph.walk``."""
    length, number = _whole("steps", steps, 0), _whole("seed", seed)
    wanted, warmth = verified_context(k, effort, beta, tolerance), _warmth(temperature)
    begun = time.perf_counter()
    chosen = FocusParams.of(params)
    shares = seed_weights(graph, context)
    structure = graph.structure
    seeds = structure.position[[graph.index(name) for name in shares]].astype(np.int64)
    query = Query(seeds, np.array(list(shares.values())), wanted, beta, effort, tolerance)
    sampler = Sampler(graph.particles, structure.order, wanted, warmth, number)
    throttle = Throttle(progress, "walking", length, "steps")
    taken: list[WalkStep] = []
    with standpoint_of(graph, chosen, query, progress) as (standpoint, known):
        for step in islice(_draw_steps(sampler, standpoint, known, seeds.tolist()), length):
            taken.append(step)
            throttle.at(len(taken))
    return WalkSample(
        steps=tuple(taken),
        seeds=tuple(shares),
        temperature=warmth,
        seed=number,
        k=wanted,
        effort=effort,
        beta=beta,
        params=chosen,
        seconds=time.perf_counter() - begun,
    )


def _draw_steps(
    sampler: Sampler, standpoint: Standpoint, known: FloatArray, seeds: list[int]
) -> Iterator[WalkStep]:
    """Steps until nothing is left to draw. A particle that joins weighs as much as a seed does on average."""
    context, weight = set(seeds), 1.0 / len(seeds)
    for number in count():
        drawn = sampler.draw(standpoint, context, number)
        if drawn is None:
            return
        one, probability = drawn
        yield WalkStep(
            particle=sampler.particles[int(sampler.order[one.position])],
            probability=probability,
            score=one.score,
            relevance=relevance_of(one.score, float(known[one.position])),
            bound=standpoint.bound,
        )
        context.add(one.position)
        standpoint.join(one.position, weight)


def _whole(what: str, value: Any, least: int | None = None) -> int:
    """``value`` as an int; raises ParameterError where it is none or below ``least``."""
    try:
        number = operators.index(value)
    except TypeError as error:
        raise ParameterError(f"a walk needs an integer for {what}, {what} = {value!r}") from error
    if least is not None and number < least:
        raise ParameterError(f"a walk needs {what} ≥ {least}, {what} = {value!r}")
    return number


def _warmth(temperature: Any) -> float:
    """``temperature`` as a float; raises ParameterError unless it is finite and ≥ 0."""
    try:
        value = float(temperature)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value < math.inf:
        raise ParameterError(
            f"a walk needs a finite temperature ≥ 0, temperature = {temperature!r}"
        )
    return value
