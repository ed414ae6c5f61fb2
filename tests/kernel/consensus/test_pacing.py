"""How long a leader is waited for."""

from __future__ import annotations

import pytest

from focusmesh.errors import ParameterError
from focusmesh.kernel.consensus import Pace
from focusmesh.kernel.consensus.round_timer import RoundTimer
from tests.kernel.consensus.scheduling import Net, key, validator_set

PACE = Pace(least=200, first=1_000, most=30_000, resend=500)
VALIDATORS = [key(number).public for number in range(4)]


def test_who_is_not_there_is_waited_for_once() -> None:
    patience = RoundTimer(PACE, validator_set((1,) * 4))
    assert patience.of(VALIDATORS[3]) == 1_000
    patience.note_missed(VALIDATORS[3])
    assert patience.of(VALIDATORS[3]) == 50
    assert patience.of(VALIDATORS[0]) == 1_000, "others have their time"
    patience.note_heard(VALIDATORS[3])
    assert patience.of(VALIDATORS[3]) == 1_000


def test_where_no_quorum_is_heard_everybody_is_waited_for() -> None:
    """Else slow lines would look like validators that are gone, and nobody would ever have enough time."""
    patience = RoundTimer(PACE, validator_set((1,) * 4))
    for validator in VALIDATORS[2:]:
        patience.note_missed(validator)
    assert patience.of(VALIDATORS[3]) == 1_000
    patience.note_heard(VALIDATORS[2])
    assert patience.of(VALIDATORS[3]) == 50


def test_a_pace_that_is_none_is_refused() -> None:
    with pytest.raises(ParameterError):
        RoundTimer(Pace(least=0), validator_set((1,) * 4))


def test_a_time_without_a_quorum_is_soon_forgotten() -> None:
    """Killed one after the other, validators had rounds of 30 seconds for a minute after all of them were back."""
    patience = RoundTimer(PACE, validator_set((1,) * 4))
    for _ in range(20):
        patience.note_notarised(120)
    usual = patience.milliseconds
    assert usual < 700
    for _ in range(4):
        patience.timed_out()
    patience.note_notarised(60_000)
    assert patience.milliseconds > 4 * usual, "it is not hurried again at once"
    patience.note_notarised(120)
    assert patience.milliseconds < 2 * usual


def test_rounds_that_truly_take_longer_are_given_it() -> None:
    """From 100 ms to 20 s, where messages became slow for good: within 40 rounds nobody is hurried any more."""
    patience = RoundTimer(PACE, validator_set((1,) * 4))
    for _ in range(20):
        patience.note_notarised(100)
    came = []
    for _ in range(60):
        in_time = patience.milliseconds >= 20_000
        came.append(in_time)
        if in_time:
            patience.note_notarised(20_000)
        else:
            patience.timed_out()
    assert all(came[40:]), came


@pytest.mark.parametrize("waits", [False, True])
def test_one_of_four_that_is_gone_doubles_no_rounds(
    waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the defence off each of its rounds is waited for, twice as long after every one of them."""
    if waits:
        monkeypatch.setattr(RoundTimer, "is_silent", lambda patience, leader: False)
    net = Net((1,) * 4, seed=3, absent=[3])
    net.begin()
    net.run(3_000)
    heights = [node.height for node in net.honest]
    assert (min(heights) > 130) is not waits, heights
