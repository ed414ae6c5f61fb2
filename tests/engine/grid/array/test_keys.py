"""Morton keys against the definition, bit by bit."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.grid.array import decode, decode_one, encode, encode_one, pairs
from focusmesh.engine.grid.array.morton import AXIS_BITS, box_keys, neighbour_keys

COORDINATE = st.integers(0, 2**AXIS_BITS - 1)
PLACES = st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE), min_size=1, max_size=20)


def interleaved(x: int, y: int, z: int) -> int:
    bits = (
        (number >> bit & 1) << (3 * bit + axis)
        for axis, number in enumerate((x, y, z))
        for bit in range(AXIS_BITS)
    )
    return sum(bits)


@given(PLACES)
def test_keys_take_bits_in_turn_and_come_back(places: list[tuple[int, int, int]]) -> None:
    rows = np.array(places)
    keys = encode(rows)
    assert keys.tolist() == [interleaved(*at) for at in places] == [encode_one(*a) for a in places]
    assert decode(keys).tolist() == rows.tolist()
    assert [decode_one(key) for key in keys.tolist()] == places


@given(PLACES, st.integers(0, 2), st.booleans())
def test_one_step_is_one_coordinate(
    places: list[tuple[int, int, int]], axis: int, forward: bool
) -> None:
    rows = np.array(places)
    stepped = rows.copy()
    stepped[:, axis] = (stepped[:, axis] + (1 if forward else -1)) % 2**AXIS_BITS
    assert neighbour_keys(encode(rows), axis, forward).tolist() == encode(stepped).tolist()


@given(st.tuples(*[st.tuples(st.integers(0, 40), st.integers(0, 20))] * 3))
def test_the_keys_of_a_box_rise_and_are_its_blocks(sides: tuple[tuple[int, int], ...]) -> None:
    low, high = [at for at, _ in sides], [at + length for at, length in sides]
    inside = product(*(range(start, end) for start, end in zip(low, high, strict=True)))
    assert box_keys(low, high).tolist() == sorted(interleaved(*at) for at in inside)


@given(st.sets(st.tuples(*[st.integers(0, 5)] * 3), max_size=60))
def test_pairs_are_blocks_that_share_a_face(places: set[tuple[int, int, int]]) -> None:
    rows = np.array(sorted(places, key=lambda at: interleaved(*at))).reshape(-1, 3)
    found = {tuple(sorted(pair)) for pair in pairs(encode(rows)).tolist()}
    known = {
        (one, other)
        for one, other in product(range(len(rows)), repeat=2)
        if one < other and np.abs(rows[one] - rows[other]).sum() == 1
    }
    assert found == known
    assert len(pairs(encode(rows))) == len(known)


def test_a_block_at_the_end_of_an_axis_is_not_beside_one_at_its_beginning() -> None:
    last = 2**AXIS_BITS - 1
    keys = encode(np.array([[0, 0, 0], [last, 0, 0]]))
    assert len(pairs(keys)) == 0
