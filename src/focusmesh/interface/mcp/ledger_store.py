"""A memory in a ledger: what a tool does is one signed signal."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

from focusmesh.engine.graph import Graph
from focusmesh.engine.recall import EntryIndex
from focusmesh.errors import InputError
from focusmesh.host.service import ApplicationQueries
from focusmesh.host.storage import OpenedChain
from focusmesh.ids import digest
from focusmesh.interface.mcp.file_store import drop_unlinked
from focusmesh.interface.mcp.store import Moment
from focusmesh.kernel.session import FollowedColumns, Step, link_step, root_of, unlink_step

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from focusmesh.engine.links import MemoryLink
    from focusmesh.host.ledger import OpenLedger
    from focusmesh.interface.mcp.store import Change, Key
    from focusmesh.interface.mcp.view import MemoryView
    from focusmesh.kernel.runtime import Operation
    from focusmesh.kernel.session import Placed


class LedgerStore:
    """A ledger as a memory: retracted texts are in no moment, though in the ledger's past.

    A change is there when its block is durable; what one signal cannot hold is refused before anything is written.
    Weights are one unit a link; deleting takes back one's own links alone.
    """

    def __init__(self, ledger: OpenLedger, why: str = "") -> None:
        """``why`` it is read only, where it is. Raises StoreError."""
        self.ledger = ledger
        self._why = why
        self._opened = OpenedChain.of(ledger.folder)
        self.applications = ApplicationQueries(self._opened)
        self._is_open = True
        self._lock = RLock()
        self._index = EntryIndex()
        self._followed = FollowedColumns()
        self._found: Moment | None = None

    def moment(self) -> Moment:
        with self._lock:
            height = self.ledger.height()
            if self._found is None or self._found.height != height:
                with self._opened.lock:
                    chain = self._opened.reading()
                    height = chain.height
                    columns = drop_unlinked(self._followed.columns(chain))
                    root, name = chain.tip.state_root.hex(), root_of(chain)
                graph = Graph.from_links(columns)
                graph.name_root(name)
                self._found = Moment(graph, root, height, self._index)
            return self._found

    def change(self, work: Callable[[MemoryView], Change]) -> int:
        with self._lock:
            moment = self.moment()
            change = work(moment.view)
            if change and self._why:
                raise InputError(self._why)
            own, others = self._own(moment.graph, change.withdrawn)
            steps = [*self._link_steps(change.added), *(unlink_step(*key) for key in own)]
            if steps:
                self.ledger.send(steps, whole=True)
            return others + len(change.untold)

    def send(self, operation: Operation) -> Placed:
        """Signs one operation; where it stands. Raises InputError where it cannot be written, SignalError."""
        if self._why:
            raise InputError(self._why)
        with self._lock:
            (placed,) = self.ledger.send([Step(operation.as_fields())])
        return placed

    def close(self) -> None:
        with self._lock:
            self.ledger.close()
            if self._is_open:
                self._is_open = False
                self._opened.release()

    def _link_steps(self, links: list[MemoryLink]) -> Iterator[Step]:
        unit = self.ledger.parameters.weight_unit
        for link in links:
            step = link_step(link.source, link.target, link.relation, unit)
            content = link.text.encode("utf-8")
            told = {digest(content): content} if content else {}
            yield Step(step.fields, step.contents | told)

    def _own(
        self, graph: Graph, keys: list[Key]
    ) -> tuple[list[tuple[Hashable, Hashable, Hashable | None]], int]:
        """Those of the links that the signer made, and how many others made besides."""
        author = self.ledger.author.hex() if keys else ""
        own: list[tuple[Hashable, Hashable, Hashable | None]] = []
        others = 0
        for source, target, relation in keys:
            authors = {
                link.author for link in graph.between(source, target) if link.relation == relation
            }
            if author in authors:
                own.append((source, target, None if relation == "" else relation))
            others += len(authors - {author})
        return own, others
