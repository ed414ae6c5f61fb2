"""Which rows a context receipt shows: those that take most mass out of the residual for their bytes.

Rounds: what is left is worked out exactly for the rows so far (y solves y = w + (1 − α)·P·y on them, so that nothing is
left on a shown row), then more rows are taken where most is left for what they cost. It ends when the order is settled,
when so many links were visited, or when nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.receipts.push import ONE
from focusmesh.kernel.state import ROW_PREFIX, RowValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.kernel.receipts.evidence import Evidence
    from focusmesh.kernel.state import Row

LINKS_MAX = 6_000
"""Links that a fast answer visits."""
_FIRST_LINKS = 100
_MORE = 3
_PASSES_MAX = 400
_ENOUGH = 1e-15
_ROW_BYTES, _LINK_BYTES = 300, 25
"""About what a row and a link of it cost in the body."""


@dataclass
class Grown:
    """Rows by source (empty: dangling), y by source, and what is left by particle, as floats."""

    alpha: float
    shares: Mapping[bytes, float]
    rows: dict[bytes, tuple[Sequence[bytes], Sequence[int]]] = field(default_factory=dict)
    amounts: dict[bytes, float] = field(default_factory=dict)
    left: dict[bytes, float] = field(default_factory=dict)
    links: int = 0

    def solve(self) -> None:
        """Works ``amounts`` and ``left`` out for the rows. O(links · passes)."""
        index = {source: at for at, source in enumerate(self.rows)}
        for row in (*self.rows.values(), (list(self.shares), ())):
            for particle in row[0]:
                index.setdefault(particle, len(index))
        source, target, flow = self._flows(index)
        count = len(self.rows)
        restart = np.zeros(len(index))
        for particle, share in self.shares.items():
            restart[index[particle]] = share
        pushed = np.zeros(count)
        for _ in range(_PASSES_MAX):
            arrived = restart + np.bincount(target, pushed[source] * flow, len(index))
            moved = float(np.abs(arrived[:count] - pushed).sum())
            pushed = arrived[:count]
            if moved < _ENOUGH:
                break
        left = restart + np.bincount(target, pushed[source] * flow, len(index))
        self.amounts = dict(zip(self.rows, pushed.tolist(), strict=True))
        self.left = {
            particle: float(left[at])
            for particle, at in index.items()
            if at >= count and left[at] > 0
        }

    def _flows(
        self, index: Mapping[bytes, int]
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
        sources, targets, flows = [], [], []
        for at, (row_targets, weights) in enumerate(self.rows.values()):
            sources += [at] * len(row_targets)
            targets += [index[target] for target in row_targets]
            if row_targets:
                shares: FloatArray = np.array(weights, dtype=np.float64)
                flows += ((1 - self.alpha) * shares / shares.sum()).tolist()
        return np.array(sources, np.int64), np.array(targets, np.int64), np.array(flows)

    @property
    def local(self) -> dict[bytes, float]:
        """y + r by particle."""
        sums = dict(self.amounts)
        for particle, mass in self.left.items():
            sums[particle] = sums.get(particle, 0.0) + mass
        return sums

    @property
    def dangling_mass(self) -> float:
        """s: what went from dangling particles to u."""
        dangling = [self.amounts[source] for source, row in self.rows.items() if not row[0]]
        return (1 - self.alpha) * sum(dangling)

    @property
    def integers(self) -> dict[bytes, int]:
        """y at scale 2⁶³."""
        return {source: int(amount * ONE) for source, amount in self.amounts.items()}


def grow(
    evidence: Evidence,
    shares: Mapping[bytes, float],
    alpha: float,
    links_max: int,
    settled: Callable[[Grown], bool],
) -> Grown:
    """Takes rows until ``settled`` says so or ``links_max`` links are shown. O(links_max) rows and passes."""
    grown = Grown(alpha, shares)
    grown.solve()
    budget = _FIRST_LINKS
    while grown.left and grown.links < links_max:
        budget = min(budget, links_max)
        if not _take(grown, evidence, budget):
            if budget == links_max:
                break
        else:
            grown.solve()
            if settled(grown):
                break
        budget *= _MORE
    return grown


def _take(grown: Grown, evidence: Evidence, budget: int) -> int:
    """Adds the rows that are worth most until ``budget`` links are shown in all; how many were added."""
    worth = []
    for particle, mass in grown.left.items():
        value = evidence.get(ROW_PREFIX + particle)
        axons = RowValue.decode(value).axon_count if value else 0
        worth.append((-mass / (_ROW_BYTES + _LINK_BYTES * axons), particle, axons))
    worth.sort()
    rows_max = len(grown.rows) + max(1, budget // 4)
    added = 0
    for _, particle, axons in worth:
        if grown.links + axons > budget or len(grown.rows) >= rows_max:
            continue
        grown.rows[particle] = _axons(evidence.row(particle))
        grown.links += axons
        added += 1
    return added


def _axons(row: Row | None) -> tuple[list[bytes], list[int]]:
    """Targets and weights."""
    if row is None:
        return [], []
    return [target.tobytes() for target in row.targets], row.weights.tolist()
