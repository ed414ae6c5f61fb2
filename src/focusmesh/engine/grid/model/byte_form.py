"""Models as bytes: the one form of each, so that a digest names it.

``femto`` ‖ form version 1 ‖ ``f`` or ``q`` ‖ width, hidden, context as u16 ‖ the arrays one after the other, little
endian, rows first. ``f``: all of Shape.arrays() in float32. ``q``: for each table and matrix its int8, then its
multipliers as int32; then the biases as int32.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.integral import PEAK
from focusmesh.engine.grid.model.quantisation import (
    BIASES,
    MATRICES,
    TABLES,
    Quantised,
    largest_scale,
)
from focusmesh.engine.grid.model.shape import Shape
from focusmesh.engine.grid.model.weights import weights_fault
from focusmesh.errors import CodecError, ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.grid.model.weights import Weights

_MAGIC, _VERSION = b"femto", 1
_HEAD = struct.Struct("<5sBcHHH")


def encoded_weights(shape: Shape, weights: Weights) -> bytes:
    """About 50 KB for the defaults."""
    arrays = [weights[name].astype("<f4").tobytes() for name in shape.arrays()]
    return _head(b"f", shape) + b"".join(arrays)


def encoded_quantised(shape: Shape, parts: Quantised) -> bytes:
    """About 17 KB for the defaults."""
    arrays = []
    for name in (*TABLES, *MATRICES):
        arrays += [parts.matrices[name].tobytes(), parts.scales[name].astype("<i4").tobytes()]
    arrays += [parts.biases[name].astype("<i4").tobytes() for name in BIASES]
    return _head(b"q", shape) + b"".join(arrays)


def decoded_weights(data: bytes) -> tuple[Shape, dict[str, npt.NDArray[np.float32]]]:
    """The inverse; CodecError for anything that ``encoded_weights`` does not write, numbers that are none included."""
    shape, source = _open(data, b"f")
    weights = {
        name: source.take("<f4", dimensions).astype(np.float32)
        for name, dimensions in shape.arrays().items()
    }
    source.close()
    fault = weights_fault(weights)
    if fault is not None:
        raise CodecError(f"a model's {fault}")
    return shape, weights


def decoded_quantised(data: bytes) -> tuple[Shape, Quantised]:
    """The inverse; CodecError for anything that ``encoded_quantised`` does not write."""
    shape, source = _open(data, b"q")
    matrices, scales = dict[str, npt.NDArray[np.int8]](), dict[str, npt.NDArray[np.int32]]()
    dimensions = shape.arrays()
    for name in (*TABLES, *MATRICES):
        rows, columns = dimensions[name]
        matrices[name] = source.take("<i1", (rows, columns))
        scales[name] = source.take("<i4", (rows if name in TABLES else columns,))
        largest = largest_scale(name)
        if not 1 <= scales[name].min() <= scales[name].max() <= largest:
            raise CodecError(f"a model's {name} has a scale out of 1 to {largest}")
        if (matrices[name] < -PEAK).any():
            raise CodecError(f"a model's {name} has an entry below −{PEAK}")
    biases = {name: source.take("<i4", dimensions[name]) for name in BIASES}
    source.close()
    return shape, Quantised(matrices, scales, biases)


def _head(kind: bytes, shape: Shape) -> bytes:
    return _HEAD.pack(_MAGIC, _VERSION, kind, shape.width, shape.hidden, shape.context)


def _open(data: bytes, kind: bytes) -> tuple[Shape, _Source]:
    if len(data) < _HEAD.size or not data.startswith(_MAGIC):
        raise CodecError(
            "these bytes are not a model: they do not begin with 'femto' and its sizes"
        )
    _, version, found, *sizes = _HEAD.unpack_from(data)
    if version != _VERSION:
        raise CodecError(f"a model of form version {version}; this focusmesh reads {_VERSION}")
    if found != kind:
        words = {b"f": "a model in float32", b"q": "a quantised model"}
        known = words.get(found, f"of unknown kind {found!r}")
        raise CodecError(f"these bytes are {known}; {words[kind]} was asked for")
    shape = Shape(*sizes)
    try:
        shape.verify()
    except ParameterError as error:
        raise CodecError(f"the model states impossible sizes: {error}") from error
    return shape, _Source(data, _HEAD.size)


class _Source:
    """Arrays taken from bytes one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def take(self, kind: str, dimensions: tuple[int, ...]) -> npt.NDArray[Any]:
        """The next array, a copy of its own in the machine's byte order."""
        count = int(np.prod(dimensions))
        end = self._at + count * np.dtype(kind).itemsize
        if end > len(self._data):
            raise CodecError(f"the model is cut short: it has {len(self._data)} bytes of {end}")
        array = np.frombuffer(self._data, kind, count, self._at).reshape(dimensions)
        self._at = end
        return array.astype(np.dtype(kind).newbyteorder("="))

    def close(self) -> None:
        """Raises CodecError if anything is left."""
        if self._at != len(self._data):
            raise CodecError(f"{len(self._data) - self._at} bytes follow the end of the model")
