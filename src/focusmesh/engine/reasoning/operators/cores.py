"""Core numbers: the largest k such that a particle is among particles of which each has k neighbours there.

Neighbours are those of links in either direction. Source: V. Batagelj and M. Zaveršnik, An O(m) algorithm for cores
decomposition of networks, arXiv cs/0310049.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.operators.adjacency import adjacency_of
from focusmesh.engine.reasoning.registry import Column, OperatorAtom
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS
from focusmesh.engine.support.selection import row_places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.support.arrays import OffsetArray


def core_numbers(start: OffsetArray, neighbour: OffsetArray) -> OffsetArray:
    """The core number of each particle, int64 (n,), for symmetric rows: neighbours of i from ``start[i]`` on. O(n + m).

    Who stands in a row twice counts twice.
    """
    if len(neighbour) < COMPILED_FROM_LINKS:
        return peel_by_layers(start, neighbour)
    from focusmesh.engine.reasoning.operators.cores_compiled import peel

    cores = np.zeros(len(start) - 1, dtype=np.int64)
    peel(start, neighbour, cores)
    return cores


def peel_by_layers(start: OffsetArray, neighbour: OffsetArray) -> OffsetArray:
    """The same without a compiler: all of least degree go at one time. O(n · largest core + m)."""
    degree = np.diff(start)
    cores, left = np.zeros(len(degree), dtype=np.int64), np.ones(len(degree), dtype=np.bool_)
    core, layer = 0, np.zeros(0, dtype=np.int64)
    while True:
        if not len(layer):
            if not left.any():
                return cores
            core = max(core, int(degree[left].min()))
            layer = np.flatnonzero(left & (degree <= core))
        cores[layer] = core
        left[layer] = False
        places, _ = row_places(start, layer)
        met = neighbour[places]
        np.subtract.at(degree, met, 1)
        layer = np.unique(met[left[met] & (degree[met] <= core)])


def _cores(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[OffsetArray, ...]:
    links = adjacency_of(snapshot).neighbours()
    cores = core_numbers(links.indptr.astype(np.int64), links.indices.astype(np.int64))
    return np.arange(len(cores)), cores


CORES = OperatorAtom(
    "cores",
    (Column("p", "particle"), Column("core", "number")),
    _cores,
)
