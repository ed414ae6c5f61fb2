"""The governor on a clock of its own, and on the real one."""

from __future__ import annotations

import pytest

from focusmesh.engine.grid.tensor import Governor
from focusmesh.errors import ParameterError


class Machine:
    """A processor with two cores: working uses them, sleeping does not."""

    def __init__(self) -> None:
        self.now = 100.0
        self.used = 7.0

    def work(self, seconds: float, cores: float = 2.0) -> None:
        self.now += seconds
        self.used += cores * seconds

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def governor(self, set_point: float) -> Governor:
        return Governor(
            set_point, cores=2, clock=lambda: self.now, used=lambda: self.used, sleep=self.sleep
        )


@pytest.mark.parametrize("set_point", [0.1, 0.6, 0.9])
def test_the_busy_fraction_stays_at_the_set_point(set_point: float) -> None:
    machine = Machine()
    governor = machine.governor(set_point)
    seen = []
    for step in range(2_000):
        machine.work(0.05 + 0.02 * (step % 3))
        governor.pace()
        if machine.now > 110.0:
            seen.append(governor.busy())
    assert len(seen) > 100
    assert all(abs(busy - set_point) < 0.03 for busy in seen)


def test_at_one_nothing_is_held_back() -> None:
    machine = Machine()
    governor = machine.governor(1.0)
    machine.work(10.0)
    assert governor.pace() == 0.0
    assert governor.busy() == 1.0


def test_light_work_is_never_held_back() -> None:
    machine = Machine()
    governor = machine.governor(0.6)
    for _ in range(500):
        machine.work(0.3, cores=1.0)
        assert governor.pace() == 0.0
    assert governor.busy() == pytest.approx(0.5)


def test_what_was_more_than_a_minute_ago_is_forgotten() -> None:
    machine = Machine()
    governor = machine.governor(0.6)
    assert governor.busy() == 0.0
    for _ in range(300):
        machine.work(0.3)
        governor.busy()
    assert governor.busy() == pytest.approx(1.0)
    for _ in range(300):
        machine.sleep(0.3)
        governor.busy()
    assert governor.busy() == 0.0


def test_a_sleep_is_a_second_at_most() -> None:
    machine = Machine()
    governor = machine.governor(0.1)
    machine.work(50.0)
    assert governor.pace() == 1.0


def test_the_real_clock_counts() -> None:
    governor = Governor(0.5, sleep=lambda seconds: None)
    total = sum(range(3_000_000))
    assert total > 0
    assert 0.0 < governor.busy() <= 1.5
    assert governor.pace() >= 0.0


@pytest.mark.parametrize("set_point", [0.0, -1.0, 1.1, float("nan")])
def test_a_set_point_out_of_range_is_refused(set_point: float) -> None:
    with pytest.raises(ParameterError, match="set_point"):
        Governor(set_point)
