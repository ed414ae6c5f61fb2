"""The network as training sees it: every byte of a window foretells the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.model.shape import EPSILON
from focusmesh.engine.grid.tensor import gather, gelu, linear, rms_norm, softmax

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from focusmesh.engine.grid.tensor import Tensor


def language_scores(weights: Mapping[str, Tensor], ids: npt.NDArray[np.uint8]) -> Tensor:
    """Scores (n, L, 256) of what follows each byte of windows (n, L)."""
    length = ids.shape[1]
    stream = gather(weights["embedding"], ids) + gather(weights["positions"], np.arange(length))
    stream = stream + _attention(weights, rms_norm(stream, weights["attention_gain"], EPSILON))
    normed = rms_norm(stream, weights["feed_gain"], EPSILON)
    wide = gelu(linear(normed, weights["widen"], weights["widen_bias"]))
    stream = stream + wide @ weights["narrow"]
    normed = rms_norm(stream, weights["output_gain"], EPSILON)
    return linear(normed, weights["output"], weights["output_bias"])


def _attention(weights: Mapping[str, Tensor], normed: Tensor) -> Tensor:
    length, width = normed.shape[1:]
    keys = (normed @ weights["key"]).swapaxes(1, 2)
    scores = (normed @ weights["query"] * width**-0.5) @ keys
    later = np.triu(np.ones((length, length), dtype=np.bool_), 1)
    read = softmax(scores, later) @ (normed @ weights["value"])
    return read @ weights["attention_output"]
