"""What a graph can be asked about its focus: everything that solves, samples or pushes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.graph.reasoning_methods import ReasoningMethods
from focusmesh.engine.links import Filters, LinkStore
from focusmesh.engine.support.parallel import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from os import PathLike

    from focusmesh.engine.focus import Context, Estimate, Focus, FocusParams, WalkSample
    from focusmesh.engine.links import TimeLike
    from focusmesh.engine.recall import (
        AskedPath,
        EntryIndex,
        EntryMoment,
        Recalled,
        RecallParams,
    )
    from focusmesh.engine.support.progress import Progress


class Questions(ReasoningMethods):
    """The questions of a Graph. Each is answered for the links of one moment, which later edits do not change."""

    _entry_index: EntryIndex | None = None
    _file: str | PathLike[str] | None = None
    """The graph file that it was opened from: an index of words may lie beside it."""

    def focus(
        self,
        params: FocusParams | str | None = None,
        tolerance: float = 1e-6,
        seeds: Iterable[Hashable] | Mapping[Any, float] | None = None,
        *,
        beta: float = 0.5,
        u: Any = None,
        u0: Any = None,
        solver: str = "auto",
        backend: str = "auto",
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Focus:
        """The focus of all particles, or of the context ``seeds``, within ``tolerance`` in L1.

        ``params``: ``FocusParams(…)``, or an operator by name, ``"focus"`` (the default) or ``"pagerank"``.
        ``seeds`` (names, or names with weights) draw the share ``beta`` of the teleport to themselves. ``u`` and
        ``u0`` (shape (n,), ≥ 0, not all 0; default uniform) say where teleport and dangling mass go. At most
        ``threads`` threads work (default: one a core of the process), with the same bits for any number. ``progress``
        is told some ten times a second; what it raises ends the solve within a pass and leaves no trace.
        ``backend``: ``"cpu"``, ``"cuda"`` (an NVIDIA card, extra ``cuda``), ``"wgpu"`` (any card, extra ``wgpu``), or
        for ``"auto"`` such a card for a graph of a million axons or more (WebGPU: ten) that it has room for. Raises
        InputError for seeds or vectors that do not fit, ConvergenceError when float64 cannot reach ``tolerance``,
        CardError where a card or its memory is missing, MemoryLimitError where that of the machine is. O(m) for each
        of some tens of passes; the global focus is kept for later contexts.
        """
        from focusmesh.engine.focus import graph_focus

        with limited(threads):
            return graph_focus(
                self._moment(),
                params,
                tolerance,
                seeds,
                beta=beta,
                u=u,
                u0=u0,
                solver=solver,
                backend=backend,
                progress=progress,
            )

    def estimate(
        self,
        params: FocusParams | str | None = None,
        tolerance: float = 1e-6,
        *,
        work: str = "focus",
        count: int = 1,
        backend: str = "auto",
        threads: int | None = None,
    ) -> Estimate:
        """What ``focus`` is expected to take, or ``count`` ``"contexts"``, or a ``"certificate"``: nothing is solved.

        Sweeps, seconds, and memory beside what is free; work that does not fit is refused when it is asked for, with
        these figures. ``report`` of a focus has the estimate of it and how it turned out. Raises ParameterError for
        another ``work`` or ``backend``, CardError or MissingExtraError where a card that is named is not there. O(n).
        """
        from focusmesh.engine.focus import graph_estimate

        with limited(threads):
            return graph_estimate(
                self._moment(),
                params,
                tolerance,
                work=work,
                count=count,
                backend=backend,
            )

    def context(
        self,
        seeds: Iterable[Hashable] | Mapping[Any, float],
        k: int = 20,
        effort: str = "balanced",
        params: FocusParams | str | None = None,
        *,
        beta: float = 0.5,
        tolerance: float = 1e-6,
        u: Any = None,
        u0: Any = None,
        backend: str = "auto",
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Context:
        """The ``k`` particles that matter most from ``seeds``: what ``focus(seeds=…)`` lists first, sooner.

        ``effort``: ``"fast"`` visits some ten thousand links, whatever the size of the graph; ``"balanced"`` goes on
        until the order is settled, at most to ``tolerance``; ``"exact"`` ends with a bound ≤ ``tolerance``. Every item
        has its own bound; ``proved`` says how many are proved to be the first ones. Others: ``focus``. The first
        context of a graph also solves what all share, O(m) for each of some tens of passes; it is kept until an edit.
        Raises UnknownParticleError or InputError for seeds, ParameterError for k, effort, beta or tolerance.
        """
        return self.contexts(
            [seeds],
            k,
            effort,
            params,
            beta=beta,
            tolerance=tolerance,
            u=u,
            u0=u0,
            backend=backend,
            threads=threads,
            progress=progress,
        )[0]

    def contexts(
        self,
        contexts: Iterable[Iterable[Hashable] | Mapping[Any, float]],
        k: int = 20,
        effort: str = "balanced",
        params: FocusParams | str | None = None,
        *,
        beta: float = 0.5,
        tolerance: float = 1e-6,
        u: Any = None,
        u0: Any = None,
        backend: str = "auto",
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> list[Context]:
        """``context`` of each of ``contexts``, in order and of one moment, together faster than one by one.

        On a card (``backend``, see ``focus``) hundreds of fast contexts are pushed at once, and what is solved for
        is solved there; fewer than 16 are pushed by the host.
        """
        from focusmesh.engine.focus import graph_contexts

        with limited(threads):
            return graph_contexts(
                self._moment(),
                contexts,
                k,
                effort,
                params,
                beta=beta,
                tolerance=tolerance,
                u=u,
                u0=u0,
                backend=backend,
                progress=progress,
            )

    def walk(
        self,
        context: Iterable[Hashable] | Mapping[Any, float],
        steps: int = 8,
        temperature: float = 1.0,
        seed: int = 0,
        *,
        k: int = 20,
        effort: str = "balanced",
        params: FocusParams | str | None = None,
        beta: float = 0.5,
        tolerance: float = 1e-6,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> WalkSample:
        """``steps`` particles drawn one after the other from where ``context`` stands; each joins the context.

        Candidates are the ``k`` particles of most focus that are not in the context. One is drawn with a probability
        proportional to its focus^(1/temperature); at temperature 0 it is the best, of equal ones that of the lowest
        digest. The same ``seed`` draws the same walk on every machine and with any number of threads. A particle that
        joins weighs as much as the first seeds do on average, and the focus is updated, not worked out anew; every
        step tells the bound it was drawn under. The other arguments are those of ``context``. Raises ParameterError
        for steps < 0, temperature < 0 and what ``context`` refuses, UnknownParticleError or InputError for seeds.
        """
        from focusmesh.engine.focus import graph_walk

        with limited(threads):
            return graph_walk(
                self._moment(),
                context,
                steps,
                temperature,
                seed,
                k=k,
                effort=effort,
                params=params,
                beta=beta,
                tolerance=tolerance,
                progress=progress,
            )

    def recall(
        self,
        question: str | None = None,
        k: int | None = None,
        *,
        context: Iterable[Hashable] | Mapping[Any, float] | None = None,
        budget_tokens: int | None = None,
        tokens: Callable[[str], int] | None = None,
        effort: str = "fast",
        relation: Any = None,
        author: Any = None,
        since: TimeLike | None = None,
        until: TimeLike | None = None,
        mmr: float | None = None,
        cursor: str | None = None,
        include_context: bool = False,
        kind: Any = None,
        with_text: bool = False,
        as_of: TimeLike | None = None,
        params: RecallParams | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Recalled:
        """What matters for ``question``: particles whose name or text has its words, and what links tie to those.

        ``context`` (names, or names with weights) says where the asker stands; it is enough without a question, and is
        listed only with ``include_context``. What a question names in a graph of documents is listed first. ``k``
        particles are listed (default 10), or as many as ``budget_tokens`` has room for by ``tokens``, which counts
        those of a text (default: its words, or 4 bytes each where that is more); a page has at most 1,000, and
        ``cursor`` of one answer asks for the next. ``relation``, ``author`` (one or several), ``since`` and ``until``
        list only ends of links that have all of them, ``kind`` (one or several) only particles of these, ``with_text``
        only those that have a text. ``as_of``: what had been told by that time and was not superseded; without, what
        no link ``supersedes`` has replaced. Times are integers as links have them, or dates. Items are listed by
        ``value``. ``mmr`` (0 … 1) lists less of what resembles what came before, 1 not at all. ``effort``: see
        ``context``. Names and texts are indexed at first use, unless by ``index_texts`` before; the index follows
        edits. An empty answer: no name and no text has such a word.

        Raises InputError where neither question nor context say anything, for a cursor of another graph or question,
        and for filters that no link has; UnknownParticleError; ParameterError; MissingExtraError without the extra
        ``recall``, which a context alone does not need. O(n) beside ``context`` and the search for words.
        """
        from focusmesh.engine.recall import RecallRequest, recall_graph

        with limited(threads):
            moment = self._moment()
            filters = Filters(relation, author, since, until)
            asked = RecallRequest(
                *(question, k, context, budget_tokens, tokens, effort, filters),
                *(mmr, cursor, params, include_context, kind, with_text, as_of),
            )
            return recall_graph(moment, asked, self._entries_of(moment, progress), progress)

    def ask(
        self,
        question: str,
        steps: int = 6,
        temperature: float = 0.5,
        seed: int = 0,
        *,
        k: int = 20,
        context: Iterable[Hashable] | Mapping[Any, float] | None = None,
        effort: str = "balanced",
        params: RecallParams | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> AskedPath:
        """Where ``question`` leads: the particle that it names best, and a walk from all that it names.

        What comes back is particles with their texts, and the links by which each was come upon; nothing is written
        that is not in the graph. The walk is that of ``walk``, with ``k`` candidates a step, from the context of
        ``recall``; errors are those of both.
        """
        from focusmesh.engine.recall import RecallRequest, ask_graph

        with limited(threads):
            asked = RecallRequest(
                *(question, None, context, None, None, effort, Filters()), *(None, None, params)
            )
            moment = self._moment()
            entries = self._entries_of(moment, progress)
            return ask_graph(moment, asked, entries, steps, temperature, seed, k, progress)

    def index_texts(
        self,
        path: str | PathLike[str] | None = None,
        *,
        embed: Callable[[Sequence[str]], Any] | None = None,
        language: str | None = "english",
        index: EntryIndex | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Makes the entry index that ``recall`` uses, now and in this way; it follows edits, copies make their own.

        ``path``: a folder where it stays for later processes, which take it as it is where names and texts are the
        same (default: memory). ``embed`` makes an array of one vector each of a list of texts; what resembles the
        question is then found beside what has its words, by reciprocal ranks. ``language``: words are cut to stems of
        this one, None for none. ``index``: the one of an earlier graph in the place of a new one; it is told of the
        difference alone, and both graphs go on being asked. Raises MissingExtraError without the extras ``recall``, and
        ``vectors`` with ``embed``; ParameterError for another language, FileError for the folder, InputError for
        vectors that do not fit.
        """
        from focusmesh.engine.recall import EntryIndex

        if index is not None:
            made = index
        elif path is None and embed is None and language == "english":
            made = self._new_index()
        else:
            made = EntryIndex(path, embed, language)
        moment = self._moment()
        made.kept_moment(moment, moment.snapshot(), progress)
        self._entry_index = made

    def write(self, path: str | PathLike[str], focus: Focus | None = None) -> None:
        """Writes the whole graph with its focus for other tools: .graphml, .gexf, .net (Pajek) or .json (node-link).

        Nodes have ``label``, ``text``, ``focus`` and ``rank``, edges ``weight``, ``relation``, ``author`` and ``time``,
        as far as the graph has them; Pajek files leave texts out. GEXF has sizes and colours by focus. ``focus``
        (default: ``self.focus()``) may be that of a context. The file is written whole or not at all; an existing one
        is replaced. Raises UnsupportedFormatError, FileError, and InputError for a focus of other particles and for
        names and texts that the format cannot hold. O(n + m), and memory for the names.
        """
        from focusmesh.engine.exporters import exporter_for, write_graph
        from focusmesh.engine.focus import graph_focus

        exporter_for(path)
        moment = self._moment()
        write_graph(moment.links(), graph_focus(moment) if focus is None else focus, path)

    def _entries_of(
        self, moment: LinkStore, progress: Progress | None
    ) -> Callable[[], EntryMoment]:
        return lambda: self._entries().kept_moment(moment, moment.snapshot(), progress)

    def _entries(self) -> EntryIndex:
        with self._asking:
            if self._entry_index is None:
                self._entry_index = self._new_index()
            return self._entry_index

    def _new_index(self) -> EntryIndex:
        from focusmesh.engine.recall import EntryIndex

        return EntryIndex() if self._file is None else EntryIndex.beside(self._file)

    def _moment(self) -> LinkStore:
        """A store that holds the links as they stand and is edited by nobody."""
        return LinkStore(self._store.snapshot())
