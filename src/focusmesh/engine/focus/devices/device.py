"""What every card tells: whether it is there, and what memory a piece of work takes of it.

What it can do stands beside what asks for it: solve/device.py, context/device.py, certificate/device.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import Structure


@dataclass(frozen=True, slots=True)
class Memory:
    """What a piece of work takes of a card, estimated.

    ``held_bytes``: the graph's copy, which stays there for later work; 0 where it lies there already.
    ``working_bytes``: what more is needed at the same time, until the work is done.
    """

    held_bytes: int
    working_bytes: int

    @property
    def required_bytes(self) -> int:
        """Both."""
        return self.held_bytes + self.working_bytes


class Device(Protocol):
    """A kind of card. Methods that work raise CardError where the card's memory ends."""

    @property
    def name(self) -> str:
        """As ``backend=`` names it."""

    def verify(self) -> None:
        """Raises MissingExtraError or CardError, which say what to do, where there is none to work on."""

    def is_hardware(self) -> bool:
        """Whether it is a card, and not a program that stands in for one: ``"auto"`` takes no such program."""

    def free_bytes(self) -> tuple[int, int] | None:
        """Memory that work may take now, and all that the card has; None where it does not tell."""

    def memory(self, work: str, structure: Structure, params: FocusParams) -> Memory:
        """What ``work`` (solve/estimate.py, ``WORKS``) takes of the card."""

    def visits_per_second(self, structure: Structure) -> float:
        """Links that a pass over all of them reads in a second, as measured on such cards; for estimates of time."""
