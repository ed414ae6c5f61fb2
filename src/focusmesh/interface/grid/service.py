"""The grid as every protocol asks it: one request in, one answer out, all of it kept before the answer is given.

What changes the grid's make-up is committed at once; work at cubes, which moves κ and what vertices were last surprised
by, within ``save_seconds``.
"""

from __future__ import annotations

import base64
import math
import time
from contextlib import contextmanager, suppress
from threading import RLock, Timer
from typing import TYPE_CHECKING, Any

from focusmesh.engine.grid.cube import KappaParams
from focusmesh.errors import FocusmeshError, GridError, InputError
from focusmesh.interface.grid import answering as told
from focusmesh.interface.grid.packing import packed
from focusmesh.interface.grid.records import (
    BlockAnswer,
    CascadeAnswer,
    Changed,
    CubeAnswer,
    CubePage,
    CubeRow,
    GridHealth,
    GridStats,
    HistoryPage,
    InterlockAnswer,
    ProcessAnswer,
    RemovedAnswer,
    SentAnswer,
    Spread,
    TemplateAnswer,
    ThoughtAnswer,
    Token,
    VerifiedAnswer,
    VoteAnswer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.grid.cube import Grid, Instance
    from focusmesh.engine.progress import Progress
    from focusmesh.interface.grid import requests as asked
    from focusmesh.interface.grid.keeping import KeptGrid

    Tell = Callable[[Token], None]
    Hear = Callable[[Changed], None]

HISTORY_MAX = 1_000


class GridService:
    """One grid, in the one process that keeps it. Safe between threads; requests are answered one after the other."""

    def __init__(self, kept: KeptGrid, *, save_seconds: float = 1.0, name: str = "grid") -> None:
        """``name`` is what readers see."""
        self.name = name
        self._kept = kept
        self._save_seconds = save_seconds
        self._lock = RLock()
        self._work = ""
        self._timer: Timer | None = None
        self._changes = 0
        self._listeners: list[Hear] = []
        self._is_closed = False

    @property
    def revision(self) -> str:
        """Another text whenever anything has changed."""
        return f"{self._kept.history.height}.{self._changes}"

    def health(self) -> GridHealth:
        """Whether all is well."""
        with self._lock:
            found = self._grid.health()
            return GridHealth(
                ok=found.ok,
                served=True,
                height=self._kept.history.height,
                detail="; ".join(found.problems),
                kappa=self._kappa(),
            )

    def statistics(self) -> GridStats:
        """The grid in figures. O(cubes)."""
        with self._lock:
            grid, found = self._grid, self._grid.statistics()
            spread = Spread(mean=found.kappa_mean, least=found.kappa_min, most=found.kappa_max)
            return GridStats(
                kappa=self._kappa(),
                name=self.name,
                shape=grid.array.shape,
                blocks=found.blocks,
                array_bytes=found.array_bytes,
                models=sorted(grid.models, key=lambda name: grid.model_numbers[name]),
                templates=sorted(grid.templates),
                instances=found.cubes,
                states=dict(found.states),
                spread=spread if found.cubes else None,
                set_point=KappaParams().setpoint,
                operations=found.operations,
                revision=self.revision,
                height=self._kept.history.height,
                can_write=True,
                can_vote=self._kept.secret is not None,
            )

    def cubes(self) -> CubePage:
        """All cubes, by name."""
        with self._lock:
            rows = [told.cube_row(cube) for _, cube in sorted(self._grid.instances.items())]
            return CubePage(items=rows, kappa=self._kappa())

    def cube(self, name: str) -> CubeAnswer:
        """One cube. Raises GridError ``"unknown-instance"``."""
        with self._lock:
            return told.cube_answer(self._grid, self._grid.instance(name))

    def status(self, request: asked.Status) -> CubeAnswer | GridStats:
        """One cube, or the grid."""
        return self.statistics() if request.instance is None else self.cube(request.instance)

    def value(self, x: int, y: int, z: int) -> BlockAnswer:
        """The block at a place. Raises GridError ``"coordinates"``."""
        with self._lock:
            return told.block_answer((x, y, z), self._grid.value(x, y, z))

    def blocks(
        self, low: tuple[int, int, int] | None, high: tuple[int, int, int] | None, limit: int
    ) -> bytes:
        """The blocks of a box (default: of the array), as ``packed`` has them. Raises GridError ``"coordinates"``."""
        with self._lock:
            array = self._grid.array
            if low is None and high is None:
                found = array.blocks()
            else:
                found = array.region(low or (0, 0, 0), high or array.shape)
        return packed(found, limit)

    def history(self, limit: int, before: int | None = None) -> HistoryPage:
        """Commits, newest first, of heights below ``before``."""
        with self._lock:
            history = self._kept.history
            last = history.height if before is None else min(before - 1, history.height)
            first = max(0, last - min(limit, HISTORY_MAX) + 1)
            commits = history.commits(first, last) if last >= 0 else []
            rows = [told.commit_row(commit) for commit in reversed(commits)]
            return HistoryPage(items=rows, cursor=first or None, kappa=self._kappa())

    def create_template(self, request: asked.NewTemplate) -> TemplateAnswer:
        """A template. Raises GridError as ``Grid.create_template`` does."""
        with self._changing(f"template/create {request.name}") as grid:
            made = grid.create_template(request.name, request.models, request.diagonals)
        return TemplateAnswer(
            name=made.name, models=dict(made.models), diagonals=made.diagonals, kappa=self._kappa()
        )

    def create_instance(self, request: asked.NewInstance) -> CubeAnswer:
        """A cube. Raises GridError as ``Grid.create_instance`` does."""
        words = f"instance/create {request.name} of {request.template} at {request.at}"
        with self._changing(words, request.name) as grid:
            made = grid.create_instance(
                request.name, request.template, request.at, start=request.start
            )
            return told.cube_answer(grid, made)

    def remove_instance(self, name: str) -> RemovedAnswer:
        """Takes a cube out. Raises GridError ``"unknown-instance"``."""
        with self._changing(f"instance/delete {name}", name) as grid:
            grid.remove_instance(name)
        return RemovedAnswer(removed=name, kappa=self._kappa())

    def connect(self, request: asked.Tie) -> CubeAnswer:
        """Ties two cubes, or unties them. Raises GridError ``"unknown-instance"``, ``"edge"``."""
        one, other = request.instance, request.other
        words = f"{'connect' if request.joined else 'disconnect'} {one} {other}"
        with self._changing(words, one) as grid:
            (grid.connect if request.joined else grid.disconnect)(one, other)
            return told.cube_answer(grid, grid.instance(one))

    def set_value(self, request: asked.NewValue) -> BlockAnswer:
        """Sets a block, or clears it. Raises GridError ``"coordinates"``, ``"occupied"``, ``"value"``."""
        place = (request.x, request.y, request.z)
        with self._changing(f"value {place} {request.value}") as grid:
            if request.value is None:
                grid.clear_value(*place)
            else:
                if not math.isfinite(request.value):
                    raise GridError("value", f"a value is a finite number, not {request.value}")
                grid.set_value(*place, request.value)
            return told.block_answer(place, grid.value(*place))

    def interlock(
        self, request: asked.Interlock, progress: Progress | None = None
    ) -> InterlockAnswer:
        """An operation on a plane, all of it or nothing.

        Raises GridError ``"plane"``, ``"operation"``, ``"coordinates"``.
        """
        begun = time.perf_counter()
        where = request.plane if request.index is None else f"{request.plane} {request.index}"
        with self._changing(f"interlock {request.operation} {where}") as grid:
            found = grid.interlock(request.operation, request.plane, request.index, progress)
        return InterlockAnswer(
            plane=request.plane,
            index=request.index,
            operation=request.operation,
            blocks=found.count,
            seconds=time.perf_counter() - begun,
            kappa=self._kappa(),
        )

    def execute(self, request: asked.Execute) -> CubeRow:
        """A command of PackML. Raises GridError ``"unknown-instance"``, ``"command"``, ``"state"``."""
        name = request.instance
        with self._changing(f"execute {request.command} {name}", name) as grid:
            cube = grid.instance(name)
            cube.execute(request.command)
            return told.cube_row(cube)

    def process(self, request: asked.Process, tell: Tell | None = None) -> ProcessAnswer:
        """How a text goes on; ``tell`` hears of each byte as it comes, and stops the work by raising.

        Raises GridError as ``Instance.generate`` does, ``"unknown-instance"``, ``"unknown-template"``.
        """
        content, begun = request.content(), time.perf_counter()
        with self._lock:
            cube = self._worker(request)
            coming = cube.generate(
                content, request.count, request.temperature, request.seed, request.vertex
            )
        made = bytearray()
        for index in range(request.count):
            # Others are answered between two bytes.
            with self._working("process", cube.name):
                made += next(coming)
            if tell is not None:
                tell(
                    Token(
                        index=index, byte=made[-1], text=told.printed(made[-1:]), kappa=cube.kappa
                    )
                )
        return ProcessAnswer(
            instance=cube.name,
            vertex=request.vertex,
            text=made.decode("utf-8", "backslashreplace"),
            data=base64.b64encode(made).decode(),
            seconds=time.perf_counter() - begun,
            kappa=cube.kappa,
        )

    def collective_think(self, request: asked.CollectiveThink) -> ThoughtAnswer:
        """What all vertices come to. Raises GridError as ``Instance.collective_think`` does."""
        content = request.content()
        with self._working("collective_think", request.instance):
            cube = self._grid.instance(request.instance)
            return told.thought_answer(cube, cube.collective_think(content, request.rounds))

    def cascade(self, request: asked.Cascade) -> CascadeAnswer:
        """A text that spreads. Raises GridError as ``Instance.cascade`` does."""
        content = request.content()
        with self._working("cascade", request.instance):
            cube = self._grid.instance(request.instance)
            return told.cascade_answer(cube, cube.cascade(content, request.depth, request.start))

    def send_message(self, request: asked.SendMessage) -> SentAnswer:
        """Leaves a message. Raises GridError as ``Instance.send`` and ``Grid.send`` do."""
        content = request.content()
        with self._working("send_message", request.instance or request.target):
            if request.instance is None:
                sent = self._grid.send(request.source, request.target, content)
                kappa = self._grid.instance(request.target).kappa
            else:
                cube = self._grid.instance(request.instance)
                sent, kappa = cube.send(request.source, request.target, content), cube.kappa
        return SentAnswer(
            source=request.source,
            target=request.target,
            number=sent.number,
            bytes=len(content),
            kappa=kappa,
        )

    def vote(self, request: asked.Vote) -> VoteAnswer:
        """A vote of a cube's vertices. Raises GridError ``"no-secret"``, ``"quorum"``, ``"state"`` …."""
        from focusmesh.interface.grid.voting import voted

        content = request.content()
        with self._working("vote", request.instance):
            return voted(self._kept, self._grid.instance(request.instance), request, content)

    def verify_vote(self, request: asked.VerifyVote) -> VerifiedAnswer:
        """Holds a certificate against a cube's keys.

        Raises GridError ``"certificate"``, ``"signature"``, ``"quorum"``.
        """
        from focusmesh.interface.grid.voting import verified

        with self._lock:
            return verified(self._kept, self._grid.instance(request.instance), request)

    def listen(self, hear: Hear) -> Callable[[], None]:
        """Has ``hear`` told of every change, in the thread that made it, until what this gives is called."""
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear) if hear in self._listeners else None

    def save(self) -> None:
        """Commits the work that was not committed yet."""
        with self._lock:
            self._timer = None
            if not self._work or self._is_closed:
                return
            self._grid.step_kappa()
            self._kept.commit(self._work)
            self._work = ""

    def close(self) -> None:
        """Saves, and gives the store back."""
        with self._lock:
            if self._is_closed:
                return
            if self._timer is not None:
                self._timer.cancel()
            try:
                self.save()
            finally:
                self._is_closed = True
                self._kept.close()

    @property
    def _grid(self) -> Grid:
        return self._kept.grid

    def _kappa(self) -> float | None:
        grid = self._grid
        if not grid.instances:
            return None
        return sum(cube.kappa for cube in grid.instances.values()) / len(grid.instances)

    def _worker(self, request: asked.Process) -> Instance:
        if request.instance is not None:
            return self._grid.instance(request.instance)
        template = request.template or next(iter(self._grid.templates), "")
        return self._grid.idlest(template)

    @contextmanager
    def _changing(self, words: str, cube: str | None = None) -> Iterator[Grid]:
        """What is done to the grid is committed when the block ends; where it fails nothing of it is left."""
        with self._lock:
            self._verify_open()
            try:
                yield self._grid
            except InputError:
                # Refused before anything was touched, as every InputError of the engine is.
                raise
            except BaseException:
                self._take_back()
                raise
            try:
                self._kept.commit(words)
            except BaseException:
                self._take_back()
                raise
            self._work = ""
            self._tell(words.partition(" ")[0], cube)

    def _take_back(self) -> None:
        self._kept.reload()
        self._work = ""

    @contextmanager
    def _working(self, what: str, cube: str) -> Iterator[None]:
        """Work at a cube, whose traces are committed soon."""
        with self._lock:
            self._verify_open()
            yield
            self._work = f"{what} {cube}"
            if self._timer is None:
                self._timer = Timer(self._save_seconds, self._save_later)
                self._timer.daemon = True
                self._timer.start()
            self._tell(what, cube)

    def _save_later(self) -> None:
        # Who works next finds out what keeps it from being saved.
        with suppress(FocusmeshError, OSError):
            self.save()

    def _verify_open(self) -> None:
        if self._is_closed:
            raise GridError("no-grid", "the grid is closed")

    def _tell(self, operation: str, name: str | None) -> None:
        self._changes += 1
        cube: Any = self._grid.instances.get(name) if name else None
        changed = Changed(
            operation=operation,
            instance=name,
            state=None if cube is None else cube.state,
            height=self._kept.history.height,
            revision=self.revision,
            kappa=self._kappa() if cube is None else cube.kappa,
        )
        for hear in tuple(self._listeners):
            hear(changed)
