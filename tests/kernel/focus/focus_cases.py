"""Ledgers that live on: what the tests of the committed focus share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import FocusParams, ProtocolParams, residual_limit
from focusmesh.ids import digest
from focusmesh.kernel.focus import ChainFocus, FocusEdits
from tests.engine.focus.certificate.model import Model, uniform

if TYPE_CHECKING:
    from focusmesh.kernel.focus import FocusStep

LIMIT = residual_limit(1e-8)
FULL = ProtocolParams.of(FocusParams())
PAGERANK = ProtocolParams.of(FocusParams.pagerank())


@dataclass
class Ledger:
    """What a ledger knows of its graph, in dictionaries: particles by id, weights by pair of ids."""

    seed: int = 0
    digests: list[bytes] = field(default_factory=list)
    weights: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def block(self, new: int, edits: int, weight_max: int = 9) -> FocusEdits:
        """So many new particles, and random edits: links, changes of weight and removals."""
        first = len(self.digests)
        added = [digest(b"%d %d" % (self.seed, first + at)) for at in range(new)]
        self.digests += added
        pairs: dict[tuple[int, int], int] = {}
        for _ in range(edits if len(self.digests) > 1 else 0):
            pairs[self._pair()] = int(self.random.integers(1, weight_max + 1))
        for pair in list(pairs):
            if pair in self.weights and self.random.random() < 0.5:
                pairs[pair] = 0
        return self.take(added, pairs)

    def take(self, added: list[bytes], pairs: dict[tuple[int, int], int]) -> FocusEdits:
        """Those edits, in the book and as they are handed over."""
        self.weights.update(pairs)
        self.weights = {pair: weight for pair, weight in self.weights.items() if weight}
        return edits_of(added, pairs)

    def whole(self) -> FocusEdits:
        """All there is, as when a ledger is opened again."""
        return edits_of(self.digests, self.weights)

    def model(self, params: ProtocolParams = FULL) -> Model:
        """The executable model of R on the graph, particles in the order of their digests."""
        order = sorted(range(len(self.digests)), key=self.digests.__getitem__)
        rank = {particle: at for at, particle in enumerate(order)}
        links = [(rank[s], rank[t], weight) for (s, t), weight in self.weights.items()]
        count = len(order)
        return Model(
            count, links, params.alpha, params.diffusion, list(params.series), uniform(count)
        )

    def _pair(self) -> tuple[int, int]:
        known = list(self.weights)
        if known and self.random.random() < 0.4:
            return known[int(self.random.integers(len(known)))]
        source, step = self.random.integers(0, len(self.digests), 2).tolist()
        target = (source + 1 + step % (len(self.digests) - 1)) % len(self.digests)
        return source, target


def edits_of(digests: list[bytes], pairs: dict[tuple[int, int], int]) -> FocusEdits:
    ends = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    return FocusEdits.of(digests, ends[:, 0], ends[:, 1], list(pairs.values()))


def fresh(params: ProtocolParams = FULL, limit: int = LIMIT) -> ChainFocus:
    return ChainFocus(params, limit)


def agreed(one: FocusStep, other: FocusStep) -> bool:
    """Whether two steps say the same of a block."""
    return np.array_equal(one.vector, other.vector) and all(
        getattr(one, name) == getattr(other, name)
        for name in ("focus_root", "particles_root", "leaders_root", "rise", "params_hash", "delta")
    )
