"""A graph with something to learn: circles of friends, of whom most know each other."""

from __future__ import annotations

import numpy as np

from focusmesh import Graph


def circles(count: int = 4, size: int = 8, seed: int = 3) -> Graph:
    """``count`` circles; two of one circle are linked with probability 0.6, two of different ones with 0.02.

    What goes over from circle to circle has a relation of its own, which says nothing of the circles.
    """
    random = np.random.default_rng(seed)
    edges = []
    for one in range(count * size):
        for other in range(count * size):
            same = one // size == other // size
            if one != other and random.random() < (0.6 if same else 0.02):
                edges.append((f"p{one}", f"p{other}", 1.0, "knows" if same else "meets"))
    source, target, weight, relation = zip(*edges, strict=True)
    return Graph.from_edges(source, target, weight, relation)
