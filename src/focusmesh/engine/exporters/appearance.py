"""How large and in which colour a particle is drawn, by its focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.support.arrays import FloatArray

_SMALLEST, _LARGEST = 4.0, 40.0
_COLOURS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Five colours of viridis (van der Walt and Smith, 2015): dark to light, told apart by the colour-blind too."""


def sizes(scores: FloatArray) -> FloatArray:
    """Sizes from 4 to 40 with the square root of the focus, so that areas grow with it."""
    most = scores.max(initial=0.0)
    part = np.sqrt(scores / most) if most > 0 else np.zeros(len(scores))
    return _SMALLEST + (_LARGEST - _SMALLEST) * part


def colours(scores: FloatArray) -> npt.NDArray[np.int64]:
    """Red, green and blue of each, shape (n, 3): from violet for the least focus to yellow for the most.

    Colours go by the logarithm of the focus, as few particles have most of it.
    """
    place = np.linspace(0.0, 1.0, len(_COLOURS))
    part = _log_part(scores)
    mixed = np.empty((len(scores), 3), dtype=np.int64)
    for at, channel in enumerate(zip(*_COLOURS, strict=True)):
        mixed[:, at] = np.rint(np.interp(part, place, channel))
    return mixed


def _log_part(scores: FloatArray) -> FloatArray:
    """Where each score lies between the least positive one (0) and the largest (1)."""
    positive = scores > 0
    logs = np.zeros(len(scores))
    np.log(scores, out=logs, where=positive)
    low, high = logs[positive].min(initial=0.0), logs[positive].max(initial=-np.inf)
    if not high > low:
        return positive.astype(np.float64)
    return np.where(positive, (logs - low) / (high - low), 0.0)
