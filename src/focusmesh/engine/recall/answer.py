"""Recalled: what a question came upon, with what is proved of it and the way there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from focusmesh.engine.links import told_root
from focusmesh.engine.recall.cursor import write_cursor
from focusmesh.engine.recall.documents import passage

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from focusmesh.engine.focus import Explanation
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.recall.params import RecallParams
    from focusmesh.engine.recall.paths import Path
    from focusmesh.engine.recall.question_names import Evidence


@dataclass(frozen=True, slots=True)
class AnswerBasis:
    """What an answer was worked out from: the graph of one moment, and the shares of the context by index."""

    graph: LinkView
    shares: Mapping[int, float]
    params: RecallParams

    def by_name(self) -> dict[Hashable, float]:
        """The context by name."""
        return {self.graph.particles[at]: share for at, share in self.shares.items()}


@dataclass(frozen=True)
class RecalledItem:
    """A particle of an answer. ``value`` is what it is listed by, ``score`` its focus as seen from the question.

    All scores of the answer, listed or not, are off by at most ``bound`` in L1 together. ``relevance`` is
    ln(score / global focus); ``entry`` is the share of the context that the particle has itself, 0 where only links
    led to it. ``text`` is its text, "" where it has none; ``whole`` is False where it was cut to the budget, or the
    name was, which ``particle`` still has in full.
    """

    rank: int
    particle: Hashable
    score: float
    bound: float
    relevance: float
    text: str
    entry: float
    whole: bool = True
    value: float = 0.0
    _from: AnswerBasis | None = field(default=None, repr=False, compare=False)
    _passage: str | None = field(default=None, repr=False, compare=False)

    @property
    def passage(self) -> str:
        """Name and text as they stand in the prompt, cut where that is."""
        return passage(self.particle, self.text) if self._passage is None else self._passage

    @cached_property
    def path(self) -> Path | None:
        """The shortest way along links from an entry to here, None where none is near. Worked out when asked for."""
        from focusmesh.engine.recall.paths import shortest_path

        if self._from is None:
            return None
        graph = self._from.graph
        return shortest_path(graph, self._from.shares, graph.index(self.particle))

    @cached_property
    def evidence(self) -> tuple[tuple[Evidence, ...], ...]:
        """For each step of ``path`` the words that its link stands on, in the text of the one that mentions the other.

        Empty for steps that stand on none, as in graphs without mentions.
        """
        from focusmesh.engine.recall.question_names import step_evidence

        if self._from is None or self.path is None:
            return ()
        return step_evidence(self._from.graph, self.path.particles)

    def explain(self, walks: int = 3, tolerance: float = 1e-4) -> Explanation | None:
        """The strongest walks from the question to here, with the part of the score that each carries.

        As ``focusmesh.explain``, which solves the context anew: seconds on millions of links.
        """
        from focusmesh.engine.focus import explain

        if self._from is None:
            return None
        return explain(
            self._from.graph,
            self._from.by_name(),
            self.particle,
            params=self._from.params.focus,
            beta=self._from.params.beta,
            tolerance=tolerance,
            walks=walks,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_from": None}


@dataclass(frozen=True, repr=False)
class Recalled:
    """The answer to a question: ``items``, best first, and what they were worked out with.

    ``entries`` are the particles that the question named and their shares of the context. ``bound``: see the items.
    ``visits`` counts the links that were visited, in ``seconds`` with the search for words. ``prompt`` is all
    passages one below the other, which the budget of tokens is about.
    """

    items: tuple[RecalledItem, ...]
    question: str | None
    entries: dict[Hashable, float]
    bound: float
    effort: str
    params: RecallParams
    visits: int
    seconds: float
    prompt: str
    _asked: bytes = field(compare=False)
    _next: int | None = field(compare=False)
    _graph: LinkView = field(compare=False)
    _longer: Callable[[int], Recalled] | None = field(default=None, compare=False)

    @cached_property
    def root(self) -> str:
        """Names the graph that was asked (``Graph.root``); raises InputError for names that cannot be saved."""
        return self._graph.root

    @cached_property
    def cursor(self) -> str | None:
        """What to hand to the same ``recall`` for the next page; None where this is the last one."""
        return (
            None
            if self._next is None
            else write_cursor(told_root(self._graph), self._asked, self._next)
        )

    def cursor_after(self, count: int) -> str | None:
        """The cursor for what follows on the first ``count`` ≥ 1 items; None where nothing does."""
        if count >= len(self.items):
            return self.cursor
        return write_cursor(told_root(self._graph), self._asked, self.items[count - 1].rank)

    def longer(self, count: int) -> Recalled:
        """The same answer with up to ``count`` items: nothing is searched or ranked again.

        As it is where it was pickled meanwhile.
        """
        return self if self._longer is None else self._longer(count)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_longer": None}

    @property
    def particles(self) -> tuple[Hashable, ...]:
        """What was recalled, best first."""
        return tuple(item.particle for item in self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[RecalledItem]:
        return iter(self.items)

    def __getitem__(self, at: int) -> RecalledItem:
        return self.items[at]

    def __repr__(self) -> str:
        leader = f", first {self.items[0].particle!r}" if self.items else ""
        return f"<Recalled {len(self)} particles, bound {self.bound:.1e}{leader}>"

    def pretty(self, width: int = 100) -> str:
        """The items as lines of a table, texts cut to ``width``."""
        from focusmesh.engine.recall.display import recalled_text

        return recalled_text(self, width)

    def _repr_html_(self) -> str:
        from focusmesh.engine.recall.display import recalled_html

        return recalled_html(self)
