"""Buckets of tokens: never more than the rate, never more of them than are remembered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from focusmesh.protocol.transport import Allowances


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(1, 5)), max_size=60))
def test_a_bucket_never_gives_more_than_its_rate(takes: list[tuple[float, float]]) -> None:
    now = 100.0
    bucket = Allowances(2.0, 10.0, lambda: now)
    given_tokens = 0.0
    for pause, cost in takes:
        now += pause
        if bucket.try_take("peer", cost):
            given_tokens += cost
        assert given_tokens <= 10.0 + 2.0 * (now - 100.0) + 1e-6
    assert bucket.level("somebody else") == 10.0


def test_buckets_are_forgotten_when_there_are_too_many() -> None:
    bucket = Allowances(1.0, 5.0, lambda: 0.0, remembered_max=4)
    for number in range(100):
        bucket.take(number, 5.0)
    assert len(bucket._filled) == 4
