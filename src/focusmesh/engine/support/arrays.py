"""Names for the array types that the engine passes around, and pairs of indices as one number each."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IndexArray: TypeAlias = npt.NDArray[np.uint32]
OffsetArray: TypeAlias = npt.NDArray[np.int64]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
WeightArray: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.signedinteger[Any]] | npt.NDArray[np.unsignedinteger[Any]]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
MassArray: TypeAlias = npt.NDArray[np.uint64]
RealArray: TypeAlias = "npt.NDArray[np.floating[Any]]"
"""float32 or float64, as the caller chooses."""

_HALF = np.uint64(32)


def pair_keys(first: IndexArray, second: IndexArray) -> MassArray:
    """Pairs of indices as numbers that rise as the pairs do: ``first``·2³² + ``second``."""
    return first.astype(np.uint64) << _HALF | second


def pair_ends(keys: MassArray) -> tuple[IndexArray, IndexArray]:
    """The indices of ``pair_keys``."""
    return (keys >> _HALF).astype(np.uint32), keys.astype(np.uint32)
