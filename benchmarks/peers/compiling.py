"""WordNet compiled whole, in a process of its own, so that its memory can be told."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from focusmesh import CompiledModel, Graph

SEED = "dog.n.01"


class Compiling:
    """Reads WordNet; then compiles, writes, loads and asks when it is told to."""

    def __init__(self, path: str) -> None:
        import onnxruntime

        self._runtime = onnxruntime
        self.graph = Graph.read(path)
        self._folder = tempfile.TemporaryDirectory()
        self._model: CompiledModel | None = None
        self._session: Any = None

    def compile(self, context: bool) -> dict[str, Any]:
        """Compiles all, or 256 particles around one, and says what came out."""
        self._model = self.graph.compile([SEED] if context else None)
        report = dict(self._model.report or {})
        return {name: report[name] for name in ("particles", "links", "heads", "layers", "form")}

    def write(self) -> int:
        """Writes the file; returns its bytes."""
        assert self._model is not None
        self._model.to_onnx(self._path)
        return self._path.stat().st_size

    def load(self) -> None:
        """Opens it in ONNX Runtime."""
        self._session = self._runtime.InferenceSession(
            str(self._path), providers=["CPUExecutionProvider"]
        )

    def ask_numpy(self, times: int) -> list[float]:
        """Seconds of forward passes in NumPy; the first, which makes the matrices, is left out."""
        model = self._model
        assert model is not None
        return _seconds(lambda: model.forward([SEED]), times)

    def ask_runtime(self, times: int) -> list[float]:
        """Seconds of forward passes in ONNX Runtime, without the first."""
        assert self._model is not None
        context = {"context": np.array([self._model.particles.index(SEED)], dtype=np.int64)}
        return _seconds(lambda: self._session.run(None, context), times)

    @property
    def _path(self) -> Path:
        return Path(self._folder.name, "model.onnx")


def _seconds(act: Any, times: int) -> list[float]:
    act()
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        found.append(time.perf_counter() - begun)
    return found
