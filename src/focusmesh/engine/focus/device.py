"""What a card offers the engine: solves, steps in integers, contexts by the hundred, and what memory each takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.arrays import FloatArray
    from focusmesh.engine.focus.certificate_axons import IntegerAxons
    from focusmesh.engine.focus.certificate_steps import Steps
    from focusmesh.engine.focus.context_answer import Found
    from focusmesh.engine.focus.context_push import Query
    from focusmesh.engine.focus.context_standing import Standing
    from focusmesh.engine.focus.operator import Operator
    from focusmesh.engine.focus.params import FocusParams
    from focusmesh.engine.focus.watch import Solution
    from focusmesh.engine.graph import Structure
    from focusmesh.engine.progress import Progress


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


class Pushes(Protocol):
    """Fast contexts under one standing, by the hundred."""

    def answers(self, queries: Sequence[Query], visits: int) -> list[Found | None]:
        """The k + 1 best of each query after about ``visits`` link visits; None where that cannot be proved of them.

        All queries have the same k, beta and tolerance.
        """


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
        """What ``work`` (estimate.py, ``WORKS``) takes of the card."""

    def visits_per_second(self, structure: Structure) -> float:
        """Links that a pass over all of them reads in a second, as measured on such cards; for estimates of time."""

    def solve(
        self,
        operator: Operator,
        start: FloatArray,
        tolerance: float,
        progress: Progress | None = None,
    ) -> Solution:
        """As a solver of the host (solver.py)."""

    def steps(self, axons: IntegerAxons) -> Steps:
        """The steps of the integer operator, to the bit those of the host."""

    def pushes(self, standing: Standing) -> Pushes | None:
        """Contexts under ``standing``, or None where the host answers them sooner."""
