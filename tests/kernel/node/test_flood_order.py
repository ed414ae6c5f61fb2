"""A flood of ten times what blocks hold does not keep honest signals waiting; first come, first served does."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from benchmarks.attack.flood import FloodCase, waits_in

SOAK = bool(os.environ.get("FOCUSMESH_SOAK"))
CALM = (
    FloodCase()
    if SOAK
    else FloodCase(capacity=40, room=1_600, blocks=48, neurons=6, newcomers=1, keys=400)
)
SHARES = (0.01, 1 / 3)


@pytest.mark.parametrize("share", SHARES)
def test_honest_signals_old_and_new_wait_at_most_twice_as_long(share: float) -> None:
    calm, flooded = waits_in(CALM), waits_in(replace(CALM, flood=10, share=share))
    assert flooded.old <= 2 * calm.old
    assert flooded.new <= 2 * calm.new


@pytest.mark.parametrize("share", SHARES)
def test_first_come_first_served_they_would_wait_twenty_times_as_long(share: float) -> None:
    fifo = replace(CALM, is_fair=False)
    calm, flooded = waits_in(fifo), waits_in(replace(fifo, flood=10, share=share))
    assert flooded.old >= 20 * calm.old
    assert flooded.new >= 20 * calm.new


def test_without_weights_a_fair_order_is_none() -> None:
    """All neurons alike: then a thousand keys are a thousand shares."""
    flooded = waits_in(replace(CALM, flood=10, share=0.999))
    assert flooded.old > 2
