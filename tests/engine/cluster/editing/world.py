"""A graph in parts that threads hold, and the same graph as a dictionary that the dense oracle solves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from focusmesh import Graph
from focusmesh.engine.cluster import EditBatch, PartGraph, make_parts, operator_of_part
from focusmesh.engine.focus import dense_focus
from focusmesh.engine.focus.ranks import run_ranks

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh import FocusParams
    from focusmesh.engine.cluster import PartBest
    from focusmesh.engine.focus.ranks import ThreadRanks
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

Result = TypeVar("Result")

SECONDS = 60.0
PARTICLES = 24


@dataclass
class Model:
    """What the links are, pair by pair, between particles that are called 0, 1, …"""

    particles: int
    links: dict[tuple[int, int], float] = field(default_factory=dict)

    @classmethod
    def drawn(cls, seed: int, particles: int = PARTICLES, links: int = 70) -> Model:
        """A graph with hubs, dangling and isolated particles."""
        random = np.random.default_rng(seed)
        ends = (particles * random.random((links, 2)) ** 2).astype(int).tolist()
        drawn = zip(ends, random.uniform(0.1, 2.0, links).tolist(), strict=True)
        return cls(particles, {(a, b): weight for (a, b), weight in drawn if a != b})

    def graph(self) -> Graph:
        pairs = [pair for pair, weight in self.links.items() if weight > 0]
        weights = [self.links[pair] for pair in pairs]
        ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return Graph.from_edges(ends[:, 0], ends[:, 1], np.array(weights), particles=self.particles)

    def edited(self, edit: Edit) -> Model:
        """The same after an edit."""
        links = dict(self.links)
        for pair, weight in edit.pairs.items():
            links[pair] = weight + (links.get(pair, 0.0) if edit.adding else 0.0)
        return Model(self.particles + edit.fresh, links)

    def focus(self, params: FocusParams, seeds: dict[int, float] | None = None) -> FloatArray:
        """φ* by elimination, or that of a context with β = 1/2."""
        flat = np.full(self.particles, 1 / self.particles)
        teleport = flat if seeds is None else flat / 2
        for seed, share in (seeds or {}).items():
            teleport[seed] += share / 2
        return dense_focus(self.graph().links(), params, teleport, flat)


@dataclass(frozen=True)
class Edit:
    """One step of a script; ``fresh`` new particles are called n, n + 1, …"""

    pairs: dict[tuple[int, int], float]
    adding: bool
    fresh: int = 0


def by_ranks(model: Model, size: int, work: Callable[[PartGraph], Result]) -> list[Result]:
    """``work`` with each rank's share of the graph, all at once."""
    parts = make_parts(model.graph(), size, align=False)

    def opened(ranks: ThreadRanks) -> Result:
        part = parts[ranks.rank]
        return work(PartGraph(part, operator_of_part(part, ranks), ranks))

    return run_ranks(size, opened, SECONDS)


def batches(model: Model, script: list[Edit]) -> list[EditBatch]:
    """A script in numbers of particles: solver positions of ``model``, then new ones as they come."""
    position, known = model.graph().structure.position, model.particles

    def numbers(names: list[int]) -> OffsetArray:
        found = [int(position[name]) if name < model.particles else name for name in names]
        return np.array(found, dtype=np.int64)

    told = []
    for edit in script:
        fresh = tuple(range(known, known + edit.fresh))
        known += edit.fresh
        tails, heads = (numbers([pair[side] for pair in edit.pairs]) for side in (0, 1))
        weights = np.array(list(edit.pairs.values()), dtype=np.float64)
        told.append(EditBatch(tails, heads, weights, edit.adding, fresh))
    return told


def joined(told: list[PartBest], count: int) -> FloatArray:
    """Scores by particle, from what ranks listed."""
    scores = np.full(count, np.nan)
    for best in told:
        scores[np.array(best.names, dtype=np.int64)] = best.scores
    return scores
