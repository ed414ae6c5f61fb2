"""Where a memory is kept: what the tools need of a graph file or a ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

from focusmesh.engine.focus import FocusParams
from focusmesh.engine.links import Filters
from focusmesh.engine.recall import EntryIndex, RecallRequest, recall_graph
from focusmesh.host.service import Moment as Answers
from focusmesh.interface.mcp.view import MemoryView

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import MemoryLink
    from focusmesh.engine.recall import Recalled

    Key: TypeAlias = tuple[Hashable, Hashable, Hashable]


PREPARED_LINKS = 100_000
"""From so many links on the first question waits for machine code, unless that was loaded before."""


@dataclass(frozen=True)
class Moment:
    """A memory as it is at one time. ``root`` names it: that of the graph, or of the ledger's state at ``height``.

    ``index`` finds particles by words; it is the store's, and follows from one moment to the next.
    """

    graph: Graph
    root: str
    height: int | None
    index: EntryIndex

    @cached_property
    def view(self) -> MemoryView:
        """The graph as a memory."""
        return MemoryView(self.graph)

    @cached_property
    def answers(self) -> Answers:
        """The graph as every protocol asks it."""
        return Answers(
            self.graph, FocusParams(), root=self.root, height=self.height, tolerance=1e-4
        )

    def recall(self, asked: RecallRequest) -> Recalled:
        """See ``Graph.recall``."""
        return recall_graph(self.graph, asked, lambda: self.index.moment(self.graph, self.graph))

    def prepare(self) -> None:
        """Loads what the first question of a large memory would wait for: kernels, foci, words, who observed what."""
        if self.graph.link_count < PREPARED_LINKS:
            return
        one = [self.graph.particles[0]]
        self.recall(RecallRequest(None, 1, one, None, None, "fast", Filters(), None, None, None))
        self.index.moment(self.graph, self.graph)
        self.view.observers_of(0)
        self.view.particles.make_table()


@dataclass
class Change:
    """What a tool does: links that come, links (by source, target, relation) and texts of particles that go."""

    added: list[MemoryLink] = field(default_factory=list)
    withdrawn: list[Key] = field(default_factory=list)
    untold: list[Hashable] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.withdrawn or self.untold)


class MemoryStore(Protocol):
    """A memory that is read by moments and changed by one writer at a time. Safe between threads."""

    def moment(self) -> Moment:
        """How it is now, whoever changed it. Raises FileError, StoreError."""

    def change(self, work: Callable[[MemoryView], Change]) -> int:
        """Does what ``work`` finds to do in the latest moment, all or nothing, and returns when that is durable.

        Nobody else writes in between. Returns how many links could not be withdrawn, being those of other authors.
        What ``work`` raises changes nothing. Raises FileError, StoreError, InputError where it cannot be written.
        """

    def close(self) -> None:
        """Gives back what is open."""
