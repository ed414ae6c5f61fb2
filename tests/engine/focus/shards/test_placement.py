"""Where particles live: by the hash of their digests alone, evenly, and stably when shards are halved."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.focus import IntegerAxons, shard_of
from focusmesh.engine.focus.shards.murmur import murmur3_64
from focusmesh.engine.focus.shards.placement import SHARDS_MOST, Placing
from focusmesh.errors import InputError, ParameterError

DIGESTS = np.random.default_rng(5).integers(0, 256, (2000, 32), dtype=np.uint8)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 1000, SHARDS_MOST])
def test_the_key_is_scaled_to_the_count(count: int) -> None:
    keys = murmur3_64(DIGESTS).tolist()
    assert shard_of(DIGESTS, count).tolist() == [key * count >> 64 for key in keys]


def test_shards_are_about_even() -> None:
    assert np.bincount(shard_of(DIGESTS, 4), minlength=4).tolist() == pytest.approx(
        [500] * 4, abs=80
    )


@pytest.mark.parametrize("count", [1, 3, 100])
def test_twice_as_many_shards_halve_each(count: int) -> None:
    assert np.array_equal(shard_of(DIGESTS, 2 * count) // 2, shard_of(DIGESTS, count))


@pytest.mark.parametrize("count", [0, -1, SHARDS_MOST + 1])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(ParameterError, match="1 ≤ count"):
        shard_of(DIGESTS, count)


def test_a_name_lives_in_its_shard_in_any_graph() -> None:
    names = [f"particle {i}" for i in range(40)]
    homes = []
    for order in (names, names[::-1]):
        axons = IntegerAxons.of(Graph.from_edges(order[:-1], order[1:]))
        placing = Placing.of(axons, 5)
        held = [axons.names[int(i)] for i in axons.structure.order]
        homes.append(dict(zip(held, placing.shard.tolist(), strict=True)))
    assert homes[0] == homes[1]


def test_places_and_positions_are_each_other_s_inverse() -> None:
    placing = Placing(np.array([2, 0, 2, 1, 0, 2], dtype=np.uint32), 4)
    assert [placing.positions(shard).tolist() for shard in range(4)] == [[1, 4], [3], [0, 2, 5], []]
    assert placing.members[placing.place].tolist() == list(range(6))
    assert placing.local.tolist() == [0, 0, 1, 0, 1, 2]


def test_a_shard_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="shard 3 is not among 3"):
        Placing(np.array([3], dtype=np.uint32), 3)
