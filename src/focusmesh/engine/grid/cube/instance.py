"""A cube that runs: its state, its measured numbers, and the work that Execute lets it do."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.grid.cube.packml import StateMachine
from focusmesh.engine.grid.cube.vertices import CENTRAL, PLACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.grid.cube.cube import Cascade, Cube, Identified, Opinion, Thought
    from focusmesh.engine.grid.cube.kappa import KappaField
    from focusmesh.engine.grid.cube.messages import Message
    from focusmesh.engine.grid.cube.template import Template
    from focusmesh.engine.support.arrays import OffsetArray

TEMPERATURE_MIN, TEMPERATURE_MAX = 0.5, 2.0


@dataclass
class InstanceStatistics:
    """What a cube has done since it was made or its process began: operations, forwards, bytes, seconds at work."""

    operations: int = 0
    forwards: int = 0
    generated_bytes: int = 0
    messages: int = 0
    busy_seconds: float = 0.0


@dataclass(frozen=True)
class Fields:
    """κ of all cubes of a grid, twice: by how busy they are, and by how far their vertices agree."""

    load: KappaField
    trust: KappaField


class Instance:
    """A running cube; a ``Grid`` makes it. All work raises GridError ``"state"`` outside of Execute."""

    def __init__(
        self,
        name: str,
        template: Template,
        at: tuple[int, int, int],
        cube: Cube,
        fields: Fields,
        clock: Callable[[], float],
        state: str = "Stopped",
    ) -> None:
        self.name = name
        self.template = template
        self.at = at
        self.cube = cube
        self.statistics = InstanceStatistics()
        self.surprises: dict[str, float] = {}
        self.agreement: float | None = None
        self.measured_seconds = 0.0
        self._fields = fields
        self._clock = clock
        self._machine = StateMachine(self._act, state)

    @property
    def state(self) -> str:
        """One of the 17 states."""
        return self._machine.state

    def commands(self) -> tuple[str, ...]:
        """Which commands are legal now."""
        return self._machine.commands()

    @property
    def kappa(self) -> float:
        """κ by how busy this cube and those around it are: 0.6 when idle, up to 1."""
        return self._fields.load.value(self.name)

    @property
    def temperature(self) -> float:
        """At what temperature bytes are drawn: 1 at the set-point, lower where vertices agree more, 0.5 … 2."""
        field = self._fields.trust
        wanted = field.params.setpoint / max(field.value(self.name), 1e-9)
        return min(max(wanted, TEMPERATURE_MIN), TEMPERATURE_MAX)

    def execute(self, command: str) -> str:
        """Carries out a command, and what it begins: the waiting state that this comes to.

        Raises GridError ``"command"``, ``"state"``.
        """
        return self._machine.execute(command)

    def process_vertex(self, vertex: str, data: bytes = b"") -> Opinion:
        """``Cube.process_vertex``."""
        with self._working("processing", forwards=1):
            opinion = self.cube.process_vertex(vertex, data)
        if opinion.surprise is not None:
            self.surprises[vertex] = opinion.surprise
        return opinion

    def collective_think(self, data: bytes, rounds: int = 0, mixing: str = "weighted") -> Thought:
        """``Cube.collective_think``; the agreement is measured for the temperature."""
        with self._working("thinking", forwards=len(PLACES)):
            thought = self.cube.collective_think(data, rounds, mixing)
        self.agreement = thought.agreement
        self.statistics.messages += thought.message_count
        return thought

    def cascade(self, data: bytes, depth: int = 2, start: str = CENTRAL) -> Cascade:
        """``Cube.cascade``."""
        with self._working("a cascade"):
            found = self.cube.cascade(data, depth, start)
        self.statistics.forwards += len(found.opinions)
        self.statistics.messages += sum(len(wave.messages) for wave in found.waves)
        return found

    def identify(self, data: bytes) -> Identified:
        """``Cube.identify``."""
        with self._working("identifying"):
            return self.cube.identify(data)

    def shares(self, data: bytes) -> dict[str, OffsetArray]:
        """``Cube.shares``."""
        with self._working("a vote", forwards=len(PLACES) - 1):
            return self.cube.shares(data)

    def generate(
        self,
        data: bytes,
        count: int,
        temperature: float | None = None,
        seed: int = 0,
        vertex: str | None = None,
    ) -> Iterator[bytes]:
        """``Cube.generate``, at the cube's own temperature unless one is given. It ends where Execute does."""
        chosen = self.temperature if temperature is None else temperature
        bytes_of = self.cube.generate(data, count, chosen, seed, vertex)
        forwards = len(PLACES) if vertex is None else 1
        for _ in range(count):
            with self._working("generating", forwards):
                byte = next(bytes_of)
            self.statistics.generated_bytes += 1
            yield byte

    def send(self, source: str, target: str, data: bytes) -> Message:
        """``Cube.send``."""
        with self._working("a message"):
            message = self.cube.send(source, target, data)
        self.statistics.messages += 1
        return message

    def receive(self, source: str, data: bytes) -> Message:
        """Leaves at CENTRAL what another cube sends; ``Grid.send`` has looked whether an edge leads here."""
        with self._working("a message"):
            message = self.cube.post.deliver(source, CENTRAL, data)
        self.statistics.messages += 1
        return message

    def messages_at(self, vertex: str) -> tuple[Message, ...]:
        """Messages that wait there to be read."""
        return self.cube.post.messages_at(vertex)

    def _act(self, state: str) -> None:
        """What acting states are for: Resetting forgets what waits and was measured, Starting tries every model."""
        if state == "Resetting":
            self.surprises.clear()
            self.agreement = None
            for place in PLACES:
                self.cube.post.clear(place)
        if state == "Starting":
            self.cube.opinions(b"\n")

    @contextmanager
    def _working(self, what: str, forwards: int = 0) -> Iterator[None]:
        self._machine.working(f"{what} in {self.name}")
        begun = self._clock()
        try:
            yield
            self.statistics.operations += 1
            self.statistics.forwards += forwards
        finally:
            spent = self._clock() - begun
            self.statistics.busy_seconds += spent
            self.measured_seconds += spent
