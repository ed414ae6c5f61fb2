"""What functions ask of the query that calls them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.temporal import TimeZone

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from focusmesh.engine.reasoning.query.values import GraphAccess


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """The graph, the clock and the chance of one query.

    ``began`` is when the query began and ``clock`` says what time it is, both in nanoseconds since 1970-01-01T00:00Z;
    ``random`` is seeded by whoever runs the query; ``zone`` is that of dates and times which name none.
    """

    graph: GraphAccess
    began: int
    clock: Callable[[], int]
    random: Random
    zone: TimeZone = TimeZone()  # noqa: RUF009  (it is frozen)

    def now(self, clock: str) -> int:
        """What ``clock`` shows, of ``transaction``, ``statement`` and ``realtime``: the first two do not move."""
        return self.clock() if clock == "realtime" else self.began
