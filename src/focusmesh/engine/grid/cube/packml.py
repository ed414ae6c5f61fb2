"""The state of a running cube: PackML's machine of 17 states (ANSI/ISA-TR88.00.02; numbers of its 2022 edition).

A *waiting* state lasts until a command comes; an *acting* one (its name ends in -ing) has something to do and ends
itself when that is done. ``Undefined`` is what a reader may be told by another system; no machine is ever in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Callable

UNDEFINED = "Undefined"

STATES = (
    *("Clearing", "Stopped", "Starting", "Idle", "Suspended", "Execute", "Stopping", "Aborting"),
    *("Aborted", "Holding", "Held", "Unholding", "Suspending", "Unsuspending", "Resetting"),
    *("Completing", "Complete"),
)
"""In the order of their numbers, from 1; 0 is Undefined."""

DONE = {
    "Clearing": "Stopped",
    "Starting": "Execute",
    "Stopping": "Stopped",
    "Aborting": "Aborted",
    "Holding": "Held",
    "Unholding": "Execute",
    "Suspending": "Suspended",
    "Unsuspending": "Execute",
    "Resetting": "Idle",
    "Completing": "Complete",
}
"""Acting states, and where each ends."""

_NOT_STOPPED_FROM = ("Stopping", "Stopped", "Aborting", "Aborted", "Clearing")
_NOT_ABORTED_FROM = ("Aborting", "Aborted")

_FROM: dict[str, tuple[tuple[str, ...], str]] = {
    "start": (("Idle",), "Starting"),
    "stop": (tuple(state for state in STATES if state not in _NOT_STOPPED_FROM), "Stopping"),
    "hold": (("Execute",), "Holding"),
    "unhold": (("Held",), "Unholding"),
    "suspend": (("Execute",), "Suspending"),
    "unsuspend": (("Suspended",), "Unsuspending"),
    "abort": (tuple(state for state in STATES if state not in _NOT_ABORTED_FROM), "Aborting"),
    "clear": (("Aborted",), "Clearing"),
    "reset": (("Stopped", "Complete"), "Resetting"),
    "complete": (("Execute",), "Completing"),
}

COMMANDS = tuple(_FROM)


class StateMachine:
    """One machine. ``act(state)`` does what an acting state is for; what it raises aborts the machine.

    It begins as ``Stopped``, or where a kept one was, which is a waiting state.
    """

    def __init__(self, act: Callable[[str], None] | None = None, state: str = "Stopped") -> None:
        if state not in STATES or state in DONE:
            raise GridError("state", f"a machine begins in a waiting state, not in {state!r}")
        self.state = state
        self._act = act

    @property
    def number(self) -> int:
        """The state's number in the standard, 1 … 17."""
        return STATES.index(self.state) + 1

    def commands(self) -> tuple[str, ...]:
        """What is legal now."""
        return tuple(command for command in COMMANDS if self.state in _FROM[command][0])

    def begin(self, command: str) -> str:
        """Enters the acting state of ``command``, without ending it.

        Raises GridError ``"command"`` for a word that is none, ``"state"`` where it is not legal; nothing changes then.
        """
        if command not in _FROM:
            raise GridError(
                "command", f"there is no command {command!r}; there are {', '.join(COMMANDS)}"
            )
        sources, state = _FROM[command]
        if self.state not in sources:
            legal = ", ".join(self.commands()) or "nothing: the state ends itself"
            raise GridError("state", f"{command} is not legal in {self.state}; legal: {legal}")
        self.state = state
        return state

    def end(self) -> str:
        """Ends an acting state. Raises GridError ``"state"`` in a waiting one."""
        if self.state not in DONE:
            raise GridError("state", f"{self.state} waits for a command; it does not end itself")
        self.state = DONE[self.state]
        return self.state

    def execute(self, command: str) -> str:
        """``begin``, what is to be done, ``end``: the waiting state that this comes to.

        Where the action fails the machine is Aborted, and the error goes on to who asked.
        """
        state = self.begin(command)
        try:
            if self._act is not None:
                self._act(state)
        except Exception:
            self.state = "Aborted"
            raise
        return self.end()

    def working(self, what: str) -> None:
        """Raises GridError ``"state"`` unless the machine is in Execute, where alone work is done."""
        if self.state != "Execute":
            legal = ", ".join(self.commands())
            raise GridError("state", f"{what} needs Execute, the state is {self.state} ({legal})")
