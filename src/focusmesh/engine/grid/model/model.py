"""FemtoLLM: one layer, one head, 12,656 numbers; reads the last 64 bytes and foretells the next."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.byte_form import (
    decoded_quantised,
    decoded_weights,
    encoded_quantised,
    encoded_weights,
)
from focusmesh.engine.grid.model.float_network import Floating
from focusmesh.engine.grid.model.inference import Reader
from focusmesh.engine.grid.model.integral import Integral, shares_of
from focusmesh.engine.grid.model.quantisation import quantised_weights
from focusmesh.engine.grid.model.shape import Shape
from focusmesh.engine.grid.model.weights import initial_weights
from focusmesh.engine.support.files import whole_file
from focusmesh.errors import CodecError, DamagedFileError, FileError
from focusmesh.ids import digest

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from focusmesh.engine.grid.model.quantisation import Quantised
    from focusmesh.engine.grid.model.weights import Weights

Made = TypeVar("Made")
_LARGEST_FILE = 1 << 20


class Model(Reader):
    """A model in float32. It never changes; ``train`` makes one."""

    def __init__(self, shape: Shape, weights: Weights) -> None:
        self.weights = weights
        self._arithmetic = Floating(shape, weights)

    @classmethod
    def initial(cls, seed: int = 0, text: bytes = b"", shape: Shape | None = None) -> Model:
        """Before any training: weights drawn by ``seed``, the output bias ln of how often bytes are in ``text``."""
        shape = shape or Shape()
        shape.verify()
        return cls(shape, initial_weights(shape, seed, text))

    @classmethod
    def from_bytes(cls, data: bytes) -> Model:
        """Raises CodecError for bytes that ``to_bytes`` does not give."""
        return cls(*decoded_weights(data))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Raises FileError where ``path`` cannot be read, DamagedFileError where it is no model."""
        return _load(path, cls.from_bytes)

    @property
    def arithmetic(self) -> Floating:
        """The network."""
        return self._arithmetic

    def to_bytes(self) -> bytes:
        """The one byte form of this model."""
        return encoded_weights(self.shape, self.weights)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes ``to_bytes`` to ``path``, whole or not at all; raises FileError."""
        _save(path, self.to_bytes())

    @cached_property
    def digest(self) -> bytes:
        """BLAKE3-256 of ``to_bytes``."""
        return digest(self.to_bytes())

    def quantise(self) -> QuantisedModel:
        """The same model with weights of eight bits, in whole numbers."""
        return QuantisedModel(self.shape, quantised_weights(self.shape, self.weights))

    def __repr__(self) -> str:
        return f"<Model: {self.shape.parameter_count:,} parameters, context {self.shape.context}>"


class QuantisedModel(Reader):
    """A model in whole numbers: what comes out has the same bits on every machine."""

    def __init__(self, shape: Shape, parts: Quantised) -> None:
        self._parts = parts
        self._arithmetic = Integral(shape, parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> QuantisedModel:
        """Raises CodecError for bytes that ``to_bytes`` does not give."""
        return cls(*decoded_quantised(data))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> QuantisedModel:
        """Raises FileError where ``path`` cannot be read, DamagedFileError where it is no model."""
        return _load(path, cls.from_bytes)

    @property
    def arithmetic(self) -> Integral:
        """The network."""
        return self._arithmetic

    def logits(self, window: bytes) -> npt.NDArray[np.int32]:
        """Scores (256,) of the byte after ``window``, ln of its share up to a constant, in 1/2¹⁶."""
        limits = np.iinfo(np.int32)
        return self._scores(window).clip(limits.min, limits.max).astype(np.int32)

    def shares(self, window: bytes) -> npt.NDArray[np.int64]:
        """The distribution (256,) in whole numbers ≥ 1 that sum to exactly SHARES = 2³⁰."""
        return shares_of(self._scores(window))

    def shares_batch(self, windows: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """(n, 256): ``shares`` of each window."""
        return shares_of(self._scores_batch(windows))

    def to_bytes(self) -> bytes:
        """The one byte form of this model."""
        return encoded_quantised(self.shape, self._parts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes ``to_bytes`` to ``path``, whole or not at all; raises FileError."""
        _save(path, self.to_bytes())

    @cached_property
    def digest(self) -> bytes:
        """BLAKE3-256 of ``to_bytes``."""
        return digest(self.to_bytes())

    def __repr__(self) -> str:
        count = self.shape.parameter_count
        return f"<QuantisedModel: {count:,} parameters, context {self.shape.context}>"


def _load(path: str | os.PathLike[str], read: Callable[[bytes], Made]) -> Made:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST_FILE)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        return read(data)
    except CodecError as error:
        raise DamagedFileError(f"{path}: {error}") from error


def _save(path: str | os.PathLike[str], data: bytes) -> None:
    with whole_file(path) as file:
        file.write(data)
