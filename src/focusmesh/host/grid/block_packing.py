"""Blocks for whoever draws them: a head of 48 bytes, then 12 bytes a block, which a graphics card takes as they are."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.grid.array import Blocks

MAGIC, VERSION = b"FMGB", 1
BLOCKS_MAX = 2_000_000
REACH_MAX = 1 << 16
_LARGEST = float(np.finfo(np.float32).max)
_HEAD = struct.Struct("<4sIII3I3Iff")
_BLOCK = np.dtype(
    [("place", "<u2", 3), ("model", "<u2"), ("value", "u1"), ("kappa", "u1"), ("spare", "<u2")]
)


def pack_blocks(blocks: Blocks, limit: int) -> bytes:
    """``blocks`` as bytes, at most ``limit`` of them, evenly chosen; the head says how many there are.

    magic ‖ version ‖ count ‖ total ‖ lowest corner ‖ size (three numbers each) ‖ least ‖ most value; then for each
    block x, y, z from the corner, model; value and κ in 256 steps, from least to most and from 0 to 1; two bytes 0.
    Least and most beyond float32 are told as its largest. All numbers little end first. O(n).
    Raises ParameterError where blocks lie 65,536 apart or more.
    """
    total = len(blocks.keys)
    if not total:
        return _HEAD.pack(MAGIC, VERSION, 0, 0, 0, 0, 0, 0, 0, 0, 0.0, 0.0)
    chosen = np.unique(np.linspace(0, total - 1, min(limit, total)).astype(np.int64))
    places, value = blocks.coordinates[chosen], blocks.value[chosen]
    low = places.min(axis=0)
    size = places.max(axis=0) - low + 1
    if size.max() > REACH_MAX:
        raise ParameterError(
            f"blocks that lie {REACH_MAX:,} or more apart cannot be sent at once: ask for a box"
        )
    least, most = float(value.min()), float(value.max())
    made = np.zeros(len(chosen), _BLOCK)
    made["place"] = places - low
    made["model"] = blocks.model[chosen]
    # Halves, for the whole span of two numbers may be more than a number holds.
    half_span = most / 2 - least / 2
    made["value"] = np.rint((value / 2 - least / 2) / (half_span or 1.0) * 255)
    made["kappa"] = np.rint(np.clip(blocks.kappa[chosen], 0, 1) * 255)
    ends = np.clip([least, most], -_LARGEST, _LARGEST).tolist()
    head = _HEAD.pack(MAGIC, VERSION, len(chosen), total, *low.tolist(), *size.tolist(), *ends)
    return head + made.tobytes()
