"""Graphs whose parts threads hold, and what one machine makes of the same graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from focusmesh import Graph
from focusmesh.engine.cluster import make_parts
from focusmesh.engine.focus.ranks import run_ranks

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.cluster import Part
    from focusmesh.engine.focus.ranks import ThreadRanks

Result = TypeVar("Result")

SECONDS = 60.0


def drawn(
    particles: int, links: int, seed: int = 1, weights: str = "whole", *, both: bool = False
) -> Graph:
    """Hubs, dangling and isolated particles; weights "none", "whole" or "real"; ``both`` ways where asked for."""
    random = np.random.default_rng(seed)
    source, target = (particles * random.random((2, links)) ** 2.5).astype(np.int64)
    shuffled = random.permutation(particles)
    source, target = shuffled[source], shuffled[target]
    weight: Any = {
        "none": None,
        "whole": random.integers(1, 9, links).astype(np.float64),
        "real": random.uniform(0.1, 1, links).astype(np.float32),
    }[weights]
    if both:
        source, target = np.append(source, target), np.append(target, source)
        weight = None if weight is None else np.append(weight, weight)
    return Graph.from_edges(source, target, weight, particles=particles)


def on_ranks(
    graph: Graph, count: int, work: Callable[[Part, ThreadRanks], Result], *, align: bool = True
) -> list[Result]:
    """``work`` of each of ``count`` parts, on all ranks at once."""
    parts = make_parts(graph, count, align=align)
    return run_ranks(count, lambda ranks: work(parts[ranks.rank], ranks), SECONDS)
