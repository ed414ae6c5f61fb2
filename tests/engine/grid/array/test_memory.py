"""What an array takes: bytes a block in every form, and a fresh process that has one."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.engine.grid.array import BlockArray, interlock
from focusmesh.engine.grid.array.dense import DENSE_FROM

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Measured, NotRun

BYTES_A_BLOCK_MAX = 64
FRESH_MB_MAX = 200

FRESH = """
def most():
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


from focusmesh.engine.grid.array import BlockArray, interlock
array = BlockArray(1000)
array.set(1, 2, 3, 4.0)
print(most())
interlock(array, "activate", "up")
print(most())
import sys
print("numba" in sys.modules)
"""


def face() -> BlockArray:
    array = BlockArray(1_000)
    interlock(array, "activate", "up")
    return array


def thin_tiles() -> BlockArray:
    """Tiles just dense: the most that an active block can take."""
    array = BlockArray(160)
    places = np.random.default_rng(1).permutation(4_096)[:DENSE_FROM]
    local = np.stack((places % 16, places // 16 % 16, places // 256), axis=1)
    corners = np.stack(np.meshgrid(*[range(0, 160, 16)] * 3), axis=-1).reshape(-1, 1, 3)
    array.activate_many((corners + local).reshape(-1, 3))
    assert array.dense_tiles == 1_000
    return array


def scattered() -> BlockArray:
    array = BlockArray(1_000)
    array.set_many(np.random.default_rng(1).integers(0, 1_000, (1_000_000, 3)), 1.0)
    return array


@pytest.mark.parametrize("make", [face, thin_tiles, scattered])
def test_an_active_block_takes_at_most_64_bytes(make: Callable[[], BlockArray]) -> None:
    make()
    tracemalloc.start()
    try:
        array = make()
        # The set of changed tiles is not of the blocks, and ends when it is asked for.
        array.take_dirty()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert array.count >= 990_000
    assert taken <= BYTES_A_BLOCK_MAX * array.count
    assert array.memory_bytes <= taken <= array.memory_bytes * 1.1 + 1e6


def test_a_tile_turns_dense_and_sparse_and_keeps_its_blocks() -> None:
    array = BlockArray(32)
    array.activate_box((0, 0, 0), (16, 16, 5))
    # Reading tiles merges what waits.
    before = list(array.tiles())
    assert array.dense_tiles == 1
    array.clear_box((0, 0, 4), (16, 16, 5))
    assert (array.count, array.dense_tiles) == (1_024, 0)
    array.activate_box((0, 0, 4), (16, 16, 5))
    array.set_many(array.blocks().coordinates, time=1)
    assert list(array.tiles()) == before
    assert array.dense_tiles == 1


def test_a_fresh_process_with_an_array_is_small(measured: Measured, not_run: NotRun) -> None:
    if not sys.platform.startswith("linux"):
        not_run("peak memory is not in a file here", sys.platform)
    command = [sys.executable, "-c", FRESH]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    one, million, compiled = done.stdout.split()
    measured(f"a fresh process with a 1000³ array: {one} MB, with a face of 10⁶: {million} MB")
    assert int(one) < FRESH_MB_MAX
    assert int(million) < FRESH_MB_MAX
    assert compiled == "False"
