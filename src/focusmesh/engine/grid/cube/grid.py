"""A grid: an array of blocks, models, templates, and the cubes that run in it."""

from __future__ import annotations

import time
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array import Processing, interlock, process
from focusmesh.engine.grid.cube.instance import Fields, Instance
from focusmesh.engine.grid.cube.kappa import KappaField, KappaParams
from focusmesh.engine.grid.cube.metrics import Health, statistics_of
from focusmesh.engine.grid.cube.predictor import check_data
from focusmesh.engine.grid.cube.template import Template, check_name
from focusmesh.engine.grid.cube.vertices import PLACES, VERTICES, vertex_offset
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from focusmesh.engine.grid.array import Batch, Block, BlockArray, Interlocked
    from focusmesh.engine.grid.cube.messages import Message
    from focusmesh.engine.grid.cube.metrics import GridStatistics
    from focusmesh.engine.grid.cube.predictor import Predictor
    from focusmesh.engine.support.progress import Progress

MODELS_MAX = 65_534
"""A block names its model in 16 bits; 0 is none."""

Corner = tuple[int, int, int]


class Grid:
    """Cubes on a lattice. Every refusal is a GridError, and nothing has changed then. Safe to use from many threads.

    A cube takes the 2×2×2 blocks from its ``at``, the corner SWD: their models are those of its vertices, their κ is
    the cube's, their value what the vertex was last surprised by, in nats a byte.
    """

    def __init__(self, array: BlockArray, clock: Callable[[], float] = time.monotonic) -> None:
        self.array = array
        self.models: dict[str, Predictor] = {}
        self.model_numbers: dict[str, int] = {}
        self.templates: dict[str, Template] = {}
        self.instances: dict[str, Instance] = {}
        self.edges: set[frozenset[str]] = set()
        self.fields = Fields(KappaField(KappaParams()), KappaField(KappaParams()))
        self._owner: dict[Corner, str] = {}
        self._clock = clock
        self._cycle_began = clock()
        self._lock = RLock()

    def add_model(self, name: str, model: Predictor, number: int | None = None) -> int:
        """Keeps a model under a name: its number, 1 … 65534. Raises GridError ``"name"``, ``"exists"``, ``"full"``."""
        with self._lock:
            self._new(name, self.models, "model")
            taken = set(self.model_numbers.values())
            free = (n for n in range(1, MODELS_MAX + 1) if n not in taken)
            chosen = next(free, None) if number is None else number
            if chosen is None or chosen in taken or not 1 <= chosen <= MODELS_MAX:
                raise GridError(
                    "full", f"no number is left for the model {name}: blocks can name {MODELS_MAX}"
                )
            self.models[name] = model
            self.model_numbers[name] = chosen
            return chosen

    def model(self, name: str) -> Predictor:
        """Raises GridError ``"unknown-model"``."""
        if name not in self.models:
            raise GridError(
                "unknown-model", f"no model is named {name!r}; {_list_names(self.models)}"
            )
        return self.models[name]

    def create_template(
        self,
        name: str,
        models: Mapping[str, str] | str,
        diagonals: str = "none",
        weights: Mapping[str, float] | None = None,
        trim: int = 2,
    ) -> Template:
        """A template; one name in place of ``models`` stands on all nine places.

        Raises GridError ``"name"``, ``"exists"``, ``"unknown-model"``, ``"vertex"``, ``"template"``.
        """
        with self._lock:
            on = dict.fromkeys(PLACES, models) if isinstance(models, str) else dict(models)
            template = Template(name, on, diagonals, weights, trim)
            self._new(name, self.templates, "template")
            for model in on.values():
                self.model(model)
            template.cube(self.models)
            self.templates[name] = template
            return template

    def template(self, name: str) -> Template:
        """Raises GridError ``"unknown-template"``."""
        if name not in self.templates:
            raise GridError(
                "unknown-template", f"no template is named {name!r}; {_list_names(self.templates)}"
            )
        return self.templates[name]

    def remove_template(self, name: str) -> None:
        """Raises GridError ``"unknown-template"``, and ``"in-use"`` while a cube was made of it."""
        with self._lock:
            self.template(name)
            users = [cube.name for cube in self.instances.values() if cube.template.name == name]
            if users:
                raise GridError("in-use", f"template {name} is that of {', '.join(users[:5])}")
            del self.templates[name]

    def create_instance(
        self, name: str, template: str, at: Corner, *, start: bool = True
    ) -> Instance:
        """A cube of a template with its corner SWD at ``at``; started, unless it is to wait in Stopped.

        One whose models fail at the start is there and Aborted, and the error goes on.
        Raises GridError ``"name"``, ``"exists"``, ``"unknown-template"``, ``"coordinates"``, ``"occupied"``.
        """
        with self._lock:
            self._new(name, self.instances, "cube")
            chosen = self.template(template)
            self._check_free(at)
            cube = chosen.cube(self.models)
            made = Instance(name, chosen, at, cube, self.fields, self._clock)
            if start:
                made.execute("reset")
            self._place(made)
            if start:
                made.execute("start")
            return made

    def instance(self, name: str) -> Instance:
        """Raises GridError ``"unknown-instance"``."""
        if name not in self.instances:
            raise GridError(
                "unknown-instance", f"no cube is named {name!r}; {_list_names(self.instances)}"
            )
        return self.instances[name]

    def remove_instance(self, name: str) -> None:
        """Takes a cube out: its blocks are cleared, its edges end. Raises GridError ``"unknown-instance"``."""
        with self._lock:
            gone = self.instance(name)
            for corner in blocks_of(gone.at).values():
                del self._owner[corner]
                self.array.clear(*corner)
            self.edges = {edge for edge in self.edges if name not in edge}
            del self.instances[name]
            self.fields.load.forget(name)
            self.fields.trust.forget(name)
            self._arrange()

    def connect(self, one: str, other: str) -> None:
        """An edge between two cubes. Raises GridError ``"unknown-instance"``, ``"edge"`` for one with itself."""
        with self._lock:
            self.instance(one), self.instance(other)
            if one == other:
                raise GridError("edge", f"an edge joins two cubes, not {one} with itself")
            if frozenset((one, other)) not in self.edges:
                self.edges.add(frozenset((one, other)))
                self._arrange()

    def disconnect(self, one: str, other: str) -> None:
        """Ends an edge. Raises GridError ``"unknown-instance"``, ``"edge"`` where there is none."""
        with self._lock:
            self._check_joined(one, other)
            self.edges.discard(frozenset((one, other)))
            self._arrange()

    def send(self, source: str, target: str, data: bytes) -> Message:
        """Leaves ``data`` at CENTRAL of a cube that an edge leads to.

        Raises GridError ``"unknown-instance"``, ``"edge"``, ``"state"``, ``"empty"``, ``"too-long"``.
        """
        with self._lock:
            self._check_joined(source, target)
            return self.instance(target).receive(source, check_data(data))

    def value(self, x: int, y: int, z: int) -> Block | None:
        """The block there, None where none is active. Raises GridError ``"coordinates"``."""
        return self.array.get(x, y, z)

    def set_value(self, x: int, y: int, z: int, value: float) -> Block:
        """Raises GridError ``"coordinates"``, ``"value"``, and ``"occupied"`` for the block of a cube."""
        with self._lock:
            if (x, y, z) in self._owner:
                owner = self._owner[x, y, z]
                raise GridError(
                    "occupied", f"block {(x, y, z)} is the cube {owner}'s, which sets it"
                )
            return self.array.set(x, y, z, value)

    def interlock(self, operation: str, plane: str, index: int | None = None) -> Interlocked:
        """One operation on all blocks of a face or plane: ``array.interlock``.

        Raises GridError ``"operation"``, ``"face"``, and ``"occupied"`` where clearing would take blocks from a cube.
        """
        with self._lock:
            if operation == "clear":
                low, high = self.array.face_box(plane, index)
                for corner, owner in self._owner.items():
                    if all(a <= at < b for a, at, b in zip(low, corner, high, strict=True)):
                        raise GridError(
                            "occupied",
                            f"block {corner} of that plane is the cube {owner}'s; remove it first",
                        )
            return interlock(self.array, operation, plane, index)

    def process_plane(
        self,
        plane: str,
        index: int | None = None,
        *,
        windows: bytes | None = None,
        levels: tuple[float, float] | None = None,
        batch: int = 4_096,
        write: bool = False,
        progress: Progress | None = None,
    ) -> Processing:
        """Runs the models of all blocks of a face or plane, as a stream: ``array.process``, with this grid's models."""
        models = {self.model_numbers[name]: model for name, model in self.models.items()}
        with self._lock:
            found = process(
                *(self.array, models, plane, index),
                windows=windows,
                levels=levels,
                batch=batch,
                write=write,
                progress=progress,
            )
        return Processing(found.total, found.without_model, self._lock_batches(found.batches))

    def _lock_batches(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """An array is for one thread at a time; between batches others may have it."""
        while True:
            with self._lock:
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    def idlest(self, template: str) -> Instance:
        """Of the cubes of a template that are in Execute, the one with the least κ, the first by name of equals.

        Raises GridError ``"unknown-template"``, ``"unknown-instance"`` where there is none.
        """
        self.template(template)
        cubes = [cube for cube in self.instances.values() if cube.template.name == template]
        running = [cube for cube in cubes if cube.state == "Execute"]
        if not running:
            raise GridError("unknown-instance", f"no cube of the template {template} is in Execute")
        return min(running, key=lambda cube: (cube.kappa, cube.measured_seconds, cube.name))

    def step_kappa(self, cycles: int = 1) -> None:
        """Cycles of both fields of κ, the first with what was measured since the last one; κ goes into the blocks.

        How busy a cube was, a fraction b of the time, enters as 0.6 + 0.4·b: an idle one stays at the set-point.
        O(cycles · (cubes + edges)).
        """
        with self._lock:
            now = self._clock()
            elapsed = now - self._cycle_began
            load, trust = {}, {}
            for name, cube in self.instances.items():
                if cube.measured_seconds and elapsed > 0:
                    busy = min(cube.measured_seconds / elapsed, 1.0)
                    setpoint = self.fields.load.params.setpoint
                    load[name] = setpoint + (1 - setpoint) * busy
                cube.measured_seconds = 0.0
                if cube.agreement is not None:
                    trust[name] = cube.agreement
                    cube.agreement = None
            self._cycle_began = now
            for cycle in range(cycles):
                self.fields.load.step({} if cycle else load)
                self.fields.trust.step({} if cycle else trust)
            self._write(self.instances.values())

    def statistics(self) -> GridStatistics:
        """O(cubes)."""
        with self._lock:
            return statistics_of(self, self._clock() - self._cycle_began)

    def health(self) -> Health:
        """Cubes that were aborted need ``clear`` and ``reset``."""
        aborted = [cube.name for cube in self.instances.values() if cube.state == "Aborted"]
        problems = tuple(f"cube {name} is Aborted: clear, reset and start it" for name in aborted)
        return Health(not problems, problems)

    def restore(self, instance: Instance) -> None:
        """Puts a cube that was kept back into its place. Raises GridError ``"exists"``, ``"occupied"``."""
        with self._lock:
            self._new(instance.name, self.instances, "cube")
            self._check_free(instance.at)
            self._place(instance, written=False)

    def _place(self, cube: Instance, *, written: bool = True) -> None:
        self.instances[cube.name] = cube
        self._owner |= dict.fromkeys(blocks_of(cube.at).values(), cube.name)
        self._arrange()
        if written:
            self._write_one(cube)

    def _arrange(self) -> None:
        self.fields.load.arrange_later(self._cubes_and_edges)
        self.fields.trust.arrange_later(self._cubes_and_edges)

    def _cubes_and_edges(self) -> tuple[list[str], list[tuple[str, str]]]:
        edges = [(one, other) for one, other in sorted(map(sorted, self.edges))]
        return sorted(self.instances), edges

    def _write_one(self, cube: Instance) -> None:
        for vertex, corner in blocks_of(cube.at).items():
            number = self.model_numbers[cube.template.models[vertex]]
            surprise = cube.surprises.get(vertex, 0.0)
            self.array.set(*corner, surprise, kappa=cube.kappa, model=number)

    def _write(self, cubes: Iterable[Instance]) -> None:
        """Brings the blocks of cubes up to date, those alone that differ: what is the same is not committed anew."""
        rows = [
            (*corner, cube.surprises.get(vertex, 0.0), cube.kappa, number)
            for cube in cubes
            for vertex, corner in blocks_of(cube.at).items()
            for number in [self.model_numbers[cube.template.models[vertex]]]
        ]
        if not rows:
            return
        table = np.array(rows)
        at, value, model = table[:, :3].astype(np.int64), table[:, 3], table[:, 5].astype(np.int64)
        kappa = table[:, 4].astype(np.float32)
        now = self.array.get_many(at)
        same = now.active & (now.value == value) & (now.kappa == kappa) & (now.model == model)
        new = ~same
        if new.any():
            self.array.set_many(at[new], value[new], kappa=kappa[new], model=model[new])

    def _check_free(self, at: Corner) -> None:
        for corner in blocks_of(at).values():
            self.array.get(*corner)
            if corner in self._owner:
                raise GridError("occupied", f"block {corner} is the cube {self._owner[corner]}'s")

    def _check_joined(self, one: str, other: str) -> None:
        self.instance(one), self.instance(other)
        if frozenset((one, other)) not in self.edges:
            raise GridError(
                "edge", f"no edge joins the cubes {one} and {other}; connect them first"
            )

    def _new(self, name: str, known: Mapping[str, object], kind: str) -> None:
        check_name(name)
        if name in known:
            raise GridError("exists", f"there is a {kind} {name!r} already")


def blocks_of(at: Corner) -> dict[str, Corner]:
    """Where the vertices of a cube at ``at`` lie."""
    x, y, z = at
    offsets = {vertex: vertex_offset(vertex) for vertex in VERTICES}
    return {vertex: (x + dx, y + dy, z + dz) for vertex, (dx, dy, dz) in offsets.items()}


def _list_names(names: Iterable[str]) -> str:
    shown = sorted(names)
    if not shown:
        return "there are none yet"
    more = f", … ({len(shown)} in all)" if len(shown) > 10 else ""
    return f"there are {', '.join(shown[:10])}{more}"
