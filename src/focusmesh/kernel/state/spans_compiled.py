"""The loop of spans.py, compiled."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def copy(source: Array, start: Array, stop: Array, target: Array, at: Array) -> None:
    """Each ``source[start[i]:stop[i]]`` to ``target`` from ``at[i]`` on."""
    for i in range(len(at)):
        length = stop[i] - start[i]
        target[at[i] : at[i] + length] = source[start[i] : stop[i]]
