"""The numbers that training finds, one float32 array a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.shape import BYTES, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

Weights: TypeAlias = "Mapping[str, npt.NDArray[np.float32]]"

WEIGHT_MAX = 4_096.0
"""With weights up to it whatever the network works out stays finite in float32, at the largest of its sizes: what it
works out is at most of their sixth power. Trained ones are some hundreds of times smaller."""


def weights_fault(weights: Weights) -> str | None:
    """What is wrong with the numbers: which array has one that is not finite, or too large; None where none has."""
    for name, array in weights.items():
        if not (np.abs(array) <= WEIGHT_MAX).all():
            return f"{name} has a number that is not finite, or beyond ±{WEIGHT_MAX:,.0f}"
    return None


def log_unigram(text: bytes) -> npt.NDArray[np.float32]:
    """ln of how often each byte is in ``text``, each counted once more than it is there."""
    counts = np.bincount(np.frombuffer(text, dtype=np.uint8), minlength=BYTES) + 1.0
    bias: npt.NDArray[np.float32] = np.log(counts / counts.sum()).astype(np.float32)
    return bias


def initial_weights(shape: Shape, seed: int, text: bytes) -> dict[str, npt.NDArray[np.float32]]:
    """Weights before any training: what comes out of them is the unigram distribution of ``text``, nearly."""
    random = np.random.default_rng([seed, 7])
    drawn = {}
    for name, dimensions in shape.arrays().items():
        if name.endswith("gain"):
            drawn[name] = np.ones(dimensions, dtype=np.float32)
        elif name.endswith("bias"):
            drawn[name] = np.zeros(dimensions, dtype=np.float32)
        else:
            spread = _spread(name, dimensions)
            drawn[name] = (spread * random.standard_normal(dimensions)).astype(np.float32)
    drawn["output_bias"] = log_unigram(text)
    return drawn


def _spread(name: str, dimensions: tuple[int, ...]) -> float:
    """What goes into the residual stream begins small, and so does the output, which the bias begins for."""
    if name == "embedding":
        return 0.5
    if name in ("positions", "output"):
        return 0.1
    fan_in: float = dimensions[0]
    return float(fan_in**-0.5) * (0.5 if name in ("attention_output", "narrow") else 1.0)
