"""A memory in a graph file, which is written whole after every change."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.graph import Graph
from focusmesh.engine.links import LinkColumns, Names, ticks_of
from focusmesh.engine.recall import EntryIndex
from focusmesh.errors import FileError, InputError
from focusmesh.interface.mcp.store import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from focusmesh.interface.mcp.store import Change
    from focusmesh.interface.mcp.view import MemoryView


class FileStore:
    """A graph file that several servers may share: each looks whether it is another one before it answers.

    A change takes the file anew under a lock on its folder, and is there when the file is: O(n + m) for each.
    """

    def __init__(self, path: Path) -> None:
        """A file that is not there yet is an empty memory. Raises FileError, DamagedFileError, NewerVersionError."""
        self._path = path
        self._lock = RLock()
        self._index = EntryIndex.beside(path)
        self._stamp: tuple[int, ...] | None = ()
        self._moment: Moment | None = None
        self._graph = _empty()
        self.moment()

    def moment(self) -> Moment:
        with self._lock:
            self._look()
            if self._moment is None:
                graph = self._graph.copy()
                self._moment = Moment(graph, graph.root, None, self._index)
            return self._moment

    def change(self, work: Callable[[MemoryView], Change]) -> int:
        with self._lock, self._alone():
            change = work(self.moment().view)
            if change:
                try:
                    self._graph = _apply(self._graph, change)
                    self._graph.save(self._path)
                except BaseException:
                    # The graph may be half changed: the file is what was acknowledged.
                    self._graph, self._stamp = _empty(), ()
                    raise
                finally:
                    self._moment = None
                self._stamp = self._file_stamp()
        return 0

    def close(self) -> None:
        """Waits for what is being written."""
        with self._lock:
            return

    def _look(self) -> None:
        """Takes the file anew where it is another one than was seen last."""
        stamp = self._file_stamp()
        if stamp != self._stamp:
            self._graph = _empty() if stamp is None else Graph.open(self._path)
            self._stamp, self._moment = stamp, None

    def _file_stamp(self) -> tuple[int, ...] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FileError(f"{self._path}: {error.strerror}") from error
        return found.st_ino, found.st_size, found.st_mtime_ns

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other server changes a file of the folder meanwhile."""
        try:
            handle = os.open(self._path.parent, os.O_RDONLY)
        except OSError as error:
            raise FileError(f"{self._path.parent}: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


class GraphStore:
    """A graph that was imported, or is to stay as it is: read only."""

    def __init__(self, graph: Graph, why: str) -> None:
        """``why`` it cannot be changed, for who tries."""
        self._found = Moment(graph, graph.root, None, EntryIndex())
        self._why = why

    def moment(self) -> Moment:
        return self._found

    def change(self, work: Callable[[MemoryView], Change]) -> int:
        if work(self._found.view):
            raise InputError(self._why)
        return 0

    def close(self) -> None:
        return None


def drop_unlinked(columns: LinkColumns, spared: frozenset[int] | None = None) -> LinkColumns:
    """``columns`` without the particles that have no link; those in ``spared`` stay."""
    kept = np.zeros(len(columns.particles), dtype=bool)
    kept[columns.source] = True
    kept[columns.target] = True
    if spared is not None:
        kept[list(spared)] = True
    if kept.all():
        return columns
    place = np.where(kept, np.cumsum(kept, dtype=np.int64) - 1, -1)
    left = np.flatnonzero(kept).tolist()
    names = [columns.particles[at] for at in left]
    text = all(isinstance(name, str) for name in names)
    return replace(
        columns,
        particles=Names.texts(str(name) for name in names) if text else Names.of(names),
        source=place[columns.source].astype(np.uint32),
        target=place[columns.target].astype(np.uint32),
        texts=None if columns.texts is None else Names.texts(str(columns.texts[at]) for at in left),
        properties=None if columns.properties is None else columns.properties.move(place),
    )


def _apply(graph: Graph, change: Change) -> Graph:
    """The graph with a change made in it, or where particles went, another one."""
    if change.added:
        graph.update(
            [
                (link.source, link.target, 1.0, link.relation, None, moment)
                for moment, link in enumerate(change.added, _next_time(graph))
            ]
        )
        for link in change.added:
            if link.text:
                graph.set_text(link.target, link.text)
    for source, target, relation in change.withdrawn:
        graph.unlink(source, target, relation)
    for name in change.untold:
        graph.set_text(name, "")
    if not (change.withdrawn or change.untold):
        return graph
    columns = graph.links()
    touched = {end for key in change.withdrawn for end in key[:2]} | set(change.untold)
    gone = {columns.particles.find(name) for name in touched}
    spared = frozenset(range(len(columns.particles))) - gone
    return Graph.from_links(drop_unlinked(columns, spared))


def _next_time(graph: Graph) -> int:
    """Now in the unit of the times of the links, milliseconds since 1970 at first; or what follows on the last link.

    Every link has a time of its own.
    """
    times = graph.links().time
    last = int(times.max()) if times is not None and len(times) else 0
    return max(time.time_ns() * (ticks_of(times) or 1_000) // 10**9, last + 1)


def _empty() -> Graph:
    none = np.empty(0, dtype=np.uint32)
    return Graph.from_links(LinkColumns(Names.texts([]), none, none))
