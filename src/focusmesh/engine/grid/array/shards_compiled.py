"""A cycle of a field over rows of neighbours, with the arithmetic of its NumPy twin, in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.support.compiled import kernel

if TYPE_CHECKING:
    import numpy.typing as npt


@kernel
def step_rows(
    known: npt.NDArray[np.float32],
    neighbours: npt.NDArray[np.int32],
    spread: float,
    pull: float,
    rest: float,
    stepped: npt.NDArray[np.float32],
) -> None:
    """``stepped[i]`` becomes value i, moved towards the mean of its neighbours, then towards ``rest``."""
    for i in range(len(stepped)):
        total = 0.0
        count = 0.0
        for column in range(6):
            at = neighbours[i, column]
            if at >= 0:
                total += float(known[at])
                count += 1.0
        value = float(known[i])
        mean = value
        if count > 0.0:
            mean = total / count
        value = value + spread * (mean - value)
        stepped[i] = np.float32(value + pull * (rest - value))
