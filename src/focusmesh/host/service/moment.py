"""One moment of what is served: a graph that does not change, under its root. Whatever it answers belongs together."""

from __future__ import annotations

from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Any

from focusmesh.errors import InputError, ParameterError
from focusmesh.host.service import answers
from focusmesh.host.service.export import link_rows, particle_rows
from focusmesh.host.service.links import link_page, neighbour_page
from focusmesh.host.service.paging import NAMES_MAX, Page, of_recall, recall_cursor, verify_limit
from focusmesh.host.service.particle_names import find, find_all, in_json
from focusmesh.host.service.ranks import solve_ranks
from focusmesh.host.service.records.particles import (
    SHOWN_MOST,
    ParticleAnswer,
    ParticlePage,
    particle_properties,
)
from focusmesh.host.service.records.records import Item, Ranking
from focusmesh.host.service.rules import BaseRows, derive, explain_row
from focusmesh.ids import to_cid

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import TimeLike
    from focusmesh.engine.reasoning import QueryLimits
    from focusmesh.engine.recall import EntryIndex
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.service.ranks import Ranks
    from focusmesh.host.service.records.particles import ParticleRow
    from focusmesh.host.service.records.records import (
        AskedAnswer,
        ContextAnswer,
        ExplanationAnswer,
        LinkPage,
        LinkRow,
        RecallAnswer,
        WalkAnswer,
    )
    from focusmesh.host.service.records.rules import DeriveAnswer, WhyAnswer


