"""Schedules: drawn from seeds, kept in files, made smaller until nothing can be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError, ParameterError
from focusmesh.kernel.simulation import (
    GROUPS,
    KINDS,
    Fault,
    Schedule,
    draw_schedule,
    kinds_of,
    shrunk,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random


def test_a_seed_gives_one_schedule() -> None:
    assert (
        draw_schedule(1, 4, 30, KINDS)
        == draw_schedule(1, 4, 30, KINDS)
        != draw_schedule(2, 4, 30, KINDS)
    )
    assert draw_schedule(1, 4, 30, ()).faults == ()
    kinds = {fault.kind for seed in range(30) for fault in draw_schedule(seed, 4, 30, KINDS).faults}
    assert kinds == set(KINDS)
    for fault in draw_schedule(9, 7, 60, KINDS).faults:
        fault.verify(7)
        assert len(fault.nodes) <= 3


@given(st.integers(0, 2**40), st.integers(1, 64), st.integers(1, 40))
def test_a_file_has_all_of_it(seed: int, nodes: int, blocks: int) -> None:
    schedule = draw_schedule(seed, nodes, blocks, KINDS)
    assert Schedule.decode(schedule.encode()) == schedule


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"seed": 1}', "\x00", '{"seed": 1, "nodes": 0, "blocks": 1}'),
        '{"seed": 1, "nodes": 4, "blocks": 1, "format": "another"}',
        '{"seed": 1, "nodes": 4, "blocks": 1, "more": 1}',
        Schedule(1, 4, 1, (Fault(0, "earthquake", 0, 0, (0,), 0.5),)).encode(),
        Schedule(1, 4, 1, (Fault(0, "kill", 0, 0, (4,), 0.5),)).encode(),
        Schedule(1, 4, 1, (Fault(0, "kill", 0, 0, (1,), 1.5),)).encode(),
    ],
)
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        Schedule.decode(text)


def test_kinds_by_name() -> None:
    assert kinds_of("all") == KINDS
    assert kinds_of("none") == ()
    assert kinds_of("kill, net") == (*GROUPS["net"], "kill")
    with pytest.raises(ParameterError, match="earthquake"):
        kinds_of("net,earthquake")


def faults(count: int) -> tuple[Fault, ...]:
    return tuple(Fault(at, "kill", at, 1, (0,), 0.5) for at in range(count))


@given(st.integers(0, 60), st.sets(st.integers(0, 59), max_size=5), st.randoms())
def test_what_is_left_is_needed(count: int, guilty: set[int], random: Random) -> None:
    needed = {at for at in guilty if at < count}

    def fails(part: Sequence[Fault]) -> bool:
        return needed <= {fault.number for fault in part}

    assert {fault.number for fault in shrunk(faults(count), fails, 10**6)} == needed


def test_runs_are_bounded() -> None:
    asked = []

    def fails(part: Sequence[Fault]) -> bool:
        asked.append(part)
        return len(part) > 30

    left = shrunk(faults(60), fails, 10)
    assert len(asked) <= 10
    assert fails(left)
