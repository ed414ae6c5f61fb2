"""Points of peers: what is remembered, how it fades, how long a peer stays away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import ParameterError
from focusmesh.protocol.transport import COSTS, ScoreLimits, Scores

PEER = b"p" * 32


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_grave_fault_is_enough_and_is_forgiven_in_time() -> None:
    clock = Clock()
    scores = Scores(clock)
    assert scores.banned_s(PEER) == 0
    assert scores.why_not(PEER) == ""
    assert scores.blame(PEER, "flow")
    assert scores.banned_s(PEER) == 60
    assert "60 s" in scores.why_not(PEER)
    clock.now += 60
    assert scores.banned_s(PEER) == 0


def test_small_faults_add_up_and_fade() -> None:
    clock = Clock()
    scores = Scores(clock)
    assert not any(scores.blame(PEER, "question") for _ in range(4))
    assert scores.points(PEER) == 80
    clock.now += 600
    assert scores.points(PEER) == 40
    assert not any(scores.blame(PEER, "question") for _ in range(2))
    assert scores.blame(PEER, "question")
    assert scores.points(PEER) == 0


def test_who_comes_back_and_does_it_again_stays_away_for_longer() -> None:
    clock = Clock()
    scores = Scores(clock)
    lasted = []
    for _ in range(14):
        scores.blame(PEER, "rules")
        lasted.append(scores.banned_s(PEER))
        clock.now += lasted[-1]
    assert lasted[:5] == [60, 120, 240, 480, 960]
    assert lasted[-1] == 86_400
    clock.now += 86_400
    scores.blame(PEER, "rules")
    assert scores.banned_s(PEER) == 60


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([*COSTS, "other"])), max_size=200))
def test_memory_is_bounded_and_innocents_stay_welcome(faults: list[tuple[int, str]]) -> None:
    clock = Clock()
    scores = Scores(clock, ScoreLimits(remembered_max=8))
    for who, fault in faults:
        scores.blame(who, fault)
        clock.now += 1
    assert len(scores._records) <= 8
    assert scores.banned_s("innocent") == scores.points("innocent") == 0


def test_who_is_away_is_forgotten_last() -> None:
    scores = Scores(Clock(), ScoreLimits(remembered_max=8))
    scores.blame("away", "flow")
    for number in range(100):
        scores.blame(number, "time")
    assert scores.banned_s("away") == 60


def test_limits_are_checked() -> None:
    with pytest.raises(ParameterError, match="half_life_s = 0"):
        Scores(Clock(), ScoreLimits(half_life_s=0))
    with pytest.raises(ParameterError, match="'odd' costs -1"):
        Scores(Clock(), ScoreLimits(costs={"odd": -1}))
