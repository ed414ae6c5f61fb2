"""Pages of mapped files: what was read once and is not needed now need not stay resident."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

WORTH = 1 << 28
"""Bytes below which an array stays where it is: mapping its pages again would cost more than they are worth."""


def let_go(*arrays: npt.NDArray[Any] | None) -> None:
    """Gives back the pages of those arrays that are views of a mapped file; they are read again when touched.

    The arrays must be contiguous and not have been written to. Arrays in memory of their own, and small ones, are left
    alone; so is everything where the system knows no such advice.
    """
    for array in arrays:
        buffer = None if array is None or array.nbytes < WORTH else _mapping(array)
        if array is None or buffer is None or not hasattr(mmap, "MADV_DONTNEED"):
            continue
        first = array.ctypes.data - np.frombuffer(buffer, dtype=np.uint8).ctypes.data
        begin = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE
        end = (first + array.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
        buffer.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def _mapping(array: npt.NDArray[Any]) -> mmap.mmap | None:
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    return base if isinstance(base, mmap.mmap) else None
