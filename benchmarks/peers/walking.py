"""Our engine, asked for walks and explanations."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.peers.base import DAMPING
from benchmarks.peers.own import Focusmesh
from focusmesh import FocusParams, explain

STEPS = 8
_K, _SEED, _ANEW = 20, 2027, 2
_RANKS = (3, 30, 1_000)
_PARAMS = {"PageRank": FocusParams.pagerank(DAMPING), "full": FocusParams()}


class Walking(Focusmesh):
    """Starts of walks are particles that link to something."""

    def draw(self, count: int) -> list[int]:
        """Draws so many starts, solves what all of them share, and returns them."""
        structure = self._built().structure
        random = np.random.default_rng(_SEED)
        chosen = random.choice(structure.linking_count, count, replace=False)
        starts: list[int] = structure.order[chosen].tolist()
        self.starts = starts
        return starts

    def first(self, operator: str) -> float:
        """Seconds of the first walk: the global focus and what contexts share are solved in it."""
        begun = time.perf_counter()
        self._built().walk([self.starts[0]], 1, effort="fast", params=_PARAMS[operator])
        return time.perf_counter() - begun

    def walk(self, operator: str, effort: str) -> dict[str, Any]:
        """A walk from every start: seconds a step, and the bounds that steps were drawn under."""
        graph, params = self._built(), _PARAMS[operator]
        self.taken = [
            graph.walk([start], STEPS, 1.0, 1, k=_K, effort=effort, params=params)
            for start in self.starts
        ]
        return {
            "seconds": [sample.seconds / STEPS for sample in self.taken],
            "bound": float(np.median([step.bound for sample in self.taken for step in sample])),
        }

    def anew(self, operator: str, effort: str) -> dict[str, Any]:
        """The contexts of the same walks, each asked for by itself: seconds a step, and bounds."""
        graph, params = self._built(), _PARAMS[operator]
        seconds, bounds = [], []
        for sample in self.taken:
            begun = time.perf_counter()
            for at in range(STEPS):
                context = [*sample.seeds, *sample.particles[:at]]
                answer = graph.context(context, _K + len(context), effort, params)
                bounds.append(answer.bound)
            seconds.append((time.perf_counter() - begun) / STEPS)
        return {"seconds": seconds, "bound": float(np.median(bounds))}

    def solved(self, operator: str) -> dict[str, Any]:
        """The focus of the first contexts of the same walks, solved to 1e-6: seconds a step, and bounds."""
        graph, params = self._built(), _PARAMS[operator]
        seconds, bounds = [], []
        for sample in self.taken:
            for at in range(_ANEW):
                context = [*sample.seeds, *sample.particles[:at]]
                focus = graph.focus(params, seeds=context)
                focus.top(_K + len(context))
                seconds.append(focus.seconds)
                bounds.append(focus.bound)
        return {"seconds": seconds, "bound": float(np.median(bounds))}

    def explain(self, operator: str) -> dict[str, Any]:
        """Explains particles near and far from every start: seconds, and the share that was proven."""
        graph, params = self._built(), _PARAMS[operator]
        seconds, proven = [], []
        for start in self.starts:
            order = graph.focus(params, seeds=[start]).order(max(_RANKS) + 1)
            for rank in _RANKS:
                begun = time.perf_counter()
                explanation = explain(graph, [start], int(order[rank]), params=params)
                seconds.append(time.perf_counter() - begun)
                proven.append(explanation.proven)
        return {"seconds": seconds, "proven": float(np.mean(proven))}
