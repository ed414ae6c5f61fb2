"""Where new links go: to the shard of their source, which forwards what leads elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import shards_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.graph import Graph


@dataclass(frozen=True, slots=True)
class ShardLinks:
    """What came new to a shard: ``links`` out of its particles, of which ``crossing`` lead to other shards."""

    links: int
    crossing: int


def spread(graph: Graph, edges: Sequence[Sequence[Any]], count: int) -> tuple[ShardLinks, ...]:
    """How many of ``edges``, whose particles ``graph`` has, go to each of ``count`` shards. O(n + edges)."""
    if count == 1:
        return (ShardLinks(len(edges), 0),)
    shards = shards_of(graph.particles, count)
    source = np.array([graph.index(edge[0]) for edge in edges], dtype=np.int64)
    target = np.array([graph.index(edge[1]) for edge in edges], dtype=np.int64)
    home, away = shards[source], shards[target]
    links = np.bincount(home, minlength=count)
    crossing = np.bincount(home[home != away], minlength=count)
    return tuple(ShardLinks(*pair) for pair in zip(links.tolist(), crossing.tolist(), strict=True))
