"""The base price moves as EIP-1559's base fee: vectors that clients of Ethereum test themselves with.

Two sources: ``calculate_base_fee_success`` of alloy-rs/eips (``src/eip1559/helpers.rs``, before in paradigmxyz/reth),
and ``TestCalcBaseFee`` of ethereum/go-ethereum (``consensus/misc/eip1559/eip1559_test.go``). A block of theirs is one
interval of ours, its gas limit is two targets. Older vectors of hyperledger/besu are of a draft that rounded otherwise.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.kernel.state import BasePrice, FeeRules, next_price
from focusmesh.protocol.signal import AMOUNT_MAX

ALLOY = [
    (1000000000, 10000000, 10000000, 1125000000),
    (1000000000, 10000000, 12000000, 1083333333),
    (1000000000, 10000000, 14000000, 1053571428),
    (1072671875, 9000000, 10000000, 1179939062),
    (1059263476, 10001000, 14000000, 1116028649),
    (1049238967, 0, 2000000, 918084097),
    (1049238967, 10000000, 18000000, 1063811730),
    (0, 10000000, 18000000, 1),
    (1, 10000000, 18000000, 2),
    (2, 10000000, 18000000, 3),
]
"""Base fee, gas used, gas limit, next base fee."""
GETH = [
    (1000000000, 10000000, 20000000, 1000000000),
    (1000000000, 9000000, 20000000, 987500000),
    (1000000000, 11000000, 20000000, 1012500000),
]

ELASTICITY_MULTIPLIER, BASE_FEE_MAX_CHANGE_DENOMINATOR = 2, 8


@pytest.mark.parametrize(("price", "used", "limit", "after"), [*ALLOY, *GETH])
def test_a_price_moves_as_the_base_fee_of_these_clients(
    price: int, used: int, limit: int, after: int
) -> None:
    assert next_price(price, used, limit // 2) == after


@pytest.mark.parametrize(("price", "used", "limit", "after"), [*ALLOY[1:7], *GETH])
def test_an_interval_is_one_block_of_theirs(price: int, used: int, limit: int, after: int) -> None:
    rules = FeeRules(units_max=limit)
    now = BasePrice(price, 5_000).paying(used)
    assert now.at(5_999, rules) == now
    assert now.at(6_000, rules) == BasePrice(after, 6_000, 0, used)


def expected_base_fee(parent_base_fee: int, parent_gas_used: int, parent_gas_limit: int) -> int:
    """The check of ``validate_block`` in the text of EIP-1559, with its names."""
    parent_gas_target = parent_gas_limit // ELASTICITY_MULTIPLIER
    if parent_gas_used == parent_gas_target:
        return parent_base_fee
    if parent_gas_used > parent_gas_target:
        gas_used_delta = parent_gas_used - parent_gas_target
        base_fee_per_gas_delta = max(
            parent_base_fee
            * gas_used_delta
            // parent_gas_target
            // BASE_FEE_MAX_CHANGE_DENOMINATOR,
            1,
        )
        return parent_base_fee + base_fee_per_gas_delta
    gas_used_delta = parent_gas_target - parent_gas_used
    return parent_base_fee - (
        parent_base_fee * gas_used_delta // parent_gas_target // BASE_FEE_MAX_CHANGE_DENOMINATOR
    )


@given(
    price=st.integers(1, AMOUNT_MAX // 2),
    limit=st.integers(1, 1 << 20).map(lambda half: 2 * half),
    parts=st.lists(st.integers(0, 1_000), min_size=1, max_size=20),
    gaps=st.lists(st.integers(1, 30), min_size=20, max_size=20),
)
def test_many_intervals_are_many_blocks(
    price: int, limit: int, parts: list[int], gaps: list[int]
) -> None:
    """Blocks at random times: an interval without one is a block without a transaction."""
    rules, time, model = FeeRules(units_max=limit), 0, price
    now = BasePrice(price, 0)
    for part, gap in zip(parts, gaps, strict=False):
        used = limit * part // 1_000
        now, time = now.paying(used), time + gap * rules.price_ms
        for gas in (used, *[0] * (gap - 1)):
            model = min(max(expected_base_fee(model, gas, limit), 1), AMOUNT_MAX)
        now = now.at(time, rules)
        assert (now.price, now.since, now.units) == (model, time, 0)


@given(price=st.integers(1, AMOUNT_MAX), years=st.integers(1, 1_000))
def test_however_long_nobody_paid_few_steps_are_taken(price: int, years: int) -> None:
    rules, steps = FeeRules(), 0
    at = price
    while (lower := next_price(at, 0, rules.units_target)) < at:
        at, steps = lower, steps + 1
    assert steps <= 400
    assert BasePrice(price, 0).at(years * 31_557_600_000, rules).price == at
    assert at == min(price, 7)


@given(
    price=st.integers(1, AMOUNT_MAX // 2),
    units=st.integers(0, 1 << 40),
    most=st.integers(2, 1 << 30),
)
def test_a_price_moves_by_an_eighth_at_most(price: int, units: int, most: int) -> None:
    after = next_price(price, units, FeeRules(units_max=most).units_target)
    assert price - price // 8 <= after <= price + max(price // 8, 1)
