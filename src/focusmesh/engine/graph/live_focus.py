"""LiveFocus: a live focus whose edited links are a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus import FocusParams, LiveScores

if TYPE_CHECKING:
    from focusmesh.engine.graph.graph import Graph
    from focusmesh.engine.support.progress import Progress


class LiveFocus(LiveScores):
    """Scores that are certified whenever they are read: ``bound`` ≤ ``tolerance``, whatever was edited, in any order.

    Edits have the verbs of Graph and only take in what changed, O(links of both ends). The first read after edits
    (``bound``, ``focus``, ``top``, ``score``) brings the bound within the tolerance, by one correction for all of them;
    ``settle`` does so at once, and ``eager`` after each edit. The bound of one edit falls with the number of particles:
    on large graphs many edits fit into a tolerance and their reads cost nothing. Where not one fits, each read after an
    edit costs a correction, half of a solve or so, however many the edits were (docs/explanation/live.md). The graph
    that was handed in is not touched; ``graph`` is the edited one. Safe between threads.
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
        eager: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """``u``, ``u0``, ``threads`` as in ``Graph.focus``. Solves once, which may raise what that raises."""
        self._graph_of = graph.of_store
        given = {"u": u, "u0": u0, "threads": threads, "eager": eager, "progress": progress}
        super().__init__(graph, params, tolerance, **given)

    @property
    def graph(self) -> Graph:
        """The edited graph, independent of this. O(edits); ranking or listing it merges them, O(n + m)."""
        return self._graph_of(self.store())
