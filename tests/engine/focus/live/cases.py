"""Edit scripts for live focuses, and a model that performs them on plain dicts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest.mock import PropertyMock, patch

import numpy as np
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph, LiveFocus
from focusmesh.engine.focus import dense_focus
from focusmesh.engine.links import Structure

if TYPE_CHECKING:
    from collections.abc import Iterator

Edit: TypeAlias = tuple[Any, ...]

KEEPERS = ("solving", "ledger")
ENDS = st.integers(0, 11)
AMOUNTS = st.sampled_from([0.25, 1.0, 1.0, 3.0, 40.0, 1e-6, 1e6])
EDITS = st.one_of(
    st.tuples(st.just("update"), st.lists(st.tuples(ENDS, ENDS, AMOUNTS), min_size=1, max_size=4)),
    st.tuples(st.just("unlink"), st.integers(0, 99)),
    st.tuples(st.just("reweight"), st.integers(0, 99), AMOUNTS),
    st.tuples(st.just("empty"), ENDS),
    st.tuples(st.just("particle"), ENDS),
    st.tuples(st.just("prior"), st.integers(0, 9)),
)
"""What becomes of a graph: links, retractions, re-weights, particles that begin to dangle or are new, priors."""


@contextmanager
def kept_by(keeper: str) -> Iterator[None]:
    """Within the block live focuses begin with that keeper, whatever the size of their graph."""
    with patch.object(Structure, "is_compiled", PropertyMock(return_value=keeper == "ledger")):
        yield


@dataclass
class Scripted:
    """A live focus, the links that it should have, and the prior that was last given."""

    live: LiveFocus
    axons: dict[tuple[int, int], float]
    count: int
    u: Any = None
    known: set[int] = field(default_factory=set)

    @classmethod
    def on(cls, rows: list[Any], params: FocusParams, tolerance: float) -> Scripted:
        """A live focus of 12 particles."""
        axons: dict[tuple[int, int], float] = {}
        for source, target, weight in rows:
            if source != target:
                axons[source, target] = axons.get((source, target), 0.0) + weight
        ends = np.array(list(axons), dtype=np.int64).reshape(-1, 2)
        weights = np.array(list(axons.values()))
        graph = Graph.from_edges(ends[:, 0], ends[:, 1], weights, particles=12)
        return cls(LiveFocus(graph, params, tolerance), axons, 12)

    def perform(self, edit: Edit) -> None:
        """The same on both."""
        getattr(self, f"_{edit[0]}")(*edit[1:])

    def _update(self, rows: list[tuple[int, int, float]]) -> None:
        self.live.update(rows)
        for source, target, weight in rows:
            if source != target:
                self.axons[source, target] = self.axons.get((source, target), 0.0) + weight

    def _unlink(self, at: int) -> None:
        if self.axons:
            pair = list(self.axons)[at % len(self.axons)]
            self.live.unlink(*pair)
            del self.axons[pair]

    def _reweight(self, at: int, weight: float) -> None:
        if self.axons:
            pair = list(self.axons)[at % len(self.axons)]
            self.live.reweight(*pair, weight)
            self.axons[pair] = weight

    def _empty(self, source: int) -> None:
        for pair in [pair for pair in self.axons if pair[0] == source]:
            self.live.unlink(*pair)
            del self.axons[pair]

    def _particle(self, target: int) -> None:
        self.live.link(self.count, target, 2.0)
        self.axons[self.count, target] = 2.0
        self.count += 1
        if self.u is not None:
            self.u = np.append(self.u, 0.0)

    def _prior(self, seed: int) -> None:
        self.u = None if not seed else np.random.default_rng(seed).dirichlet(np.ones(self.count))
        self.live.teleport(self.u)

    def exact(self) -> Any:
        """The focus by elimination."""
        ends = np.array(list(self.axons), dtype=np.int64).reshape(-1, 2)
        weights = np.array(list(self.axons.values()))
        graph = Graph.from_edges(ends[:, 0], ends[:, 1], weights, particles=self.count)
        return dense_focus(graph.links(), self.live.params, self.u, self.u)
