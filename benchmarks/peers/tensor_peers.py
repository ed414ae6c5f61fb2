"""The same network in PyTorch, and a convolution in plain NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.grid.model import Model

if TYPE_CHECKING:
    from benchmarks.harness import Result
    from focusmesh.engine.grid.model import TrainParams


def load_torch(result: Result) -> Any:
    """PyTorch, or None with the reason noted."""
    try:
        import torch
    except ImportError as error:
        result.not_run["PyTorch"] = str(error)
        return None
    return torch


def numpy_convolution(images: Any, kernels: Any) -> Any:
    """Stride 1, padding 1, a product a place of the kernel."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    high, wide = images.shape[1:3]
    found = np.zeros((*images.shape[:3], kernels.shape[3]), dtype=np.float32)
    for row in range(3):
        for column in range(3):
            found += padded[:, row : row + high, column : column + wide] @ kernels[row, column]
    return found


class TorchTrainer:
    """FemtoLLM as PyTorch trains it: the same weights to begin with, the same kind of windows, its own Adam."""

    def __init__(self, torch: Any, text: bytes, params: TrainParams) -> None:
        weights = Model.initial(params.seed, text).weights
        self._torch = torch
        self._weights = {
            name: torch.from_numpy(each.copy()).requires_grad_() for name, each in weights.items()
        }
        self._adam = torch.optim.Adam(self._weights.values(), lr=params.rate)
        self._text = np.frombuffer(text, dtype=np.uint8).astype(np.int64)
        self._random = np.random.default_rng(params.seed)
        self._later = torch.triu(torch.ones(64, 64, dtype=torch.bool), 1)

    def step(self, threads: int) -> float:
        """One step on 32 windows of 64 bytes."""
        torch = self._torch
        torch.set_num_threads(threads)
        starts = self._random.integers(0, len(self._text) - 64, 32)
        windows = torch.from_numpy(self._text[starts[:, None] + np.arange(65)])
        scores = self._scores(windows[:, :-1])
        cost = torch.nn.functional.cross_entropy(
            scores.reshape(-1, 256), windows[:, 1:].reshape(-1)
        )
        self._adam.zero_grad()
        cost.backward()
        self._adam.step()
        return float(cost.detach())

    def _scores(self, ids: Any) -> Any:
        weights, functional = self._weights, self._torch.nn.functional

        def norm(x: Any, name: str) -> Any:
            return functional.rms_norm(x, (16,), weights[name], 1e-5)

        stream = weights["embedding"][ids] + weights["positions"]
        normed = norm(stream, "attention_gain")
        scores = (normed @ weights["query"] * 0.25) @ (normed @ weights["key"]).transpose(1, 2)
        shares = scores.masked_fill(self._later, float("-inf")).softmax(-1)
        stream = stream + shares @ (normed @ weights["value"]) @ weights["attention_output"]
        wide = norm(stream, "feed_gain") @ weights["widen"] + weights["widen_bias"]
        stream = stream + functional.gelu(wide, approximate="tanh") @ weights["narrow"]
        return norm(stream, "output_gain") @ weights["output"] + weights["output_bias"]