class Moment:
    """A graph as it stood, and every question that it answers, as records. Safe between threads.

    Names are sent as text (or whole numbers) and found as on the command line. All methods raise the library's errors;
    ``progress`` is told about long work and stops it by raising, such as ``TimeLimitError``.
    """

    def __init__(
        self,
        graph: Graph,
        params: FocusParams,
        *,
        root: str | None = None,
        height: int | None = None,
        ranks: Callable[[], Ranks] | None = None,
        tolerance: float = 1e-6,
        index: Callable[[], EntryIndex] | None = None,
    ) -> None:
        """``graph`` must not be edited any more. In a ledger, ``root`` is that of the state at ``height``.

        ``ranks`` gives the global focus when it is first needed (default: it is solved). ``index`` gives that of
        the moment before, which questions go on with (default: one of its own). Raises InputError for names that
        cannot be saved, since such a graph has no root.
        """
        self.graph = graph
        self.params = params
        self.root = graph.root if root is None else root
        self.height = height
        self._work_out = ranks or (lambda: solve_ranks(graph, params, tolerance))
        self._ranks: Ranks | None = None
        self._index = index
        self._base = BaseRows(graph)
        self.is_indexed = False
        """Whether questions find their index made."""
        self._lock = RLock()

    @property
    def ranks(self) -> Ranks:
        """The global focus."""
        if self._ranks is None:
            with self._lock:
                if self._ranks is None:
                    self._ranks = self._work_out()
        return self._ranks

    def prepare(self) -> None:
        """Works out what first answers would have to wait for: the focus, and what contexts share. O(m) passes."""
        with suppress(InputError):  # a ledger whose blocks carry no focus yet
            _ = self.ranks.places
        if self.graph.particle_count:
            self.graph.context([self.graph.particles[0]], 1, "fast", self.params)

    def prepare_texts(self) -> None:
        """Makes the index of names and texts that questions need, once. Raises MissingExtraError ("recall").

        O(texts that are others than in the moment before)."""
        with self._lock:
            if not self.is_indexed:
                self.graph.index_texts(index=None if self._index is None else self._index())
                self.is_indexed = True

    def rank(self, top: int = 10, cursor: str | None = None) -> Ranking:
        """The particles of most focus, a page of them."""
        verify_limit(top, "top")
        ranks, page = self.ranks, self._page("rank", top, cursor)
        order = ranks.order[page.part].tolist()
        items = [self._item(at, place) for place, at in enumerate(order, page.offset)]
        return self._ranking(items, page.following(len(ranks.order)))

    def scores(self, particles: Sequence[str | int]) -> Ranking:
        """The focus and the place of some particles, in the order in which they are named."""
        verify_few(particles)
        places = self.ranks.places
        found = [find(self.graph, name) for name in particles]
        return self._ranking([self._item(at, int(places[at])) for at in found], None)

    def particle(self, name: str | int) -> ParticleAnswer:
        """One particle: its text, its focus, how many axons lead from and to it."""
        return self.describe([name])[0]

    def describe(self, names: Sequence[str | int]) -> list[ParticleAnswer]:
        """Some particles, each as ``particle`` has it, with one look at the focus for all of them."""
        verify_few(names)
        found = [find(self.graph, name) for name in names]
        try:
            ranks: Ranks | None = self.ranks
        except InputError:  # a ledger whose blocks carry no focus yet
            ranks = None
        scores = [None] * len(found) if ranks is None else ranks.scores[found].tolist()
        places = [None] * len(found) if ranks is None else (ranks.places[found] + 1).tolist()
        bound = None if ranks is None else ranks.bound
        texts, structure = self.graph.texts, self.graph.structure
        described = []
        for at, score, rank in zip(found, scores, places, strict=True):
            name, position = self.graph.particles[at], int(structure.position[at])
            described.append(
                ParticleAnswer(
                    root=self.root,
                    height=self.height,
                    particle=in_json(name),
                    cid=self.cid(name),
                    text="" if texts is None else str(texts[at]),
                    score=score,
                    bound=bound,
                    rank=rank,
                    links_out=len(structure.out_row(position)[0]),
                    links_in=len(structure.in_row(position)[0]),
                    labels=self.graph.labels(name)[:SHOWN_MOST],
                    properties=particle_properties(self.graph, name),
                )
            )
        return described

    def particles(self, limit: int = 100, cursor: str | None = None) -> ParticlePage:
        """All particles, in their own order, a page of them."""
        page = self._page("particles", limit, cursor)
        names = self.graph.particles
        items = [in_json(names[at]) for at in range(len(names))[page.part]]
        return ParticlePage(
            root=self.root, height=self.height, items=items, cursor=page.following(len(names))
        )

    def links(
        self,
        *,
        source: str | int | None = None,
        target: str | int | None = None,
        relation: str | None = None,
        author: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> LinkPage:
        """Links in their own order: all, or those that have what is named. O(m) where something is."""
        page = self._page(("links", source, target, relation, author), limit, cursor)
        return link_page(self, page, source, target, (relation, author))

    def export_links(self) -> Iterator[list[LinkRow]]:
        """All links, some at a time, in the order in which pages list them."""
        return link_rows(self)

    def export_particles(self) -> Iterator[list[ParticleRow]]:
        """All particles with their texts and their focus, some at a time, in their own order."""
        return particle_rows(self)

    def neighbours(
        self,
        particle: str | int,
        *,
        direction: str = "out",
        limit: int = 100,
        cursor: str | None = None,
    ) -> LinkPage:
        """The links out of a particle, or into it (``"in"``), heaviest axon first; a page counts axons."""
        if direction not in ("out", "in"):
            raise ParameterError(f"direction is 'out' or 'in', not {direction!r}")
        page = self._page(("neighbours", particle, direction), limit, cursor)
        return neighbour_page(self, page, particle, out=direction == "out")

    def context(
        self,
        seeds: Sequence[str | int],
        top: int = 20,
        *,
        beta: float = 0.5,
        effort: str = "balanced",
        progress: Progress | None = None,
    ) -> ContextAnswer:
        """What matters from where ``seeds`` stand; see ``Graph.context``."""
        verify_limit(top, "top")
        found = self.graph.context(
            self._find_seeds(seeds), top, effort, self.params, beta=beta, progress=progress
        )
        return answers.context_answer(self.root, self.height, found)

    def recall(
        self,
        question: str | None = None,
        top: int | None = None,
        *,
        seeds: Sequence[str | int] = (),
        budget_tokens: int | None = None,
        tokens: Callable[[str], int] | None = None,
        relation: Sequence[str] = (),
        author: Sequence[str] = (),
        since: TimeLike | None = None,
        until: TimeLike | None = None,
        as_of: TimeLike | None = None,
        kinds: Sequence[str] = (),
        with_text: bool = False,
        include_context: bool = False,
        mmr: float | None = None,
        effort: str = "fast",
        cursor: str | None = None,
        why: bool = False,
        progress: Progress | None = None,
    ) -> RecallAnswer:
        """What matters for a question in words, and for ``seeds``; see ``Graph.recall``."""
        found = self.graph.recall(
            question,
            top,
            context=self._find_seeds(seeds) if seeds else None,
            budget_tokens=budget_tokens,
            tokens=tokens,
            effort=effort,
            relation=list(relation) or None,
            author=list(author) or None,
            since=since,
            until=until,
            as_of=as_of,
            kind=list(kinds) or None,
            with_text=with_text,
            include_context=include_context,
            mmr=mmr,
            cursor=of_recall(cursor),
            progress=progress,
        )
        following = recall_cursor(found.cursor, self.height)
        return answers.recall_answer(self.root, self.height, found, following, why=why)

    def ask(
        self,
        question: str,
        steps: int = 6,
        *,
        seeds: Sequence[str | int] = (),
        temperature: float = 0.5,
        seed: int = 0,
        candidates: int = 20,
        effort: str = "balanced",
        progress: Progress | None = None,
    ) -> AskedAnswer:
        """Where a question leads; see ``Graph.ask``."""
        found = self.graph.ask(
            question,
            verify_limit(steps, "steps"),
            temperature,
            seed,
            k=verify_limit(candidates, "candidates"),
            context=self._find_seeds(seeds) if seeds else None,
            effort=effort,
            progress=progress,
        )
        return answers.asked_answer(self.root, self.height, found, seed, temperature)

    def walk(
        self,
        seeds: Sequence[str | int],
        steps: int = 8,
        *,
        temperature: float = 1.0,
        seed: int = 0,
        candidates: int = 20,
        beta: float = 0.5,
        effort: str = "balanced",
        progress: Progress | None = None,
    ) -> WalkAnswer:
        """Particles drawn one after the other from where ``seeds`` stand; see ``Graph.walk``."""
        found = self.graph.walk(
            self._find_seeds(seeds),
            verify_limit(steps, "steps"),
            temperature,
            seed,
            k=verify_limit(candidates, "candidates"),
            effort=effort,
            params=self.params,
            beta=beta,
            progress=progress,
        )
        return answers.walk_answer(self.root, self.height, found)

    def explain(
        self,
        target: str | int,
        seeds: Sequence[str | int],
        *,
        walks: int = 5,
        beta: float = 0.5,
        tolerance: float = 1e-4,
        progress: Progress | None = None,
    ) -> ExplanationAnswer:
        """By which walks ``seeds`` reach ``target``; see ``focusmesh.explain``."""
        from focusmesh.engine.focus import explain

        found = explain(
            self.graph,
            self._find_seeds(seeds),
            self.graph.particles[find(self.graph, target)],
            params=self.params,
            beta=beta,
            tolerance=tolerance,
            walks=verify_limit(walks, "walks"),
            progress=progress,
        )
        return answers.explanation_answer(self.root, self.height, found, self.graph)

    def derive(self, rules: str, limits: QueryLimits, **asked: Any) -> DeriveAnswer:
        """What rules derive; see ``derive``. Relations of the graph are kept for all who ask, rules for nobody."""
        return derive(self._base, rules, limits, root=self.root, height=self.height, **asked)

    def why(self, rules: str, fact: str, limits: QueryLimits, **asked: Any) -> WhyAnswer:
        """Why a row follows from rules, or why it does not; see ``explain_row``."""
        asked |= {"root": self.root, "height": self.height}
        return explain_row(self._base, rules, fact, limits, **asked)

    def _ranking(self, items: list[Item], cursor: str | None) -> Ranking:
        ranks = self.ranks
        return Ranking(
            root=self.root,
            height=self.height,
            particles=len(ranks.scores),
            bound=ranks.bound,
            residual=ranks.residual,
            ranked_height=ranks.height,
            items=items,
            cursor=cursor,
        )

    def _item(self, at: int, place: int) -> Item:
        ranks = self.ranks
        return Item(
            rank=place + 1,
            particle=in_json(self.graph.particles[at]),
            score=float(ranks.scores[at]),
            separated=ranks.is_separated(place),
            bound=ranks.bound / 2,
        )

    def _find_seeds(self, seeds: Sequence[str | int]) -> list[Hashable]:
        verify_few(seeds)
        return find_all(self.graph, seeds)

    def _page(self, question: Any, limit: int, cursor: str | None) -> Page:
        return Page.of(question, self.root, self.height, limit, cursor)

    def cid(self, name: Hashable) -> str | None:
        """The CID of a particle of a ledger, or of one whose name is a digest."""
        if self.height is None:
            return to_cid(name) if isinstance(name, bytes) and len(name) == 32 else None
        from focusmesh.kernel.session import particle

        return to_cid(particle(name).id)


def verify_few(names: Sequence[str | int]) -> None:
    """Raises ParameterError unless 1 ≤ count ≤ 1,000."""
    if not 1 <= len(names) <= NAMES_MAX:
        raise ParameterError(f"name 1 to {NAMES_MAX:,} particles, not {len(names):,}")
