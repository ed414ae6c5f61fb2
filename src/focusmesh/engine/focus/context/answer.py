"""Context: the best particles from where someone stands, with what is proved of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.support.displays import display

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.solve.result import Ranked
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray


@dataclass(frozen=True, slots=True)
class BestParticles:
    """The best particles (solver positions, one more than asked where there are as many), and their bound in L1."""

    best: OffsetArray
    scores: FloatArray
    bound: float
    visits: int

    def is_settled(self, k: int) -> bool:
        """Whether the bound proves that the first ``k`` are the first ``k``, in this order."""
        return bool((self.scores[:-1] - self.scores[1:] > self.bound)[:k].all())


@dataclass(frozen=True, slots=True)
class ContextScores:
    """All scores of a context in the order of the particles, beside the global ones: φ_c and φ*.

    ``scores`` are off by at most ``bound`` in L1 together; ``visits`` counts the links that were visited for them.
    """

    scores: FloatArray
    known: FloatArray
    bound: float
    visits: int


@dataclass(frozen=True, repr=False)
class Context:
    """The ``items`` that matter most from ``seeds`` (docs/explanation/contexts.md), best first.

    All scores of the context, listed or not, are off by at most ``bound`` in L1 together. ``settled``: the bound proves
    that the listed particles are the first ones, in this order; else those that are not ``separated`` may stand
    elsewhere. ``effort`` is what was asked for; ``visits`` counts the links that were visited for it, in ``seconds``.
    ``relevance`` of an item is ln(score / global score).
    """

    items: tuple[Ranked, ...]
    bound: float
    settled: bool
    effort: str
    visits: int
    seconds: float
    seeds: tuple[Hashable, ...]
    beta: float
    params: FocusParams

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Ranked]:
        return iter(self.items)

    def __repr__(self) -> str:
        leader = f", first {self.items[0].particle!r}" if self.items else ""
        order = "settled" if self.settled else "not settled"
        return f"<Context of {len(self)} particles, {order}, bound {self.bound:.1e}{leader}>"

    def _repr_html_(self) -> str:
        return str(display("html", self))


def relevance_of(score: float, known: float) -> float:
    """ln(score / global score); −∞ where the context does not reach."""
    return math.log(score / known) if score > 0 and known > 0 else -math.inf
