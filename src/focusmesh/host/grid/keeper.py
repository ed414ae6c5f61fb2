"""The one process that keeps a grid: one thing is done at a time, and whoever listens hears of it.

What changes the grid's make-up is committed at once; work at cubes, which moves κ and what vertices were last surprised
by, within ``save_seconds``.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import RLock, Timer
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import FocusmeshError, GridError, InputError
from focusmesh.host.grid.graph import write_graph
from focusmesh.host.grid.records import Changed
from focusmesh.host.persistence import open_fanout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from focusmesh.engine.grid.cube import Grid
    from focusmesh.host.grid.kept_grid import KeptGrid
    from focusmesh.host.persistence import Fanout

    Hear = Callable[[Changed], None]

CHANNEL, MISSED = "grid", "missed"
LOG = logging.getLogger("focusmesh.grid")
_SHAPING = ("instance/", "connect", "disconnect")
"""What changes the graph of the cubes."""


class Keeper:
    """A grid that is kept, and who listens to its changes. Safe between threads."""

    def __init__(
        self,
        kept: KeptGrid,
        *,
        save_seconds: float = 1.0,
        name: str = "grid",
        fanout: Fanout | None = None,
        graph: Path | None = None,
    ) -> None:
        """``name`` is what readers see; ``fanout`` carries changes to other processes, and is closed with this.

        ``graph`` is a file that has the graph of all cubes, written anew when there are other ones.
        """
        self.name = name
        self._fanout = open_fanout() if fanout is None else fanout
        self._graph = graph
        self.kept = kept
        self._save_seconds = save_seconds
        self.lock = RLock()
        self._work = ""
        self._timer: Timer | None = None
        self._changes = 0
        self._is_torn = False
        self._is_closed = False

    @property
    def revision(self) -> str:
        """Another text whenever anything has changed."""
        return f"{self.kept.history.height}.{self._changes}"

    def listen(self, hear: Hear) -> Callable[[], None]:
        """Has ``hear`` told of every change, in a thread of the fan-out, until what this gives is called."""

        def told_of(message: bytes | None) -> None:
            # Who may have missed something looks at all of it.
            missed = Changed(operation=MISSED, revision=self.revision)
            hear(missed if message is None else msgspec.json.decode(message, type=Changed))

        return self._fanout.subscribe(CHANNEL, told_of).close

    def save(self) -> None:
        """Commits the work that was not committed yet."""
        with self.lock:
            self._timer = None
            if not self._work or self._is_closed:
                return
            self.grid.step_kappa()
            self.kept.commit(self._work)
            self._work = ""

    def close(self) -> None:
        """Saves, and gives the store back."""
        with self.lock:
            if self._is_closed:
                return
            if self._timer is not None:
                self._timer.cancel()
            try:
                self.save()
            finally:
                self._is_closed = True
                self.kept.close()
                self._fanout.close()

    @property
    def grid(self) -> Grid:
        """The grid as it is now; use it with ``lock``."""
        self.refresh()
        return self.kept.grid

    def refresh(self) -> None:
        """Reads what whoever keeps the grid has committed, where that is another process; use it with ``lock``.

        What could not be taken back, as the store was gone, is taken back first. Raises GridError ``"server"``.
        """
        if self._is_torn:
            self._take_back()
        if not self.kept.follows or not self.kept.is_behind():
            return
        self.kept.reload()
        if self._graph is not None:
            write_graph(self.kept.grid, self._graph)

    def kappa(self) -> float | None:
        """The mean κ over all cubes."""
        grid = self.grid
        if not grid.instances:
            return None
        return sum(cube.kappa for cube in grid.instances.values()) / len(grid.instances)

    @contextmanager
    def changing(
        self, words: str, cube: str | None = None, *, is_checked: bool = True
    ) -> Iterator[Grid]:
        """What is done to the grid is committed when the block ends; where it fails nothing of it is left.

        ``is_checked``: what is refused is refused before anything was touched, as nearly all of the engine's is.
        """
        with self.lock:
            self._verify_own()
            grid = self.grid
            try:
                yield grid
            except BaseException as error:
                if not (is_checked and isinstance(error, InputError)):
                    self._take_back()
                raise
            try:
                self.kept.commit(words)
            except BaseException:
                self._take_back()
                raise
            self._work = ""
            self._tell(words.partition(" ")[0], cube)
            if self._graph is not None and words.startswith(_SHAPING):
                write_graph(self.grid, self._graph)

    def _take_back(self) -> None:
        # Until the store has said what holds nothing is told of the grid, and nothing of it is kept.
        self._is_torn, self._work = True, ""
        self.kept.reload()
        self._is_torn = False

    @contextmanager
    def working(self, what: str, cube: str) -> Iterator[None]:
        """Work at a cube, whose traces are committed soon."""
        with self.lock:
            self._verify_own()
            self.refresh()
            yield
            self._work = f"{what} {cube}"
            if self._timer is None:
                self._timer = Timer(self._save_seconds, self._save_later)
                self._timer.daemon = True
                self._timer.start()
            self._tell(what, cube)

    def _save_later(self) -> None:
        try:
            self.save()
        except (FocusmeshError, OSError) as error:
            LOG.warning("work is not kept yet, the next change or work tries again: %s", error)

    def _verify_own(self) -> None:
        if self._is_closed:
            raise GridError("no-grid", "the grid is closed")
        if self.kept.follows:
            raise GridError(
                "owner",
                "this server only follows the grid: send changes to the server that keeps it",
            )

    def _tell(self, operation: str, name: str | None) -> None:
        self._changes += 1
        cube: Any = self.grid.instances.get(name) if name else None
        changed = Changed(
            operation=operation,
            instance=name,
            state=None if cube is None else cube.state,
            height=self.kept.history.height,
            revision=self.revision,
            kappa=self.kappa() if cube is None else cube.kappa,
        )
        try:
            self._fanout.publish(CHANNEL, msgspec.json.encode(changed))
        except GridError as error:
            # What was done is done; who listens learns that it missed something when the fan-out is back.
            LOG.warning("the grid's fan-out: %s", error)
