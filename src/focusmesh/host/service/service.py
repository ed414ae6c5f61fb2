"""Service: what is at a path, opened once, and answered for one moment at a time by whatever protocol asks."""

from __future__ import annotations

import time
from collections import OrderedDict
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh import __version__
from focusmesh.errors import FileError, ParameterError
from focusmesh.host.service.moment import Moment
from focusmesh.host.service.paging import height_of
from focusmesh.host.service.particle_names import in_json
from focusmesh.host.service.problems import NotThereError
from focusmesh.host.service.ranks import Shelf, solve_ranks
from focusmesh.host.service.records.records import Status
from focusmesh.host.storage import Folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from typing import Self

    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.keys import Keyring
    from focusmesh.host.service.ledger import LedgerSource

MOMENTS_KEPT = 3
"""How many moments stay in memory: the last one, and those that ``at`` asked for last."""
SECONDS_BETWEEN_LOOKS = 0.1
"""How long a file is believed to be as it was."""


class GraphSource:
    """A graph file, or whatever ``Graph.read`` reads; looked at again when it is replaced."""

    kind = "graph"

    def __init__(
        self,
        path: Path,
        params: FocusParams | None,
        tolerance: float,
        shelf: Shelf,
        reading: Mapping[str, Any],
    ) -> None:
        """Raises FileError where there is nothing."""
        from focusmesh.engine.focus import FocusParams

        self.path = path
        self._params = FocusParams.of(params)
        self.bound_max = tolerance
        self._shelf = shelf
        self._reading = reading
        self._seen: object = None
        self._looked_at = 0.0

    def newest(self, *, wait: bool) -> None:
        """A file has no heights."""
        del wait

    def has_changed(self) -> bool:
        """Whether the file is another than was read last."""
        now = time.monotonic()
        if self._seen is not None and now - self._looked_at < SECONDS_BETWEEN_LOOKS:
            return False
        is_other = self._facts() != self._seen
        # What has changed stays so until it is read.
        self._looked_at = 0.0 if is_other else now
        return is_other

    def behind(self, moment: Moment, now: float) -> float:
        """For how many seconds the file has been another than was read last."""
        del moment
        return 0.0 if self._facts() == self._seen else max(0.0, now - self.path.stat().st_ctime)

    def make_moment(self, at: int | None, progress: Progress | None = None) -> Moment:
        """The graph that is in the file now; raises ParameterError for a height."""
        from focusmesh.engine.graph import Graph

        if at is not None:
            raise ParameterError("a graph file has no heights: leave out 'at'", parameter="at")
        seen = self._facts()
        graph = Graph.read(self.path, **self._reading, progress=progress)
        self._seen = seen
        root = graph.root
        return Moment(
            graph,
            self._params,
            root=root,
            ranks=lambda: self._shelf.ranks(
                root, lambda: solve_ranks(graph, self._params, self.bound_max)
            ),
        )

    def complete_status(self, status: Status) -> Status:
        """Nothing besides."""
        return status

    def close(self) -> None:
        """Nothing is held open."""

    def _facts(self) -> object:
        try:
            facts = self.path.stat()
        except OSError as error:
            raise FileError(f"{self.path}: {error.strerror}") from error
        return facts.st_ino, facts.st_size, facts.st_mtime_ns


