"""What every section of a graph file has to be before anything of it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.support.parallel import even_chunks, run

if TYPE_CHECKING:
    import numpy.typing as npt

Arrays = Mapping[str, "npt.NDArray[Any]"]

_INDEX_CHUNK = 1 << 22


class InconsistentError(Exception):
    """Sections that contradict each other; the container turns it into a DamagedFileError."""


def array_of_type(arrays: Arrays, name: str, dtype: str, dimensions: int = 1) -> npt.NDArray[Any]:
    """The section of that name, type and number of dimensions; raises InconsistentError."""
    if name not in arrays:
        raise InconsistentError(f"section {name!r} is missing")
    if arrays[name].ndim != dimensions:
        raise InconsistentError(f"{name} has shape {arrays[name].shape}")
    if arrays[name].dtype != np.dtype(dtype):
        raise InconsistentError(f"{name} holds {arrays[name].dtype}, not {dtype}")
    return arrays[name]


def check_offsets(name: str, offsets: npt.NDArray[Any], end: int) -> None:
    """Offsets must ascend within 0 … end."""
    if len(offsets) and (
        offsets[0] < 0 or offsets[-1] > end or bool(np.any(offsets[1:] < offsets[:-1]))
    ):
        raise InconsistentError(f"{name} does not ascend from 0 to {end}")


def check_indices(name: str, indices: npt.NDArray[Any], count: int) -> None:
    """Indices must be below ``count``: one sequential read, on all cores."""

    def largest(span: tuple[int, int]) -> int:
        return int(indices[slice(*span)].max())

    top = max(run(largest, even_chunks(len(indices), _INDEX_CHUNK)), default=-1)
    if top >= count:
        raise InconsistentError(f"{name} has index {top} of only {count}")
