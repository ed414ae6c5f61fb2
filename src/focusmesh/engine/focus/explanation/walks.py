"""Best-first search for the strongest walks to a target, with an admissible guide."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.explanation.walk_guide import Guide

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

_SLACKS = (4.0, 0.5)
_NEGLIGIBLE = 1e-6
_CHILDREN_MAX = 512


@dataclass(frozen=True, slots=True)
class FoundWalk:
    """A walk as solver positions and the share of the score that it carries."""

    positions: tuple[int, ...]
    share: float


@dataclass(frozen=True, slots=True)
class _Node:
    """A sequence of particles that was walked, and the mass that walked it.

    ``mass[0]`` stands at the last particle between steps of M; ``mass[r]`` has r undirected steps of a run to go.
    """

    at: int
    mass: FloatArray
    parent: _Node | None

    def positions(self) -> tuple[int, ...]:
        """The particles from the seed to here."""
        walked, node = [self.at], self.parent
        while node is not None:
            walked.append(node.at)
            node = node.parent
        return tuple(reversed(walked))


@dataclass(frozen=True, slots=True)
class _Branch:
    """The children of a node, best first, of which the next is ``rank``."""

    parent: _Node | None
    ats: OffsetArray
    masses: FloatArray
    worth: FloatArray
    rank: int


class WalkSearch:
    """Walks from ``starts`` (solver position → mass) to ``target`` (one) under R on ``structure``."""

    def __init__(
        self,
        structure: Structure,
        params: FocusParams,
        starts: dict[int, float],
        target: int,
        progress: Progress | None = None,
    ) -> None:
        self._structure = structure
        self._params = params
        self._starts = starts
        self._target = target
        self._coefficients: FloatArray = np.array(params.coefficients or (0.0,))
        self._runs = max(len(self._coefficients) - 1, 1)
        self._rough = Guide(structure, params, np.array(list(starts)), target, progress)

    def strongest(self, wanted: int, expansions: int) -> tuple[list[FoundWalk], bool]:
        """The ``wanted`` strongest walks, and whether that is proven.

        Walks below a millionth of what all walks carry together are not looked for. Where a rough guide proves
        nothing, a closer one costs more and searches again.
        """
        best: list[FoundWalk] = []
        proven, searched = wanted == 0, False
        for slack in _SLACKS:
            closer = not proven and self._rough.tighten(slack)
            if proven or (searched and not closer):
                break
            if not self._rough.is_reached:
                return best, True
            self._guide, self._cut = self._rough.visits(), 0.0
            best, proven = self._search(wanted, expansions)
            searched = True
        return best, proven

    def _search(self, wanted: int, expansions: int) -> tuple[list[FoundWalk], bool]:
        """Best first, by what all continuations of a walk are worth at most."""
        best: list[FoundWalk] = []
        ticket = count()
        first = self._branch(None, np.array(list(self._starts)), self._arrivals())
        least = _NEGLIGIBLE * float(first.worth.sum())
        heap = [(-first.worth[0], next(ticket), first)]
        for _ in range(expansions):
            if not heap:
                break
            worth, _, branch = heapq.heappop(heap)
            enough = best[-1].share if len(best) == wanted else least
            if -worth <= enough:
                return best, self._cut <= enough
            node = _Node(int(branch.ats[branch.rank]), branch.masses[branch.rank], branch.parent)
            self._keep(best, node, wanted)
            for follower in (_next(branch), self._children(node)):
                if len(follower.ats) > follower.rank:
                    entry = (-follower.worth[follower.rank], next(ticket), follower)
                    heapq.heappush(heap, entry)
        return best, not heap and self._cut <= least

    def _keep(self, best: list[FoundWalk], node: _Node, wanted: int) -> None:
        if node.at != self._target or not node.mass[0]:
            return
        scale = self._params.diffusion * self._params.alpha
        best.append(FoundWalk(node.positions(), scale * self._visits(node)))
        best.sort(key=lambda found: -found.share)
        del best[wanted:]

    def _visits(self, node: _Node) -> float:
        """Expected number of times that a walk along this sequence stands at its end between steps.

        Standing still costs no particle: the term c_0, and at isolated particles every term.
        """
        isolated = self._structure.degree_total[node.at] == 0
        still = self._coefficients.sum() if isolated else self._coefficients[0]
        return float(node.mass[0] / (1 - still))

    def _children(self, node: _Node) -> _Branch:
        """Every particle that one link leads to, either way, and the mass that goes there."""
        ats, forward, either = self._links_of(node.at)
        out_total, degree = (
            self._structure.out_total[node.at],
            self._structure.degree_total[node.at],
        )
        step = forward / out_total if out_total else forward
        mixed = either / degree if degree else either
        visits = self._visits(node)
        running = np.zeros(self._runs + 1)
        running[: len(self._coefficients) - 1] = visits * self._coefficients[1:]
        running[: self._runs - 1] += node.mass[1:]
        follow = self._params.diffusion * (1 - self._params.alpha) * visits * step
        worth = mixed * (running[: self._runs] @ self._guide[:, ats]) + follow * self._guide[0, ats]
        kept = self._most_worthy(worth)
        masses = np.outer(mixed[kept], running[: self._runs])
        masses[:, 0] += follow[kept]
        return self._branch(node, ats[kept], masses)

    def _links_of(self, at: int) -> tuple[OffsetArray, FloatArray, FloatArray]:
        """Where links lead from a particle, and their weights forward and either way (0 where R has no such steps)."""
        outs, out_weights = self._structure.out_row(at)
        if not self._coefficients[1:].any():
            return outs.astype(np.int64), out_weights, np.zeros(len(outs))
        ins, in_weights = self._structure.in_row(at)
        ats = np.union1d(outs, ins).astype(np.int64)
        forward, either = np.zeros(len(ats)), np.zeros(len(ats))
        forward[np.searchsorted(ats, outs)] = out_weights
        either[np.searchsorted(ats, ins)] = in_weights
        either += forward
        return ats, forward, either

    def _most_worthy(self, worth: FloatArray) -> OffsetArray:
        """Indices of the children that are kept; what the best of the others is worth is remembered."""
        if len(worth) <= _CHILDREN_MAX:
            return np.arange(len(worth))
        split = np.argpartition(-worth, _CHILDREN_MAX)
        scale = self._params.diffusion * self._params.alpha
        self._cut = max(self._cut, scale * float(worth[split[_CHILDREN_MAX]]))
        return split[:_CHILDREN_MAX]

    def _branch(self, parent: _Node | None, ats: OffsetArray, masses: FloatArray) -> _Branch:
        """Children in falling order of what all walks through them are worth."""
        scale = self._params.diffusion * self._params.alpha
        worth = scale * np.einsum("ij,ji->i", masses, self._guide[:, ats])
        order = np.argsort(-worth, kind="stable")
        return _Branch(parent, ats[order], masses[order], worth[order], 0)

    def _arrivals(self) -> FloatArray:
        masses = np.zeros((len(self._starts), self._runs))
        masses[:, 0] = list(self._starts.values())
        return masses


def _next(branch: _Branch) -> _Branch:
    return _Branch(branch.parent, branch.ats, branch.masses, branch.worth, branch.rank + 1)
