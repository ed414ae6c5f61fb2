"""Names for the array types that the engine passes around."""

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
