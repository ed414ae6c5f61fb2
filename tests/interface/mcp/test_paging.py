"""How many items a budget has room for: found in few looks, and as looking at each of them finds it."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from focusmesh.interface.mcp.paging import fill

COSTS = st.lists(st.integers(0, 50), max_size=80)


@given(COSTS, st.integers(0, 600))
@example([0] * 40, 0)
@example([1] * 20 + [500] + [0] * 20, 100)
def test_it_is_the_largest_that_fits(costs: list[int], budget: int) -> None:
    sums = [7, *accumulate(costs, initial=7)][1:]
    looks = []

    def cost(count: int) -> int:
        looks.append(count)
        return sums[count]

    expected = max((at for at, total in enumerate(sums) if total <= budget and at), default=0)
    assert fill(len(costs), cost, budget) == expected
    # It rises by one at least where costs are even, and halves what is left where they are not.
    assert len(looks) <= len(costs) + 1


@pytest.mark.parametrize("most", [1, 16, 1_000])
def test_even_costs_are_looked_at_a_few_times_and_hardly_beyond(most: int) -> None:
    looks: list[int] = []

    def cost(count: int) -> int:
        looks.append(count)
        return 30 + 47 * count

    found = fill(most, cost, 20_000)
    assert found == min(most, (20_000 - 30) // 47)
    assert len(looks) <= 6
    assert max(looks) <= 1.05 * found + 16
