"""What training makes small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.tensor.tensor import Array, Tensor
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import IntArray


def cross_entropy(scores: Tensor, targets: IntArray) -> Tensor:
    """Mean of −ln softmax(scores)[target] in nats: scores (…, classes), targets (…) whole numbers.

    Raises ParameterError unless there is one target below ``classes`` for each row of scores.
    """
    rows = scores.data.reshape(-1, scores.shape[-1])
    chosen = targets.reshape(-1)
    if targets.shape != scores.shape[:-1] or (chosen >= rows.shape[1]).any() or (chosen < 0).any():
        raise ParameterError(
            f"a target from 0 to {rows.shape[1] - 1} for each of {scores.shape[:-1]}, targets {targets.shape}"
        )
    at = np.arange(len(rows))
    below = rows - rows.max(axis=1, keepdims=True)
    own = below[at, chosen]
    powers = np.exp(below, out=below)
    sums = powers.sum(axis=1)
    data = np.asarray((np.log(sums) - own).mean(), dtype=rows.dtype)

    def backward(grad: Array) -> tuple[Array]:
        each = grad / len(rows)
        by_scores = powers * (each / sums)[:, None]
        by_scores[at, chosen] -= each
        return (by_scores.reshape(scores.shape),)

    return Tensor.from_operation(data, (scores,), backward)
