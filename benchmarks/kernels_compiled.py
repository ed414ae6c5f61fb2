"""The streaming read that bounds every pass over the links."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def read_both(first: Array, second: Array, span: tuple[int, int]) -> np.uint64:
    """Exclusive or of two arrays of 64-bit words over a range: every byte is read, nothing else is done."""
    mixed = np.uint64(0)
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        mixed ^= first[at] ^ second[at]
    return mixed
