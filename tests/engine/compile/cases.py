"""Graphs that compiled models are tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh import FocusParams, Graph

if TYPE_CHECKING:
    from collections.abc import Callable

PARAMS = {
    "default": FocusParams(),
    "pagerank": FocusParams.pagerank(),
    "no terms": FocusParams(terms=0),
    "springs": FocusParams(alpha=0.3, diffusion=0.4, springs=0.6, heat=0.0, mu=0.5, terms=3),
}


def random_graph(count: int = 40, links: int = 120, seed: int = 3, relations: int = 3) -> Graph:
    """Some particles dangle, some are isolated, some pairs have links of several relations."""
    random = np.random.default_rng(seed)
    source = random.integers(0, max(1, count - 4), links)
    target = random.integers(0, max(1, count - 2), links)
    weight = random.random(links) + 0.1
    names = [f"relation {i}" for i in random.integers(0, relations, links)]
    return Graph.from_edges(source, target, weight, names, particles=count)


def chain() -> Graph:
    """Names, and links without labels."""
    return Graph.from_edges(["a", "b", "c"], ["b", "c", "d"], [1.0, 2.0, 1e-30])


def one() -> Graph:
    """One particle, no links."""
    return Graph.from_edges([], [], particles=["alone"])


def unlinked() -> Graph:
    """Links of weight 0 and to themselves: none that rank."""
    return Graph.from_edges(["a", "b"], ["a", "c"], [1.0, 0.0], ["self", "nothing"])


def star() -> Graph:
    """One particle that all others link to."""
    return Graph.from_edges(range(1, 30), [0] * 29)


GRAPHS: dict[str, Callable[[], Graph]] = {
    "random": random_graph,
    "chain": chain,
    "one": one,
    "unlinked": unlinked,
    "star": star,
}

LOW_RANK: list[dict[str, Any]] = [
    {"form": "dense", "method": "svd", "rank": 6},
    {"form": "dense", "method": "nmf", "rank": 6},
    {"form": "dense", "method": "sparse+lowrank", "rank": 6},
    {"form": "edges", "method": "svd", "rank": 6},
]
FORMS: list[dict[str, Any]] = [{"form": "dense"}, {"form": "edges"}]
