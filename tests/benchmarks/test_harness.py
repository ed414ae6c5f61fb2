from __future__ import annotations

import pytest

from benchmarks.harness import Target, interleaved, ratio, table


def test_turns_are_taken_in_rounds_until_one_has_had_its_time() -> None:
    taken: list[str] = []

    def turn(name: str, seconds: float) -> float:
        taken.append(name)
        return seconds

    times = interleaved(
        {"slow": lambda: turn("slow", 3.0), "fast": lambda: turn("fast", 1.0)},
        rounds=4,
        seconds_each=4.0,
    )
    assert taken == ["slow", "fast", "slow", "fast", "fast", "fast"]
    assert times == {"slow": [3.0, 3.0], "fast": [1.0] * 4}


def test_a_turn_that_failed_has_no_time() -> None:
    assert interleaved({"broken": lambda: None}, rounds=2) == {"broken": []}


@pytest.mark.parametrize(
    ("measured", "at_least", "met"),
    [
        (1.0, False, True),
        (1.1, False, False),
        (1.1, True, True),
        (0.9, True, False),
        (None, True, None),
    ],
)
def test_a_target_is_met_on_its_side_of_the_limit(
    measured: float | None, at_least: bool, met: bool | None
) -> None:
    assert Target("speed", 1.0, measured, "s", at_least).met is met


def test_a_ratio_is_the_peers_share_of_ours() -> None:
    assert ratio(3.0, 1.5) == 2.0
    assert ratio(None, 1.0) is None
    assert ratio(1.0, None) is None


def test_a_table_aligns_numbers_to_the_right_and_marks_what_is_missing() -> None:
    assert table([{"engine": "a", "rank_s": 0.12345}, {"engine": "bc", "rank_s": None}]) == (
        "engine  rank s\n------  ------\na        0.123\nbc           –"
    )
