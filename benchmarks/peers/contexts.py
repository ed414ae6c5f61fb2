"""Engines that are asked for contexts: ours at every effort, the peers by their personalised PageRank."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers.base import DAMPING
from benchmarks.peers.igraph_engine import IGraph
from benchmarks.peers.networkx_engine import NetworkX
from benchmarks.peers.own import Focusmesh
from focusmesh import FocusParams

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

K = 20
_CLOSER = 1e-7
_SEED = 2026
_PARAMS = {"PageRank": FocusParams.pagerank(DAMPING), "full": FocusParams()}


class Contexts(Focusmesh):
    """``contexts`` holds seeds of contexts, one or five each, drawn from the particles that link to something."""

    contexts: tuple[list[int], ...] = ()

    def draw(self, count: int) -> list[list[int]]:
        """Draws so many contexts and returns them."""
        structure = self._built().structure
        random = np.random.default_rng(_SEED)
        self.contexts = tuple(
            structure.order[
                random.choice(structure.linking_count, 5 if i % 2 else 1, replace=False)
            ].tolist()
            for i in range(count)
        )
        return list(self.contexts)

    def first(self, operator: str) -> float:
        """Seconds until the first context is answered: what all contexts share is solved in it."""
        begun = time.perf_counter()
        self._built().context(self.contexts[0], K, "fast", _PARAMS[operator])
        return time.perf_counter() - begun

    def refer(self, operator: str, betas: Iterable[float]) -> None:
        """Solves every context ten times closer than it will be answered, for comparison."""
        graph = self._built()
        self.best = {
            (operator, beta): [
                {
                    ranked.particle
                    for ranked in graph.focus(_PARAMS[operator], _CLOSER, seeds, beta=beta).top(K)
                }
                for seeds in self.contexts
            ]
            for beta in betas
        }

    def answer(self, operator: str, effort: str, beta: float, count: int) -> dict[str, Any]:
        """Answers the first contexts once: latencies in seconds, and what the answers are worth."""
        graph, seconds, answers = self._built(), [], []
        for seeds in self.contexts[:count]:
            begun = time.perf_counter()
            answers.append(graph.context(seeds, K, effort, _PARAMS[operator], beta=beta))
            seconds.append(time.perf_counter() - begun)
        agreement = [
            len(best & {ranked.particle for ranked in answer}) / K
            for best, answer in zip(self.best[operator, beta], answers, strict=False)
        ]
        return {
            "seconds": seconds,
            "agreement": float(np.mean(agreement)),
            "least": min(agreement),
            "bound": float(np.median([answer.bound for answer in answers])),
            "settled": float(np.mean([answer.settled for answer in answers])),
            "visits": int(np.median([answer.visits for answer in answers])),
        }

    def together(self, operator: str, effort: str, beta: float, count: int) -> float:
        """The first contexts in one call: seconds of each, as if they had come one after the other."""
        begun = time.perf_counter()
        self._built().contexts(self.contexts[:count], K, effort, _PARAMS[operator], beta=beta)
        return (time.perf_counter() - begun) / count


class IGraphContexts(IGraph):
    """igraph: PRPACK, to about 1e-12 on one thread."""

    def answer(self, seeds: list[int]) -> dict[str, Any]:
        """One context, by all scores and the best of them."""
        reset = _reset(self.inputs.particle_count, seeds)
        begun = time.perf_counter()
        scores = self.personalised(reset)
        _best(scores)
        return {"seconds": [time.perf_counter() - begun]}


class NetworkXContexts(NetworkX):
    """NetworkX: power iteration to an L1 change below 1e-6."""

    def answer(self, seeds: list[int]) -> dict[str, Any]:
        """One context, by all scores and the best of them."""
        reset = _reset(self.inputs.particle_count, seeds)
        begun = time.perf_counter()
        scores = self.personalised(reset)
        _best(scores)
        return {"seconds": [time.perf_counter() - begun]}


def _reset(count: int, seeds: list[int]) -> npt.NDArray[np.float64]:
    reset = np.zeros(count)
    reset[seeds] = 1 / len(seeds)
    return reset


def _best(scores: npt.NDArray[Any]) -> list[int]:
    best: list[int] = np.argpartition(-scores, K)[:K].tolist()
    return best
