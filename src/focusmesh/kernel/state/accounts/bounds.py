"""Between which limits votes can set a number, and how far they can move it within one window."""

from __future__ import annotations

from typing import NamedTuple

SHARE_SCALE = 1_000
"""Shares are in parts of a thousand."""


class Bound(NamedTuple):
    """``least`` ≤ value ≤ ``most``; the largest ``factor`` between values of one window; whether it only ``grows``."""

    least: int
    most: int
    factor: int
    grows: bool = False
