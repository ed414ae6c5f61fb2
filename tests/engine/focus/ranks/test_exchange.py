"""Ranks exchange alike: one body over threads of a process, processes with sockets, and a rank alone."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.focus.ranks import Alone, added_whole, run_ranks, sum_over_ranks
from focusmesh.errors import RankError
from tests.engine.focus.ranks.exchanging import exchanged, expected_of

if TYPE_CHECKING:
    from focusmesh.engine.focus.ranks import Ranks, ThreadRanks

SECONDS = 30.0


def test_a_rank_alone() -> None:
    assert exchanged(Alone()) == expected_of(0, 1)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_threads(count: int) -> None:
    assert run_ranks(count, exchanged, SECONDS) == [
        expected_of(rank, count) for rank in range(count)
    ]


def test_sums_have_the_same_bits_on_all_ranks() -> None:
    def work(ranks: Ranks) -> tuple[bytes, int]:
        random = np.random.default_rng(ranks.rank)
        total = sum_over_ranks(ranks, random.standard_normal(100) * 1e10 ** random.random(100))
        return total.tobytes(), added_whole(ranks, (1 << 62) + ranks.rank)

    told = run_ranks(3, work, SECONDS)
    assert len({bits for bits, _ in told}) == 1
    assert {whole for _, whole in told} == {3 * (1 << 62) + 3}


def test_a_rank_that_fails_is_heard_of_at_once() -> None:
    def work(ranks: ThreadRanks) -> list[Any]:
        if ranks.rank == 1:
            raise ValueError("here")
        with pytest.raises(RankError, match=r"some ranks are missing; rank 1 has ended: here"):
            ranks.gather(np.ones(1))
        raise ValueError("there")

    begun = time.monotonic()
    with pytest.raises(ValueError, match="here"):
        run_ranks(3, work, SECONDS)
    assert time.monotonic() - begun < SECONDS


def test_a_rank_that_does_not_come_is_not_waited_for_forever() -> None:
    late = threading.Event()

    def work(ranks: ThreadRanks) -> None:
        if ranks.rank == 1:
            late.wait(SECONDS)
        else:
            try:
                ranks.gather(np.ones(1))
            finally:
                late.set()

    with pytest.raises(RankError, match="rank 0 of 2: some ranks are missing; in time"):
        run_ranks(2, work, 0.2)
