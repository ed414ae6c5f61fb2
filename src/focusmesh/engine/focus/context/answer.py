"""Context: the best particles from where someone stands, with what is proved of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.context.best import best_of
from focusmesh.engine.support.displays import display

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from focusmesh.engine.focus.context.item_bounds import ItemBounds
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.solve.result import Ranked
    from focusmesh.engine.support.arrays import BoolArray, FloatArray, IndexArray, OffsetArray


_LOOK_AGAIN, _NEARLY = 0.5, 1.2
"""How far bounds fall before one looks again, and how much short of what is needed that may be."""


@dataclass(frozen=True, slots=True)
class BestParticles:
    """The best particles (solver positions, one more than asked where there are as many), and their bound in L1.

    ``bounds`` are those of each; None where nothing is known but ``bound``. ``rival``: what no other particle truly
    has more of, −∞ where there is none; None where nothing is known but that their scores are not larger.
    """

    best: OffsetArray
    scores: FloatArray
    bound: float
    visits: int
    bounds: FloatArray | None = None
    rival: float | None = None

    @classmethod
    def of(
        cls,
        scores: FloatArray,
        order: IndexArray,
        k: int,
        items: ItemBounds,
        bound: float,
        visits: int,
    ) -> BestParticles:
        """From all scores (solver order) and the bounds of each. O(n)."""
        found = cls.among_themselves(scores, order, k, items, bound, visits)
        if len(found.best) == len(order):
            return found
        return found.among_others(lambda least: items.rival(scores, found.best, least))

    @classmethod
    def among_themselves(
        cls,
        scores: FloatArray,
        order: IndexArray,
        k: int,
        items: ItemBounds,
        bound: float,
        visits: int,
    ) -> BestParticles:
        """The same as if there were no particles but those listed and the next one."""
        best, values = best_of(scores, order, min(k + 1, len(order)))
        return cls(best, np.maximum(values, 0.0), bound, visits, items.at(best), -np.inf)

    def among_others(self, rival: Callable[[float], float]) -> BestParticles:
        """With the most that others can have; ``rival`` finds that, given what is known of the last one.

        Where listed ones do not even stand apart from each other it is not looked for.
        """
        if not self.order_proof(len(self.best) - 1).any():
            return replace(self, rival=None)
        return replace(self, rival=rival(float(self.scores[-1] + self.item_bounds[-1])))

    @property
    def item_bounds(self) -> FloatArray:
        """What each of the scores is off by at most; where nothing else is known, half of ``bound``."""
        return np.full(len(self.best), self.bound / 2) if self.bounds is None else self.bounds

    def order_proof(self, k: int) -> BoolArray:
        """For each of the first ``k``: whether it is proved to stand before all that follow, listed or not."""
        bounds, scores = self.item_bounds, self.scores
        if not len(scores):
            return np.zeros(0, dtype=bool)
        rival = self.rival
        if rival is None:
            rival = -np.inf if len(scores) <= k else float(scores[-1] + self.bound / 2)
        following = np.append((scores + bounds)[1:], rival)
        highest = np.maximum.accumulate(following[::-1])[::-1]
        return np.asarray((scores - bounds > highest)[:k])

    @property
    def promising(self) -> float:
        """The bound in L1 at which it is worth looking again whether the order is settled.

        All bounds shrink about alike: by how much they would have to for each score to stand apart from the next.
        """
        bounds = self.item_bounds
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = (self.scores[:-1] - self.scores[1:]) / (bounds[:-1] + bounds[1:])
        nearness = float(np.fmin.reduce(apart, initial=np.inf))
        return self.bound * min(_LOOK_AGAIN, _NEARLY * nearness)

    def is_settled(self, k: int) -> bool:
        """Whether the bounds prove that the first ``k`` are the first ``k``, in this order."""
        return bool(self.order_proof(k).all())


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

    Each listed score is off by at most the ``bound`` of its own; all scores of the context, listed or not, by at most
    ``bound`` in L1 together. ``proved`` of the listed particles are the first ones, in this order. ``settled``: all
    are; else those that are not ``separated`` may stand elsewhere. ``effort`` is what was asked for; ``visits`` counts
    the links that were visited for it, in ``seconds``.
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

    @property
    def proved(self) -> int:
        """How many particles the proved beginning of the list has."""
        return proved_beginning(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Ranked]:
        return iter(self.items)

    def __repr__(self) -> str:
        leader = f", first {self.items[0].particle!r}" if self.items else ""
        order = "settled" if self.settled else f"the first {self.proved} proved"
        return f"<Context of {len(self)} particles, {order}, bound {self.bound:.1e}{leader}>"

    def _repr_html_(self) -> str:
        return str(display("html", self))


def proved_beginning(items: Sequence[Ranked]) -> int:
    """How many of the first ``items`` are proved to stand before all that follow."""
    return next((at for at, item in enumerate(items) if not item.separated), len(items))


def relevance_of(score: float, known: float) -> float:
    """ln(score / global score); −∞ where the context does not reach."""
    return math.log(score / known) if score > 0 and known > 0 else -math.inf
