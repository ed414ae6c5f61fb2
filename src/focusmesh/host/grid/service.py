"""The grid as every protocol asks it: one request in, one answer out, and kept before that is given."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

from focusmesh.engine.grid.cube import KappaParams, blocks_of, check_name
from focusmesh.errors import GridError
from focusmesh.host.grid import answers as told
from focusmesh.host.grid.block_packing import pack_blocks
from focusmesh.host.grid.keeper import Keeper
from focusmesh.host.grid.records import (
    BlockAnswer,
    CascadeAnswer,
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
    from collections.abc import Callable

    from focusmesh.engine.grid.cube import Grid, Instance, Predictor
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.grid import requests as asked

    Tell = Callable[[Token], None]

HISTORY_MAX = 1_000
PROCESS = "process"


class GridService(Keeper):
    """One grid, in the one process that keeps it. Safe between threads; requests are answered one after the other."""

    def health(self) -> GridHealth:
        """Whether all is well."""
        with self.lock:
            found = self.grid.health()
            return GridHealth(
                ok=found.ok,
                served=True,
                height=self.kept.history.height,
                detail="; ".join(found.problems),
                kappa=self.kappa(),
            )

    def statistics(self) -> GridStats:
        """The grid in figures. O(cubes)."""
        with self.lock:
            grid, found = self.grid, self.grid.statistics()
            spread = Spread(mean=found.kappa_mean, least=found.kappa_min, most=found.kappa_max)
            return GridStats(
                kappa=self.kappa(),
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
                height=self.kept.history.height,
                can_write=not self.kept.follows,
                can_vote=self.kept.secret is not None and not self.kept.follows,
            )

    def cubes(self) -> CubePage:
        """All cubes, by name."""
        with self.lock:
            rows = [told.cube_row(cube) for _, cube in sorted(self.grid.instances.items())]
            edges = sorted((min(edge), max(edge)) for edge in self.grid.edges)
            return CubePage(items=rows, edges=edges, kappa=self.kappa())

    def cube(self, name: str) -> CubeAnswer:
        """One cube. Raises GridError ``"unknown-instance"``."""
        with self.lock:
            return told.cube_answer(self.grid, self.grid.instance(name))

    def status(self, request: asked.Status) -> CubeAnswer | GridStats:
        """One cube, or the grid."""
        return self.statistics() if request.instance is None else self.cube(request.instance)

    def value(self, x: int, y: int, z: int) -> BlockAnswer:
        """The block at a place. Raises GridError ``"coordinates"``."""
        with self.lock:
            return told.block_answer((x, y, z), self.grid.value(x, y, z))

    def blocks(
        self, low: tuple[int, int, int] | None, high: tuple[int, int, int] | None, limit: int
    ) -> bytes:
        """Blocks of a box (default: of the array), as ``pack_blocks`` has them. Raises GridError ``"coordinates"``."""
        with self.lock:
            array = self.grid.array
            if low is None and high is None:
                found = array.blocks()
            else:
                found = array.region(low or (0, 0, 0), high or array.shape)
        return pack_blocks(found, limit)

    def history(self, limit: int, before: int | None = None) -> HistoryPage:
        """Commits, newest first, of heights below ``before``."""
        with self.lock:
            self.refresh()
            history = self.kept.history
            last = history.height if before is None else min(before - 1, history.height)
            first = max(0, last - min(limit, HISTORY_MAX) + 1)
            commits = history.commits(first, last) if last >= 0 else []
            rows = [told.commit_row(commit) for commit in reversed(commits)]
            return HistoryPage(items=rows, cursor=first or None, kappa=self.kappa())

    def verify_new_model(self, name: str) -> None:
        """Raises GridError ``"exists"`` for a name that a model has, ``"name"`` for one that none may have."""
        with self.lock:
            check_name(name)
            if name in self.grid.models:
                raise GridError("exists", f"there is a model {name!r} already")

    def add_model(self, name: str, model: Predictor) -> int:
        """Keeps a model: its number. Raises GridError as ``Grid.add_model`` does."""
        with self.changing(f"model {name}") as grid:
            return grid.add_model(name, model)

    def create_template(self, request: asked.NewTemplate) -> TemplateAnswer:
        """A template. Raises GridError as ``Grid.create_template`` does."""
        with self.changing(f"template/create {request.name}") as grid:
            made = grid.create_template(request.name, request.models, request.diagonals)
        return TemplateAnswer(
            name=made.name, models=dict(made.models), diagonals=made.diagonals, kappa=self.kappa()
        )

    def create_instance(self, request: asked.NewInstance) -> CubeAnswer:
        """A cube. Raises GridError as ``Grid.create_instance`` does."""
        words = f"instance/create {request.name} of {request.template} at {request.at}"
        with self.changing(words, request.name) as grid:
            made = grid.create_instance(
                request.name, request.template, request.at, start=request.start
            )
            return told.cube_answer(grid, made)

    def remove_instance(self, name: str) -> RemovedAnswer:
        """Takes a cube out. Raises GridError ``"unknown-instance"``."""
        with self.changing(f"instance/delete {name}", name) as grid:
            grid.remove_instance(name)
        return RemovedAnswer(removed=name, kappa=self.kappa())

    def connect(self, request: asked.Tie) -> CubeAnswer:
        """Ties two cubes, or unties them. Raises GridError ``"unknown-instance"``, ``"edge"``."""
        one, other = request.instance, request.other
        words = f"{'connect' if request.joined else 'disconnect'} {one} {other}"
        with self.changing(words, one) as grid:
            (grid.connect if request.joined else grid.disconnect)(one, other)
            return told.cube_answer(grid, grid.instance(one))

    def set_value(self, request: asked.NewValue) -> BlockAnswer:
        """Sets a block, or clears it. Raises GridError ``"coordinates"``, ``"occupied"``, ``"block"``."""
        place = (request.x, request.y, request.z)
        with self.changing(f"value {place} {request.value}") as grid:
            if request.value is None:
                _clear(grid, place)
            else:
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
        words = f"interlock {request.operation} {where}"
        with self.changing(words, is_checked=request.operation != PROCESS) as grid:
            if request.operation == PROCESS:
                blocks, changed, bare = _process(grid, request, progress)
            else:
                done = grid.interlock(request.operation, request.plane, request.index)
                blocks, changed, bare = done.blocks, done.changed, 0
        return InterlockAnswer(
            plane=request.plane,
            index=request.index,
            operation=request.operation,
            blocks=blocks,
            changed=changed,
            without_model=bare,
            seconds=time.perf_counter() - begun,
            kappa=self.kappa(),
        )

    def execute(self, request: asked.Execute) -> CubeRow:
        """A command of PackML. Raises GridError ``"unknown-instance"``, ``"command"``, ``"state"``."""
        name = request.instance
        with self.changing(f"execute {request.command} {name}", name) as grid:
            cube = grid.instance(name)
            cube.execute(request.command)
            return told.cube_row(cube)

    def process(self, request: asked.Process, tell: Tell | None = None) -> ProcessAnswer:
        """How a text goes on; ``tell`` hears of each byte as it comes, and stops the work by raising.

        Raises GridError as ``Instance.generate`` does, ``"unknown-instance"``, ``"unknown-template"``.
        """
        content, begun = request.content(), time.perf_counter()
        with self.lock:
            cube = self._worker(request)
            coming = cube.generate(
                content, request.count, request.temperature, request.seed, request.vertex
            )
        made = bytearray()
        for index in range(request.count):
            # Others are answered between two bytes.
            with self.working("process", cube.name):
                made += next(coming)
            if tell is not None:
                tell(
                    Token(
                        index=index, byte=made[-1], text=told.printable(made[-1:]), kappa=cube.kappa
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
        with self.working("collective_think", request.instance):
            cube = self.grid.instance(request.instance)
            return told.thought_answer(cube, cube.collective_think(content, request.rounds))

    def cascade(self, request: asked.Cascade) -> CascadeAnswer:
        """A text that spreads. Raises GridError as ``Instance.cascade`` does."""
        content = request.content()
        with self.working("cascade", request.instance):
            cube = self.grid.instance(request.instance)
            return told.cascade_answer(cube, cube.cascade(content, request.depth, request.start))

    def send_message(self, request: asked.SendMessage) -> SentAnswer:
        """Leaves a message. Raises GridError as ``Instance.send`` and ``Grid.send`` do."""
        content = request.content()
        with self.working("send_message", request.instance or request.target):
            if request.instance is None:
                sent = self.grid.send(request.source, request.target, content)
                kappa = self.grid.instance(request.target).kappa
            else:
                cube = self.grid.instance(request.instance)
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
        from focusmesh.host.grid.votes import vote_after

        content, name = request.content(), request.instance
        with self.changing(f"vote {name}", name) as grid:
            answer, run = vote_after(self.kept, grid.instance(name), request, content)
            self.kept.runs.append(run)
            return answer

    def verify_vote(self, request: asked.VerifyVote) -> VerifiedAnswer:
        """Holds a certificate against a cube's keys.

        Raises GridError ``"certificate"``, ``"signature"``, ``"quorum"``.
        """
        from focusmesh.host.grid.votes import check_vote

        with self.lock:
            return check_vote(self.kept, self.grid.instance(request.instance), request)

    def _worker(self, request: asked.Process) -> Instance:
        if request.instance is not None:
            return self.grid.instance(request.instance)
        template = request.template or next(iter(self.grid.templates), "")
        return self.grid.idlest(template)


def _process(
    grid: Grid, request: asked.Interlock, progress: Progress | None
) -> tuple[int, int, int]:
    """Every block's model on a plane: how many were processed, how many values changed, how many have no model."""
    found = grid.process_plane(
        request.plane,
        request.index,
        windows=request.window(),
        levels=request.levels,
        write=request.write,
        progress=progress,
    )
    done = sum(len(batch.blocks.keys) for batch in found)
    return found.total, done if request.write else 0, found.without_model


def _clear(grid: Grid, place: tuple[int, int, int]) -> None:
    for cube in grid.instances.values():
        if place in blocks_of(cube.at).values():
            raise GridError("occupied", f"block {place} is the cube {cube.name}'s: remove that")
    grid.array.clear(*place)
