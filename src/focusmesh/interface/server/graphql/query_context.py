"""One request's way to the service: its moment, its time, and look-ups that a level of the query shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from focusmesh.engine.support.progress import Step
from focusmesh.errors import UnknownParticleError
from focusmesh.interface.server.graphql.framework import DataLoader

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.service import Moment, Name, ParticleAnswer, Service

Result = TypeVar("Result")

_FIELD = Step("a field of a query", 0, None, "fields")
_TOGETHER = 1_000
"""How many particles a moment describes at once."""


class Asking:
    """What resolvers find in their context. Made in the loop that executes the query."""

    def __init__(self, service: Service, moment: Moment, progress: Progress) -> None:
        self.service = service
        self.moment = moment
        self._progress = progress
        self._particles: DataLoader[Any, ParticleAnswer] = DataLoader(
            self._describe, max_batch_size=_TOGETHER
        )

    def answer(self, ask: Callable[[Moment, Progress], Result]) -> Result:
        """What the moment answers; raises TimeLimitError once the time is over."""
        self._progress(_FIELD)
        return ask(self.moment, self._progress)

    def particle(self, name: Name) -> Awaitable[ParticleAnswer]:
        """A particle, with the others that the same level of the query asks for, each once."""
        return self._particles.load(name)

    def particles(self, names: Sequence[Name]) -> Awaitable[list[ParticleAnswer]]:
        """Some particles, likewise."""
        return self._particles.load_many(names)

    async def _describe(self, names: list[Any]) -> Sequence[ParticleAnswer | BaseException]:
        try:
            return self.answer(lambda moment, _: moment.describe(names))
        except UnknownParticleError:
            return [self._one(name) for name in names]

    def _one(self, name: Name) -> ParticleAnswer | BaseException:
        try:
            return self.moment.particle(name)
        except UnknownParticleError as error:
            return error
