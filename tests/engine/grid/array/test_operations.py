"""Operations on planes, and models over them, against plain loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.grid.array import KAPPA, BlockArray, Interlocked, interlock, process
from focusmesh.engine.grid.array.prediction import WINDOW, as_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.progress import Step


class LastByte:
    """A model that expects the last byte of a window again, half of the time; it keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Sequence[bytes]] = []

    def forward_batch(self, windows: Sequence[bytes]) -> Any:
        self.asked.append(windows)
        shares = np.full((len(windows), 256), 0.5 / 255)
        for row, window in zip(shares, windows, strict=True):
            row[window[-1] if window else 0] = 0.5
        return shares


def filled(seed: int, side: int = 40) -> BlockArray:
    """Random bytes with random κ on a fifth of the blocks, of models 0, 1 and 2."""
    random = np.random.default_rng(seed)
    array = BlockArray(side)
    at = random.integers(0, side, (side**3 // 5, 3))
    count = len(at)
    array.set_many(
        at,
        random.integers(0, 256, count),
        kappa=random.random(count),
        model=random.integers(0, 3, count),
    )
    return array


@pytest.mark.parametrize("plane", [("up", None), ("y", 7), ("W", None)])
def test_activate_and_clear_do_all_of_a_plane_and_nothing_else(plane: tuple[str, Any]) -> None:
    array = filled(1)
    before = dict(array.blocks().items())
    there = dict(array.face(*plane).items())
    assert 0 < len(there) < 1_600
    done = interlock(array, "activate", *plane)
    assert done == Interlocked("activate", 1_600, 1_600 - len(there))
    after = dict(array.face(*plane).items())
    assert len(after) == 1_600
    assert {at: after[at] for at in there} == there
    assert {block.kappa for at, block in after.items() if at not in there} == {KAPPA}
    assert interlock(array, "clear", *plane) == Interlocked("clear", 1_600, 1_600)
    rest = {at: block for at, block in before.items() if at not in there}
    assert dict(array.blocks().items()) == rest


def test_sync_gives_the_mean_of_kappa_and_one_time() -> None:
    array = filled(2)
    before = dict(array.face("x", 3).items())
    assert interlock(array, "sync", "x", 3).changed == len(before)
    after = dict(array.face("x", 3).items())
    mean = float(np.mean([block.kappa for block in before.values()]))
    (synced,) = {block.kappa for block in after.values()}
    assert synced == pytest.approx(mean, abs=1e-6)
    assert {block.time for block in after.values()} == {array.tick}
    values = {at: (block.value, block.model) for at, block in before.items()}
    assert {at: (block.value, block.model) for at, block in after.items()} == values


def test_sync_of_nothing_changes_nothing() -> None:
    array = BlockArray(10)
    assert interlock(array, "sync", "up") == Interlocked("sync", 0, 0)
    assert array.tick == 0


def behind(array: BlockArray, at: tuple[int, int, int], axis: int, step: int) -> bytes:
    """The values before a block, read one by one."""
    values = []
    for back in range(WINDOW, 0, -1):
        place = list(at)
        place[axis] += step * back
        if 0 <= place[axis] < array.shape[axis]:
            block = array.get(*place)
            values += [int(block.value)] if block else []
    return bytes(values)


@pytest.mark.parametrize(
    ("plane", "axis", "step"),
    [(("z", 35), 2, -1), (("up", None), 2, -1), (("west", None), 0, 1), (("x", 0), 0, -1)],
)
def test_every_block_shows_its_model_what_lies_behind_it(
    plane: tuple[str, Any], axis: int, step: int
) -> None:
    array = filled(3)
    blocks = dict(array.face(*plane).items())
    models = {1: LastByte(), 2: LastByte()}
    steps: list[Step] = []
    work = process(array, models, *plane, batch=7, progress=steps.append)
    assert work.total + work.without_model == len(blocks)
    assert work.without_model == sum(block.model == 0 for block in blocks.values())
    seen = {}
    for batch in work:
        assert len(batch.blocks) <= 7
        rows = zip(batch.blocks.items(), batch.next_byte, batch.share, batch.surprise, strict=True)
        for (at, block), byte, share, surprise in rows:
            assert block == blocks[at]
            assert block.model == batch.model
            window = behind(array, at, axis, step)
            expected = window[-1] if window else 0
            assert (byte, share) == (expected, 0.5)
            found = 0.5 if block.value == expected else 0.5 / 255
            assert surprise == pytest.approx(-np.log(found))
            seen[at] = block
    assert seen == {at: block for at, block in blocks.items() if block.model}
    assert steps[-1].done == steps[-1].total == work.total


def test_equal_windows_are_worked_out_once_a_batch() -> None:
    array = BlockArray(30)
    interlock(array, "activate", "up")
    array.set_many(array.face("up").coordinates, 65, model=1)
    model = LastByte()
    (batch,) = process(array, {1: model}, "up", windows=b"ABC")
    assert model.asked == [[b"ABC"]]
    assert set(batch.next_byte.tolist()) == {ord("C")}


def test_what_is_likeliest_is_written_if_asked_for() -> None:
    array = BlockArray(10)
    for z in range(3):
        array.set(2, 2, z, 7.0 + z, model=1)
    read = list(process(array, {1: LastByte()}, "z", 2))
    assert array.get(2, 2, 2) == read[0].blocks.block(0)
    list(process(array, {1: LastByte()}, "z", 2, write=True))
    written = array.get(2, 2, 2)
    assert written is not None
    assert (written.value, written.time) == (8.0, array.tick)


def test_readings_far_outside_of_the_levels_are_at_their_ends() -> None:
    values = np.array([-1.7e308, -1e-300, 0.0, 1e-300, 1.7e308])
    found, good = as_bytes(values, (-1e-300, 1e-300))
    assert good.all()
    assert found.tolist() == [0, 0, 128, 255, 255]


def test_levels_make_bytes_of_readings() -> None:
    array = BlockArray(10)
    for z, value in enumerate([-3.0, 0.0, 0.5, 1.0, 7.0]):
        array.set(1, 1, z, value, model=1)
    model = LastByte()
    (batch,) = process(array, {1: model}, "z", 4, levels=(0.0, 1.0))
    assert model.asked == [[bytes([0, 0, 128, 255])]]
    assert batch.surprise[0] == pytest.approx(np.log(2))


def test_a_value_that_is_no_byte_has_no_surprise() -> None:
    array = BlockArray(10)
    array.set(1, 1, 1, 0.5, model=1)
    (batch,) = process(array, {1: LastByte()}, "z", 1)
    assert np.isnan(batch.surprise[0])
