"""The largest entries and those of a part are what sorting and counting say."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.support.selection import largest, places_within

SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=40)


@given(SCORES, st.integers(1, 50))
def test_the_largest_come_first_and_equal_ones_by_place(scores: list[float], count: int) -> None:
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:count]
    assert largest(np.array(scores), count).tolist() == expected


@given(st.sets(st.integers(0, 30)), st.integers(0, 30), st.integers(0, 30))
def test_places_of_a_part_count_from_its_begin(places: set[int], start: int, length: int) -> None:
    part = slice(start, start + length)
    expected = [place - start for place in sorted(places) if start <= place < part.stop]
    assert places_within(np.array(sorted(places), np.int64), part).tolist() == expected
