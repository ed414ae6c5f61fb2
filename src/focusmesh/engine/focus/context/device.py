"""What a card offers to contexts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from focusmesh.engine.focus.solve.device import SolveDevice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.context.answer import BestParticles
    from focusmesh.engine.focus.context.push import Query
    from focusmesh.engine.focus.context.standing import Standing


class Pushes(Protocol):
    """Fast contexts under one standing, by the hundred."""

    def answers(self, queries: Sequence[Query], visits: int) -> list[BestParticles | None]:
        """The k + 1 best of each query after about ``visits`` link visits; None where that cannot be proved of them.

        All queries have the same k, beta and tolerance.
        """


class ContextDevice(SolveDevice, Protocol):
    """A card that answers contexts."""

    def pushes(self, standing: Standing) -> Pushes | None:
        """Contexts under ``standing``, or None where the host answers them sooner."""
