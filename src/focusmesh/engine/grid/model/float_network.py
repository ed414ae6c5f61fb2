"""The network in float32, gains and the scale of attention multiplied into the matrices beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.shape import EPSILON

if TYPE_CHECKING:
    from focusmesh.engine.grid.model.shape import Shape
    from focusmesh.engine.grid.model.weights import Weights

Floats: TypeAlias = npt.NDArray[Any]
"""float32."""

_GELU = np.float32(np.sqrt(2.0 / np.pi))
_CUBE = np.float32(0.044715)


class Floating:
    """Arithmetic of ``Model``."""

    def __init__(self, shape: Shape, weights: Weights) -> None:
        self.shape = shape
        self._weights = fold_gains(shape, weights)
        self._both = np.concatenate((self._weights["key"], self._weights["value"]), axis=1)

    def rows(self, ids: npt.NDArray[np.uint8], first: int) -> tuple[Floats, ...]:
        """As Arithmetic says."""
        positions = self._weights["positions"][first : first + ids.shape[1]]
        stream = self._weights["embedding"][ids] + positions
        both = _normalise(stream) @ self._both
        width = self.shape.width
        return stream, both[..., :width], both[..., width:]

    def answers(self, stream: Floats, keys: Floats, values: Floats, first: int) -> Floats:
        """As Arithmetic says."""
        weights = self._weights
        scores = (_normalise(stream) @ weights["query"]) @ keys.swapaxes(1, 2)
        if stream.shape[1] > 1:
            asked = first + np.arange(stream.shape[1])[:, None]
            scores[:, np.arange(keys.shape[1]) > asked] = -np.inf
        read = self.distribution(scores) @ values
        stream = stream + read @ weights["attention_output"]
        wide = gelu(_normalise(stream) @ weights["widen"] + weights["widen_bias"])
        stream = stream + wide @ weights["narrow"]
        answers: Floats = _normalise(stream) @ weights["output"] + weights["output_bias"]
        return answers

    def unigram(self) -> Floats:
        """As Arithmetic says."""
        return self._weights["output_bias"]

    def distribution(self, scores: Floats) -> Floats:
        """As Arithmetic says: softmax."""
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
        return shares


def fold_gains(shape: Shape, weights: Weights) -> dict[str, Floats]:
    """The matrices with the gain of what they are given, and the scale of attention, multiplied in."""
    gains = {"attention_gain": ("query", "key", "value"), "feed_gain": ("widen",)}
    gains["output_gain"] = ("output",)
    found = {name: array for name, array in weights.items() if name not in gains}
    for gain, names in gains.items():
        for name in names:
            found[name] = weights[gain][:, None] * weights[name]
    found["query"] = found["query"] * np.float32(shape.width**-0.5)
    return found


def gelu(x: Floats) -> Floats:
    """x · Φ(x), by the usual approximation with tanh (Hendrycks and Gimpel 2016)."""
    half: Floats = np.float32(0.5) * x * (1.0 + np.tanh(_GELU * (x + _CUBE * x * x * x)))
    return half


def _normalise(stream: Floats) -> Floats:
    square = np.einsum("...i,...i->...", stream, stream)[..., None] / stream.shape[-1]
    normed: Floats = stream / np.sqrt(square + np.float32(EPSILON))
    return normed
