"""How sure a comparison is: shares with intervals, and how well scores tell the odd from the usual."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray

_DEVIATIONS = 1.959963984540054
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def share(hits: int, tries: int) -> Proportion:
    """``hits`` of ``tries`` with Wilson's interval (J. Am. Stat. Assoc. 22 (1927) 209). ParameterError unless
    0 ≤ hits ≤ tries and tries ≥ 1."""
    if not 0 <= hits <= tries or tries < 1:
        raise ParameterError(f"0 ≤ hits ≤ tries ≥ 1, hits = {hits}, tries = {tries}")
    square, value = _DEVIATIONS**2, hits / tries
    middle = (value + square / (2 * tries)) / (1 + square / tries)
    spread = math.sqrt(value * (1 - value) / tries + square / (4 * tries**2))
    reach = _DEVIATIONS * spread / (1 + square / tries)
    return Proportion(value, max(0.0, middle - reach), min(1.0, middle + reach))


@dataclass(frozen=True, slots=True)
class Roc:
    """What scores are worth as an alarm: the curve's points from (0, 0) to (1, 1), and the area under it.

    ``area``: the chance that an odd one scores higher than a usual one, ties counting half; 0.5 is none.
    """

    false_alarms: FloatArray
    found: FloatArray
    area: Proportion

    @classmethod
    def of(cls, usual: FloatArray, odd: FloatArray) -> Roc:
        """Of scores of usual and of odd things, the odd ones being those that should score high.

        The interval is DeLong's (Biometrics 44 (1988) 837). Raises ParameterError for fewer than two of either.
        """
        if len(usual) < 2 or len(odd) < 2:
            raise ParameterError(f"two of each are needed: {len(usual)} usual, {len(odd)} odd")
        ordered = np.sort(usual)
        lower = np.searchsorted(ordered, odd, side="left")
        above = (lower + np.searchsorted(ordered, odd, side="right")) / (2 * len(usual))
        ordered = np.sort(odd)
        lower = np.searchsorted(ordered, usual, side="left")
        below = 1.0 - (lower + np.searchsorted(ordered, usual, side="right")) / (2 * len(odd))
        area = float(above.mean())
        spread = math.sqrt(above.var(ddof=1) / len(odd) + below.var(ddof=1) / len(usual))
        reach = _DEVIATIONS * spread
        limits = np.unique(np.concatenate((usual, odd)))[::-1]
        alarms, found = (_above(each, limits) for each in (usual, odd))
        return cls(alarms, found, Proportion(area, max(0.0, area - reach), min(1.0, area + reach)))

    def found_at(self, false_alarms: float) -> float:
        """The share of odd ones that an alarm finds which is wrong on ``false_alarms`` of the usual at most."""
        return float(self.found[self.false_alarms <= false_alarms].max())


def _above(scores: FloatArray, limits: FloatArray) -> FloatArray:
    """The share of scores at or above each of falling limits, 0 before the first."""
    below = np.searchsorted(np.sort(scores), limits) / len(scores)
    return np.concatenate(([0.0], 1.0 - below))
