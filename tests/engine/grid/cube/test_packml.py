"""The state machine, every state against every command."""

from __future__ import annotations

import pytest

from focusmesh.engine.grid.cube import COMMANDS, STATES, StateMachine
from focusmesh.errors import GridError

# Rows as the standard's table of transitions has them (ANSI/ISA-TR88.00.02, base state model): what each command
# leads to, a dot where it is not legal, and where a state ends by itself. Written from the standard, not from the code.
TABLE = """
state        done      start    reset     hold    unhold    suspend    unsuspend    clear    stop     abort    complete
Idle         .         Starting .         .       .         .          .            .        Stopping Aborting .
Starting     Execute   .        .         .       .         .          .            .        Stopping Aborting .
Execute     .         .        .         Holding .         Suspending .            .        Stopping Aborting Completing
Completing   Complete  .        .         .       .         .          .            .        Stopping Aborting .
Complete     .         .        Resetting .       .         .          .            .        Stopping Aborting .
Resetting    Idle      .        .         .       .         .          .            .        Stopping Aborting .
Holding      Held      .        .         .       .         .          .            .        Stopping Aborting .
Held         .         .        .         .       Unholding .          .            .        Stopping Aborting .
Unholding    Execute   .        .         .       .         .          .            .        Stopping Aborting .
Suspending   Suspended .        .         .       .         .          .            .        Stopping Aborting .
Suspended    .         .        .         .       .         .          Unsuspending .        Stopping Aborting .
Unsuspending Execute   .        .         .       .         .          .            .        Stopping Aborting .
Stopped      .         .        Resetting .       .         .          .            .        .        Aborting .
Stopping     Stopped   .        .         .       .         .          .            .        .        Aborting .
Aborted      .         .        .         .       .         .          .            Clearing .        .        .
Aborting     Aborted   .        .         .       .         .          .            .        .        .        .
Clearing     Stopped   .        .         .       .         .          .            .        .        Aborting .
"""
HEAD, *ROWS = (line.split() for line in TABLE.split("\n") if line)
EXPECTED = {row[0]: dict(zip(HEAD[1:], row[1:], strict=True)) for row in ROWS}


def in_state(state: str) -> StateMachine:
    """A machine in any state, acting ones too."""
    machine = StateMachine()
    machine.state = state
    return machine


def test_the_table_is_whole() -> None:
    assert sorted(EXPECTED) == sorted(STATES)
    assert len(STATES) == 17
    assert sorted(HEAD[1:]) == sorted([*COMMANDS, "done"])
    assert StateMachine().number == 2


@pytest.mark.parametrize("state", STATES)
def test_every_command_in_every_state(state: str) -> None:
    for command in COMMANDS:
        machine = in_state(state)
        leads_to = EXPECTED[state][command]
        if leads_to == ".":
            with pytest.raises(GridError, match=f"{command} is not legal in {state}") as refused:
                machine.execute(command)
            assert (refused.value.code, machine.state) == ("state", state)
        else:
            assert command in machine.commands()
            assert machine.begin(command) == leads_to
            assert machine.end() == EXPECTED[leads_to]["done"]
    legal = {command for command in COMMANDS if EXPECTED[state][command] != "."}
    assert set(in_state(state).commands()) == legal


@pytest.mark.parametrize("state", STATES)
def test_acting_states_end_themselves_and_waiting_ones_do_not(state: str) -> None:
    machine = in_state(state)
    if EXPECTED[state]["done"] == ".":
        with pytest.raises(GridError) as refused:
            machine.end()
        assert (refused.value.code, machine.state) == ("state", state)
    else:
        assert machine.end() == EXPECTED[state]["done"]


@pytest.mark.parametrize("state", ["Undefined", "Starting", "idle", ""])
def test_no_machine_begins_undefined_or_acting(state: str) -> None:
    with pytest.raises(GridError, match="waiting state"):
        StateMachine(state=state)


def test_every_state_but_undefined_is_reached() -> None:
    reached, waiting = {"Stopped"}, ["Stopped"]
    while waiting:
        row = EXPECTED[waiting.pop()]
        new = {state for state in row.values() if state != "."} - reached
        reached |= new
        waiting += new
    assert reached == set(STATES)


def test_an_action_that_fails_aborts() -> None:
    def act(state: str) -> None:
        if state == "Starting":
            raise OSError("no model")

    machine = StateMachine(act)
    machine.execute("reset")
    with pytest.raises(OSError, match="no model"):
        machine.execute("start")
    assert machine.state == "Aborted"
    assert [machine.execute(command) for command in ("clear", "reset")] == ["Stopped", "Idle"]


def test_an_unknown_command() -> None:
    machine = StateMachine()
    with pytest.raises(GridError, match="start, stop, hold") as refused:
        machine.execute("explode")
    assert (refused.value.code, machine.state) == ("command", "Stopped")
