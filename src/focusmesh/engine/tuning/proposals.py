"""Proposals: links that a graph lacks, as somebody can review them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links import label
from focusmesh.engine.tuning.split import ends_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.compile import CompiledModel, Heads
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.tuning.extraction import Pairs

_SHOWN = 3


@dataclass(frozen=True)
class Proposal:
    """A link from ``source`` to ``target`` that might be meant.

    ``relation`` is the one that the links of both ends speak for most, ``weight`` the median weight of its links,
    ``score`` what the pair was ranked by, and ``why`` what lies between the two.
    """

    source: Hashable
    target: Hashable
    relation: Hashable
    weight: float
    score: float
    why: str

    @property
    def edge(self) -> tuple[Hashable, Hashable, float, Hashable | None]:
        """As ``Graph.update`` takes it."""
        return self.source, self.target, self.weight, None if self.relation == "" else self.relation


def propose(model: CompiledModel, pairs: Pairs) -> list[Proposal]:
    """Pairs with what they say to a reader. O(m) for each of those that nothing lies close between."""
    heads, names = model.heads, model.particles
    usual, beside, labels = _Usual(heads), _beside(heads), [label(name) for name in names]
    found = []
    for place in range(len(pairs.source)):
        source, target = int(pairs.source[place]), int(pairs.target[place])
        relation, weight = usual.of(source, target)
        found.append(
            Proposal(
                source=names[source],
                target=names[target],
                relation=heads.relations[relation],
                weight=weight,
                score=float(pairs.score[place]),
                why=_why(beside, source, target, labels),
            )
        )
    return found


class _Usual:
    """What the links of a particle are like: relations of those that leave and those that arrive."""

    def __init__(self, heads: Heads) -> None:
        source, target = ends_of(heads)
        relation = heads.row_head[heads.row].astype(np.int64)
        shape = heads.particle_count, heads.head_count
        self._leaves, self._arrives = np.zeros(shape), np.zeros(shape)
        np.add.at(self._leaves, (source, relation), 1.0)
        np.add.at(self._arrives, (target, relation), 1.0)
        amounts = np.exp(heads.logit)
        self._weight = [float(np.median(amounts[relation == at])) for at in range(heads.head_count)]

    def of(self, source: int, target: int) -> tuple[int, float]:
        """The relation most usual both from ``source`` and to ``target``, and its usual weight."""
        leaves, arrives = _shares(self._leaves[source]), _shares(self._arrives[target])
        # Where no relation both leaves the one and arrives at the other, the sum decides, and the commoner one of all.
        usual = (
            leaves * arrives + 1e-3 * (leaves + arrives) + 1e-6 * _shares(self._leaves.sum(axis=0))
        )
        at = int(np.argmax(usual))
        return at, round(self._weight[at], 12)


def _shares(counts: FloatArray) -> FloatArray:
    shares: FloatArray = counts / max(counts.sum(), 1.0)
    return shares


def _beside(heads: Heads) -> list[list[int]]:
    """The neighbours of each particle, either way, ascending."""
    beside: list[list[int]] = [[] for _ in range(heads.particle_count)]
    for one, other in zip(heads.first.tolist(), heads.second.tolist(), strict=True):
        beside[one].append(other)
        beside[other].append(one)
    return [sorted(each) for each in beside]


def _why(beside: list[list[int]], source: int, target: int, names: list[str]) -> str:
    """The neighbours that both have, the rarest first; else the shortest way."""
    common = sorted(set(beside[source]) & set(beside[target]), key=lambda at: (len(beside[at]), at))
    if common:
        more = f" and {len(common) - _SHOWN:,} more" if len(common) > _SHOWN else ""
        return f"both linked with {', '.join(names[at] for at in common[:_SHOWN])}{more}"
    way = _way(beside, source, target)
    return f"by way of {', '.join(names[at] for at in way)}" if way else "nothing links them"


def _way(beside: list[list[int]], source: int, target: int) -> list[int]:
    """What lies on a shortest way between two particles; nothing where there is none."""
    came, waiting = {source: source}, deque([source])
    while waiting and target not in came:
        at = waiting.popleft()
        for other in beside[at]:
            if other not in came:
                came[other] = at
                waiting.append(other)
    way = []
    at = came.get(target, source)
    while at != source:
        way.append(at)
        at = came[at]
    return way[::-1]
