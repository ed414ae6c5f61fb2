"""One call: what is asked in it, and how its answer comes about, of one moment and within its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from focusmesh.errors import ParameterError
from focusmesh.host.service import Deadline
from focusmesh.interface.server.grpc import messages

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.service import Moment
    from focusmesh.interface.server.http import Server

Result = TypeVar("Result")


class Call:
    """What a method is given. ``asked`` is what the request says, by name; it is the method's own to change."""

    def __init__(self, server: Server, request: Any, seconds_left: float | None) -> None:
        """``seconds_left`` until the client's deadline; None where it has none."""
        self.server = server
        self.asked = messages.fields_of_message(request)
        self._seconds_left = seconds_left

    def take(self, name: str) -> Any:
        """Takes what must be said out of ``asked``; raises ParameterError where it is not."""
        if name not in self.asked:
            raise ParameterError(f"the request lacks {name}")
        return self.asked.pop(name)

    async def moment(self) -> Moment:
        """The moment that ``at`` (which is taken out of ``asked``) or a cursor says, else the newest."""
        at, cursor = self.asked.pop("at", None), self.asked.get("cursor")
        if at is None and cursor is None:
            return self.server.service.current() or await self.server.moment()
        return await self.server.moment(at, cursor)

    async def answer(
        self,
        ask: Callable[[Moment, Progress], Result],
        *,
        at_once: bool = False,
        moment: Moment | None = None,
    ) -> Result:
        """The answer of a moment. ``at_once``: it takes microseconds, so that no thread is worth its while."""
        of = moment or await self.moment()
        self.server.telemetry.note(root=of.root, height=of.height)
        deadline = self.deadline()
        if at_once:
            return ask(of, deadline)
        return await self.server.work(None, lambda: ask(of, deadline), deadline)

    async def work(self, call: Callable[[], Result]) -> Result:
        """What ``call`` returns, from a thread."""
        return await self.server.work(None, call, self.deadline())

    def deadline(self) -> Deadline:
        """The end of the time of this answer: the server's limit, or the client's deadline if that is nearer."""
        limit = self.server.settings.limits.answer_seconds
        left = self._seconds_left
        return Deadline(limit if left is None else max(0.0, min(limit, left)))


if TYPE_CHECKING:
    Unary = Callable[[Call], Awaitable[Any]]
    Streaming = Callable[[Call], AsyncGenerator[Any, None]]