class Service:
    """What is served. ``moment`` is where questions are asked; ``ledger`` has what only ledgers have. Thread-safe."""

    def __init__(self, source: GraphSource | LedgerSource, shelf: Shelf) -> None:
        """Use ``open``."""
        self._source = source
        self._shelf = shelf
        self._moments: OrderedDict[int | None, Moment] = OrderedDict()
        self._latest: Moment | None = None
        self._lock, self._making = RLock(), RLock()

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        params: FocusParams | None = None,
        tolerance: float = 1e-6,
        keyring: Keyring | None = None,
        shelf: Path | None = None,
        reading: Mapping[str, Any] | None = None,
        writes: bool = False,
    ) -> Service:
        """The service of a ledger's folder, or of a graph file or anything else that ``Graph.read`` reads.

        ``params`` (of graph files; a ledger has its own) is the operator, solved within ``tolerance``. ``keyring``
        signs receipts. ``shelf`` is a folder in which processes that serve the same share φ. ``reading`` are further
        arguments of ``Graph.read``. ``writes``: signals are taken although the node beside it votes. Nothing is
        read yet.
        Raises FileError where there is nothing.
        """
        where, shared = Path(path), Shelf(shelf)
        if Folder(where).is_there():
            from focusmesh.host.service.ledger import LedgerSource

            return cls(LedgerSource(Folder(where), keyring, shared, writes=writes), shared)
        if not where.exists():
            raise FileError(f"{where}: there is no such file or folder")
        return cls(GraphSource(where, params, tolerance, shared, reading or {}), shared)

    @property
    def kind(self) -> str:
        """``"graph"`` or ``"ledger"``."""
        return self._source.kind

    @property
    def bound_max(self) -> float:
        """The largest bound on the focus that is served as it should be."""
        return self._source.bound_max

    @property
    def ledger(self) -> LedgerSource:
        """Blocks, receipts, proofs, signals; raises NotThereError where a graph file is served."""
        from focusmesh.host.service.ledger import LedgerSource

        if not isinstance(self._source, LedgerSource):
            raise NotThereError("a graph file is served: it has no blocks, proofs or signals")
        return self._source

    def current(self) -> Moment | None:
        """The moment that ``moment()`` would give, where it is at hand; else None. Waits for nobody."""
        if self._source.has_changed():
            return None
        newest = self._source.newest(wait=False)
        with self._lock:
            found = self._moments.get(newest)
            # It may have been made for who asked for its height.
            self._latest = found or self._latest
            return found

    @property
    def latest(self) -> Moment | None:
        """The newest moment that was ever given; what is served may have gone on since."""
        return self._latest

    def behind(self, moment: Moment) -> float:
        """For how many seconds there has been something newer than ``moment``, the latest, 0.0 where it is the newest.

        Raises FileError where there is nothing any more.
        """
        return self._source.behind(moment, time.time())

    def moment(
        self, at: int | None = None, cursor: str | None = None, progress: Progress | None = None
    ) -> Moment:
        """What is served as of the block ``at`` (default: the last one), or as of the page before ``cursor``.

        Reads and prepares it where it is not at hand: O(n + m). Raises BlockError ("height") outside of what the
        ledger keeps, ParameterError for a height of a graph file or a cursor of another one.
        """
        told = height_of(cursor)
        if at is not None and told is not None and at != told:
            raise ParameterError(f"the cursor is of height {told}, but at = {at}: leave at out")
        wanted = told if at is None else at
        if wanted is None:
            return self.current() or self._make_moment(None, progress)
        with self._lock:
            found = self._moments.get(wanted)
        return found or self._make_moment(wanted, progress)

    def _make_moment(self, at: int | None, progress: Progress | None) -> Moment:
        """One is made at a time; who waited for that may find it made."""
        with self._making:
            found = self.current() if at is None else self._moments.get(at)
            if found is not None:
                return found
            made = self._source.make_moment(at, progress)
            with self._lock:
                self._moments[made.height] = made
                self._moments.move_to_end(made.height)
                if at is None:
                    self._latest = made
                others = [key for key, one in self._moments.items() if one is not self._latest]
                for key in others[: max(0, len(self._moments) - MOMENTS_KEPT)]:
                    del self._moments[key]
                self._shelf.keep_only({moment.root for moment in self._moments.values()})
            return made

    def status(self, at: Moment | None = None) -> Status:
        """What is served, and how it stands (default: now)."""
        moment = at or self.moment()
        graph = moment.graph
        status = Status(
            root=moment.root,
            height=moment.height,
            kind="graph" if self.kind == "graph" else "ledger",
            name=self._source.path.name,
            particles=graph.particle_count,
            links=graph.link_count,
            axons=graph.axon_count,
            relations=[in_json(name) for name in graph.relations or () if name != ""],
            has_texts=graph.texts is not None,
            params=msgspec.to_builtins(moment.params),
            version=__version__,
        )
        return self._source.complete_status(status)

    def close(self) -> None:
        """Gives back what is held open; moments that were handed out stay good."""
        with self._lock:
            self._moments.clear()
            self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
