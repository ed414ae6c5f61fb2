"""Distinct neighbours of every node, and breadth-first search over them, a layer at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.support.selection import row_places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.support.arrays import BoolArray, IndexArray, OffsetArray


class Layer(NamedTuple):
    """Nodes at one distance in the order in which they are met, and for each the node it was met from."""

    nodes: OffsetArray
    parents: OffsetArray


class Neighbours:
    """Row i, ``target[start[i]:start[i + 1]]``, has the distinct neighbours of node i in the order of the adjacency."""

    def __init__(self, count: int, source: IndexArray, target: IndexArray) -> None:
        """Rows of entries whose sources ascend and whose equal pairs stand together."""
        fresh = first_of_pairs(source, target)
        self.source, self.target = source[fresh], target[fresh].astype(np.int64)
        counts = np.bincount(self.source, minlength=count)
        self.start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

    @classmethod
    def backward(cls, count: int, source: IndexArray, target: IndexArray) -> Neighbours:
        """The same entries from target to source."""
        order = np.lexsort((source, target))
        return cls(count, target[order], source[order])

    def layers(self, starts: OffsetArray) -> Iterator[Layer]:
        """``starts`` and then, layer by layer, what is met from there. O(n + m) in all."""
        seen = np.zeros(len(self.start) - 1, dtype=np.bool_)
        layer = Layer(starts, starts)
        while len(layer.nodes):
            seen[layer.nodes] = True
            yield layer
            places, counts = row_places(self.start, layer.nodes)
            parents, children = np.repeat(layer.nodes, counts), self.target[places]
            new = np.flatnonzero(~seen[children])
            _, first = np.unique(children[new], return_index=True)
            met = new[np.sort(first)]
            layer = Layer(children[met], parents[met])


def first_of_pairs(source: IndexArray, target: IndexArray) -> BoolArray:
    """For each entry whether it is the first of its pair, where equal pairs stand together."""
    first = np.ones(len(source), dtype=np.bool_)
    first[1:] = (source[1:] != source[:-1]) | (target[1:] != target[:-1])
    return first
