"""Boxes of blocks, and the shapes and corners that they are said with."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Corner: TypeAlias = tuple[int, int, int]
Shape: TypeAlias = tuple[int, int, int]


class Box(NamedTuple):
    """The blocks with low ≤ (x, y, z) < high."""

    low: Corner
    high: Corner
