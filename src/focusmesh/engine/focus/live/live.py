"""LiveScores: a focus that stays certified while its graph changes (docs/explanation/live.md)."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.live.keeper import Keeper, LedgerKeeper, SolvingKeeper, extend_prior
from focusmesh.engine.focus.live.links import (
    EditBook,
    LabelledLinkError,
    PlainBook,
    StoreBook,
    WeightBatch,
)
from focusmesh.engine.focus.operator.params import FocusParams, verify_tolerance
from focusmesh.engine.focus.solve.result import Focus, Ranked, verify_count
from focusmesh.engine.focus.solve.solve import distribution
from focusmesh.engine.support.parallel import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from focusmesh.engine.links import LinkStore, LinkView
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress


@dataclass(frozen=True, slots=True)
class LiveReport:
    """What the last update or settling took: pairs edited, links that were pushed along, passes over all links, time.

    ``bound_before`` is what the scores were worth when it began to settle them, ``bound`` afterwards; both are the same
    where it only took edits in; infinite where nobody asked. ``merged``: the edits so far were merged into a new
    structure meanwhile.
    """

    edits: int
    pushed: int
    passes: int
    milliseconds: float
    bound: float
    merged: bool
    bound_before: float = math.inf


class LiveScores:
    """Scores that are certified whenever they are read: ``bound`` ≤ ``tolerance``, whatever was edited, in any order.

    Edits have the verbs of Graph and only take in what changed, O(links of both ends). The first read after edits
    (``bound``, ``focus``, ``top``, ``score``) brings the bound within the tolerance, by one correction for all of them;
    ``settle`` does so at once, and ``eager`` after each edit. The bound of one edit falls with the number of particles:
    on large graphs many edits fit into a tolerance and their reads cost nothing. Where not one fits, each read after an
    edit costs a correction, half of a solve or so, however many the edits were (docs/explanation/live.md). The graph
    that was handed in is not touched; ``store`` has the edited links. Safe between threads.
    """

    def __init__(
        self,
        graph: LinkView,
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
        verify_tolerance(tolerance)
        self.params = FocusParams.of(params)
        self.tolerance, self.eager = tolerance, eager
        self._lock, self._threads = RLock(), threads
        with limited(threads):
            self._begin(graph.copy(), u, u0, progress)

    def _begin(self, start: LinkView, u: Any, u0: Any, progress: Progress | None) -> None:
        self._teleport = prior = _prior(start.particles, u, u0)
        self._book: EditBook
        self._keeper: Keeper
        if start.structure.is_compiled:
            keeper = LedgerKeeper(start, self.params, self.tolerance, *prior, progress)
            self._keeper = keeper
            self._book = _book(start, keeper)
        else:
            self._keeper, self._book = (
                SolvingKeeper(self.params, self.tolerance, *prior),
                StoreBook(start),
            )
        self.settle(progress)

    def __getstate__(self) -> dict[str, Any]:
        """Links, parameters and prior. What is unpickled solves once; its scores are certified as those before."""
        with self._lock:
            dropped = ("_lock", "_keeper", "_book", "_report")
            kept = {name: value for name, value in vars(self).items() if name not in dropped}
            return {**kept, "store": self._book.store()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        store = state.pop("store")
        vars(self).update(state)
        self._lock = RLock()
        u, u0 = (
            None if part is None else extend_prior(part, store.particle_count)
            for part in self._teleport
        )
        with limited(self._threads):
            self._begin(store, u, u0, None)

    def update(
        self, edges: Iterable[Sequence[Any]], *, progress: Progress | None = None
    ) -> LiveReport:
        """Adds many links ``(source, target[, weight[, relation[, author[, time]]]])``: all, or none on error.

        What ``progress`` raises where this is ``eager`` goes through; the links are then added, and the next read goes
        on. O(links of all ends).
        """
        listed = list(edges)
        return self._edit(lambda: self._book.add(listed), progress)

    def extend(
        self, source: Any, target: Any, weight: Any = None, *, progress: Progress | None = None
    ) -> LiveReport:
        """``update`` with parallel arrays or sequences, as in ``Graph.from_edges``."""
        return self._edit(lambda: self._book.columns(source, target, weight), progress)

    def link(
        self,
        source: Hashable,
        target: Hashable,
        weight: float = 1.0,
        relation: Hashable | None = None,
        author: Hashable | None = None,
        time: int | None = None,
    ) -> LiveReport:
        """Adds a link; on a pair that has one of that relation and author, its weight grows."""
        return self.update([(source, target, weight, relation, author, time)])

    def unlink(
        self,
        source: Hashable,
        target: Hashable,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> LiveReport:
        """Withdraws the links from ``source`` to ``target``; raises InputError when there is none."""
        return self._edit(
            lambda: self._book.unlink(source, target, relation=relation, author=author), None
        )

    def reweight(
        self,
        source: Hashable,
        target: Hashable,
        weight: float,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> LiveReport:
        """Sets what the links from ``source`` to ``target`` weigh together; raises InputError when there is none."""
        return self._edit(
            lambda: self._book.reweight(source, target, weight, relation=relation, author=author),
            None,
        )

    def teleport(
        self, u: Any = None, u0: Any = None, *, progress: Progress | None = None
    ) -> LiveReport:
        """Changes the prior (as ``u`` and ``u0`` of ``Graph.focus``). O(m): every residual changes.

        A given prior has no share for particles that come later; the uniform one has.
        """
        with self._lock, limited(self._threads):
            self._teleport = prior = _prior(self._book.names(), u, u0)
            self._keeper.teleport(*prior)
            return self._after(0, time.perf_counter(), self.eager, progress)

    def settle(self, progress: Progress | None = None) -> LiveReport:
        """Brings the bound within the tolerance now, as the next read would.

        What ``progress`` raises goes through: ``bound_now`` then says what the scores are worth. Raises what a solve
        may raise.
        """
        with self._lock, limited(self._threads):
            return self._after(0, time.perf_counter(), True, progress)

    @property
    def bound(self) -> float:
        """Bound on the L1 distance of the scores to the true focus of the graph as it is now."""
        with self._read() as keeper:
            return float(keeper.bound)

    @property
    def bound_now(self) -> float:
        """The same before the edits since the last read are corrected for: what it costs nothing to know."""
        with self._lock:
            return float(self._keeper.bound)

    @property
    def residual(self) -> float:
        """Bound on ‖R(x) − x‖₁ of the scores."""
        with self._read() as keeper:
            return float(keeper.residual)

    @property
    def report(self) -> LiveReport:
        """What the last update or settling took."""
        return self._report

    def store(self) -> LinkStore:
        """The edited links, independent of this. O(edits); ranking or listing them merges the edits, O(n + m)."""
        with self._lock:
            return self._book.store()

    @property
    def particle_count(self) -> int:
        """Number of particles, new ones included."""
        return self._book.particle_count

    def score(self, name: Hashable) -> float:
        """Score of one particle; raises UnknownParticleError."""
        with self._read() as keeper:
            return keeper.score(self._book.index(name))

    def top(self, count: int = 10) -> list[Ranked]:
        """The ``count`` ≥ 1 best particles, each marked with whether the bound separates it from the next.

        O(count) while what the updates moved since the last full search cannot have brought another one in.
        """
        verify_count(count)
        with self._read() as keeper:
            leaders = keeper.leaders(min(count + 1, self.particle_count)).tolist()
            scores = np.array([keeper.score(index) for index in leaders])
            names, bound = self._book.names(), keeper.bound
        gaps = np.append(scores[:-1] - scores[1:], np.inf)
        return [
            Ranked(
                rank + 1,
                names[index],
                float(scores[rank]),
                bool(gaps[rank] > bound),
                bound=bound / 2,
            )
            for rank, index in enumerate(leaders[:count])
        ]

    def focus(self) -> Focus:
        """All scores as a Focus, which stays as it is when this goes on. O(n)."""
        with self._read() as keeper:
            begun = time.perf_counter()
            return Focus(
                particles=self._book.names(),
                scores=keeper.scores(),
                params=self.params,
                tolerance=self.tolerance,
                residual=float(keeper.residual),
                bound=float(keeper.bound),
                iterations=keeper.passes,
                seconds=time.perf_counter() - begun,
                rate=0.0,
                solver="live",
                backend=keeper.backend,
            )

    def __repr__(self) -> str:
        count, bound = self.particle_count, self.bound_now
        return f"<{type(self).__name__} of {count:,} particles, bound {bound:.1e}>"

    def _edit(self, read: Callable[[], WeightBatch], progress: Progress | None) -> LiveReport:
        """Reads an edit, which may raise InputError and then leaves all as it was, and applies it."""
        with self._lock, limited(self._threads):
            begun = time.perf_counter()
            try:
                batch = read()
            except LabelledLinkError:
                self._book = StoreBook(self._book.store())
                batch = read()
            self._keeper.apply(batch)
            return self._after(len(batch.source), begun, self.eager, progress)

    @contextmanager
    def _read(self) -> Iterator[Keeper]:
        """The keeper within the tolerance, which nobody edits meanwhile."""
        with self._lock:
            if not self._keeper.bound <= self.tolerance:
                self.settle()
            yield self._keeper

    def _after(
        self, edits: int, begun: float, settling: bool, progress: Progress | None
    ) -> LiveReport:
        """Brings the bound within the tolerance if that is asked for, and reports."""
        keeper, before = self._keeper, float(self._keeper.bound)
        pushed, passes = keeper.pushed, keeper.passes
        merged = settling and keeper.worn
        if merged:
            self._merge(progress)
        if settling:
            keeper.settle(self._book.store, progress)
        self._report = LiveReport(
            edits,
            keeper.pushed - pushed,
            keeper.passes - passes,
            1e3 * (time.perf_counter() - begun),
            float(keeper.bound),
            merged,
            before,
        )
        return self._report

    def _merge(self, progress: Progress | None) -> None:
        merged = self._book.store()
        self._keeper.rebuild(merged, progress)
        if isinstance(self._keeper, LedgerKeeper):
            self._book = _book(merged, self._keeper)


def _book(graph: LinkView, keeper: LedgerKeeper) -> EditBook:
    """Labels need a graph; without them the ledger's weights do."""
    if graph.labelled_links is not None:
        return StoreBook(graph)
    return PlainBook(graph, keeper.weight, keeper.edited_pairs)


def _prior(names: Any, u: Any, u0: Any) -> tuple[FloatArray | None, FloatArray | None]:
    """u and u0 in the order of particles; None for a uniform u, None for u0 = u."""
    teleport = None if u is None else distribution("u", u, names)
    landing = None if u0 is None else distribution("u0", u0, names)
    if teleport is not None and landing is None and not np.all(teleport > 0):
        landing = np.full(len(names), 1 / max(len(names), 1))
    return teleport, landing
