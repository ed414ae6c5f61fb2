"""Ranges among workers, and fields by shards: equal bits for any number, whole borders, little movement."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh.engine.grid.array import (
    BlockArray,
    Ranges,
    ShardedField,
    hashed_worker,
    locality,
    pairs,
    shards,
)
from focusmesh.engine.support.parallel import limited

NAMES = ["ann", "bob", "cem", "dia", "eva", "fay", "gus", "hal"]


def blocks() -> tuple[np.ndarray, np.ndarray]:
    """Keys and values of a full cube with holes and a lonely block."""
    random = np.random.default_rng(5)
    array = BlockArray(60)
    array.activate_box((3, 5, 7), (40, 38, 41))
    array.clear_many(random.integers(0, 60, (5_000, 3)))
    array.activate(59, 59, 59)
    keys = array.blocks().keys
    return keys, random.random(len(keys), dtype=np.float32)


def by_hand(keys: np.ndarray, values: np.ndarray, rest: float) -> np.ndarray:
    """One cycle with a dictionary."""
    near: dict[int, list[float]] = {at: [] for at in range(len(keys))}
    for one, other in pairs(keys).tolist():
        near[one].append(float(values[other]))
        near[other].append(float(values[one]))
    stepped = []
    for at, value in enumerate(values.astype(np.float64)):
        mean = np.mean(near[at]) if near[at] else value
        value = value + 0.1 * (mean - value)
        stepped.append(value + 0.06 * (rest - value))
    return np.array(stepped)


def test_a_cycle_is_what_its_formula_says() -> None:
    keys, values = blocks()
    field = ShardedField(keys, values, Ranges.even(keys, NAMES[:3]))
    field.cycle(rest=0.3)
    np.testing.assert_allclose(field.values, by_hand(keys, values, 0.3), rtol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_any_number_of_shards_and_threads_has_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    monkeypatch.setattr(shards, "COMPILED_FROM_LINKS", 0 if compiled else 10**9)
    keys, values = blocks()
    found = []
    for count in (1, 2, 5, 8):
        for threads in (1, 2):
            with limited(threads):
                field = ShardedField(keys, values, Ranges.even(keys, NAMES[:count]))
                field.cycle(4)
                found.append(field.values.tobytes())
    assert len({*found}) == 1


def test_compiled_and_numpy_have_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, values = blocks()
    found = []
    for threshold in (0, 10**9):
        monkeypatch.setattr(shards, "COMPILED_FROM_LINKS", threshold)
        field = ShardedField(keys, values, Ranges.even(keys, NAMES[:2]))
        field.cycle(3)
        found.append(field.values.tobytes())
    assert found[0] == found[1]


def test_a_border_that_is_not_sent_is_noticed() -> None:
    """The must-fail twin: without the halo the outcome depends on the cut."""
    keys, values = blocks()
    whole, cut = (ShardedField(keys, values, Ranges.even(keys, NAMES[:n])) for n in (1, 4))
    for shard in cut.shards:
        shard.meet(np.empty(0, dtype=np.uint64))
    whole.cycle()
    cut.cycle()
    assert not np.array_equal(whole.values, cut.values)


def test_what_is_sent_are_the_blocks_beside_other_shards() -> None:
    keys, values = blocks()
    ranges = Ranges.even(keys, NAMES[:4])
    worker = ranges.worker_of(keys)
    crossing = {
        (at, int(worker[to]))
        for one, other in pairs(keys).tolist()
        for at, to in ((one, other), (other, one))
        if worker[at] != worker[to]
    }
    field = ShardedField(keys, values, ranges)
    # A block is sent where a key beside it could be active, which it need not be.
    assert len(crossing) <= field.halo_count <= 2 * len(crossing)
    field.cycle(3)
    assert field.sent_bytes == field.halo_count * (8 + 3 * 4)


def test_ranges_are_whole_tiles_and_nearly_even() -> None:
    keys, _ = blocks()
    ranges = Ranges.even(keys, NAMES[:4], count=20)
    assert all(first % 4_096 == 0 for first in ranges.firsts)
    counts = np.diff(np.searchsorted(keys, [*ranges.firsts, 2**63]))
    assert counts.sum() == len(keys)
    assert counts.max() <= len(keys) / 20 + 4_096


def test_a_range_begins_with_its_first_key() -> None:
    ranges = Ranges((0, 4_096, 8_192, 12_288), tuple(NAMES))
    keys = np.array([0, 4_095, 4_096, 8_191, 8_192, 2**62], dtype=np.uint64)
    assert ranges.worker_of(keys).tolist() == ranges.holders[[0, 0, 1, 1, 2, 3]].tolist()
    assert len({*ranges.holders.tolist()}) > 1


def test_a_worker_takes_nothing_along_but_its_own() -> None:
    firsts = tuple(range(0, 2_000 * 4_096, 4_096))
    before = Ranges(firsts, tuple(NAMES))
    held = np.bincount(before.holders, minlength=8)
    assert held.min() > 0.7 * len(firsts) / 8
    for gone in range(8):
        left = [name for name in NAMES if name != NAMES[gone]]
        after = before.with_workers(left)
        stayed = before.holders != gone
        names = np.array(NAMES)[before.holders]
        assert (np.array(left)[after.holders] == names)[stayed].all()


def test_ranges_are_more_local_than_hashes() -> None:
    keys, _ = blocks()
    beside = pairs(keys)
    ranges = Ranges.even(keys, NAMES[:4])
    assert locality(ranges.worker_of(keys), beside) > 0.85
    assert locality(hashed_worker(keys, 4), beside) == pytest.approx(0.25, abs=0.01)
    assert locality(hashed_worker(keys, 1), beside) == 1.0
    assert locality(hashed_worker(keys[:1], 4), pairs(keys[:1])) == 1.0


def test_no_blocks_are_no_trouble() -> None:
    empty = np.empty(0, dtype=np.uint64)
    field = ShardedField(empty, empty.astype(np.float32), Ranges.even(empty, NAMES[:2]))
    field.cycle(2)
    assert (len(field.values), field.sent_bytes) == (0, 0)
