"""LiveFocus: a live focus whose edited links are a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus import FocusParams, LiveScores

if TYPE_CHECKING:
    from focusmesh.engine.graph.graph import Graph
    from focusmesh.engine.support.progress import Progress


class LiveFocus(LiveScores):
    """Scores that are certified after every update: ``bound`` ≤ ``tolerance``, whatever was edited, in any order.

    Edits have the verbs of Graph; what they cost grows with what they change, not with the graph. The graph that was
    handed in is not touched; ``graph`` is the edited one. Safe between threads: each call sees whole updates.
    """

    def __init__(
        self,
        graph: Graph,
        params: FocusParams | str | None = None,
        tolerance: float = 1e-6,
        *,
        u: Any = None,
        u0: Any = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """``u``, ``u0``, ``threads`` as in ``Graph.focus``. Solves once, which may raise what that raises."""
        self._graph_of = graph.of_store
        super().__init__(graph, params, tolerance, u=u, u0=u0, threads=threads, progress=progress)

    @property
    def graph(self) -> Graph:
        """The edited graph, independent of this. O(edits); ranking or listing it merges them, O(n + m)."""
        return self._graph_of(self.store())
