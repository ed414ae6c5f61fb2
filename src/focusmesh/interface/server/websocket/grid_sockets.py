"""The grid's web socket, ``/v1/grid/ws``: requests with an id of the client's choice, answered as they are done.

Several may be under way at once; bytes of a text come one by one as ``token``, changes as ``event``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from focusmesh import __version__
from focusmesh.errors import FocusmeshError, ParameterError
from focusmesh.host import grid as messages
from focusmesh.host.service import UnavailableError, log_unexpected
from focusmesh.interface.server.shared import LOG, RefusedError, as_problem, document
from focusmesh.interface.server.websocket.sockets import Socket, Sockets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from focusmesh.host.grid import GridService
    from focusmesh.host.settings import LimitSettings
    from focusmesh.interface.server.shared import Metrics, Receive
    from focusmesh.interface.server.websocket.sockets import Caller, Send

    Work = Callable[[Callable[[], Any]], Awaitable[Any]]

GRID_LIVE = "/v1/grid/ws"
SUBPROTOCOL = "focusmesh.grid.v1"
EVENTS_WAITING_MAX = 256
"""Changes that wait for a client; one that is behind by more is told that it missed some."""
_READS = (messages.Initialize, messages.Connect, messages.Status, messages.ListCubes)


class GridSockets(Sockets):
    """The grid's web sockets of one process."""

    subprotocol = SUBPROTOCOL
    gauge = "grid_sockets"

    def __init__(
        self, limits: LimitSettings, metrics: Metrics, grid: GridService | None, work: Work
    ) -> None:
        """``work`` has a call done in a thread of the server, within its time."""
        super().__init__(limits, metrics)
        self.grid = grid
        self.work = work

    def open_socket(self, receive: Receive, send: Send, caller: Caller) -> Socket:
        """A socket without requests."""
        return _GridSocket(self, receive, send, caller)


class _GridSocket(Socket):
    """One socket, its requests by id."""

    def __init__(self, sockets: GridSockets, receive: Receive, send: Send, caller: Caller) -> None:
        super().__init__(sockets.limits, receive, send, caller)
        self._grid, self._work = sockets.grid, sockets.work
        self._asked: dict[str, asyncio.Task[None]] = {}

    def tasks(self) -> Iterable[asyncio.Task[None]]:
        """Requests under way."""
        return list(self._asked.values())

    def alive(self) -> str:
        """That the server is there."""
        return messages.write_message(None, alive=True)

    async def answer(self, text: str) -> None:
        """Begins what a message asks for."""
        try:
            heard = messages.read(text)
            request = heard.request
            if isinstance(request, messages.Initialize | messages.Connect) and request.key:
                if self.authorize(request.key) is None:
                    return
            elif self.known is None:
                self.refuse_unknown()
                return
            if heard.id in self._asked:
                raise ParameterError(f"the request {heard.id!r} is under way; take another id")
            if len(self._asked) >= self._limits.subscriptions:
                raise ParameterError(
                    f"a socket has at most {self._limits.subscriptions:,} requests under way"
                )
        except FocusmeshError as error:
            await self._tell_problem(messages.id_in(text), error)
            return
        self._asked[heard.id] = asyncio.create_task(self._carry_out(heard))

    async def _carry_out(self, heard: messages.HeardMessage) -> None:
        request = heard.request
        try:
            if not isinstance(request, _READS) and not (self.known and self.known.may_write):
                raise RefusedError(403, "api-key", "this API key may only read")
            grid = self._grid
            if grid is None:
                raise messages.no_grid()
            if isinstance(request, messages.Connect):
                await self._follow(heard.id, grid, request)
            elif isinstance(request, messages.Process):
                await self._generate(heard.id, grid, request)
            else:
                await self._end(heard.id, await self._work(self._call(grid, request)))
        except Exception as error:
            self._asked.pop(heard.id, None)
            await self._tell_problem(heard.id, error)

    async def _end(self, name: str, result: Any) -> None:
        """Tells what came of a request, whose id is free again when that is heard."""
        self._asked.pop(name, None)
        await self.send(messages.write_message(name, result=result))

    def _call(self, grid: GridService, request: Any) -> Callable[[], Any]:
        if isinstance(request, messages.Initialize):
            return lambda: {
                "protocol": SUBPROTOCOL,
                "version": __version__,
                "known_as": self.known.name if self.known else "",
                "stats": grid.statistics(),
            }
        if isinstance(request, messages.ListCubes):
            return grid.cubes
        calls: dict[type, Callable[[Any], Any]] = {
            messages.Status: grid.status,
            messages.CollectiveThink: grid.collective_think,
            messages.Cascade: grid.cascade,
            messages.SendMessage: grid.send_message,
            messages.Execute: grid.execute,
            messages.Vote: grid.vote,
            messages.VerifyVote: grid.verify_vote,
        }
        return lambda: calls[type(request)](request)

    async def _generate(self, name: str, grid: GridService, request: messages.Process) -> None:
        """Bytes as they come, then all of them."""
        loop, coming = asyncio.get_running_loop(), asyncio.Queue[messages.Token | None]()
        is_left = False

        def tell(token: messages.Token) -> None:
            if is_left:
                raise UnavailableError("the client is gone")
            loop.call_soon_threadsafe(coming.put_nowait, token)

        async def work() -> Any:
            try:
                return await self._work(lambda: grid.process(request, tell))
            finally:
                coming.put_nowait(None)

        working = asyncio.create_task(work())
        try:
            while (token := await coming.get()) is not None:
                await self.send(messages.write_message(name, token=token))
            await self._end(name, await working)
        finally:
            is_left = True
            working.cancel()

    async def _follow(self, name: str, grid: GridService, request: messages.Connect) -> None:
        """Changes as they come, until the socket ends."""
        loop = asyncio.get_running_loop()
        coming: asyncio.Queue[messages.Changed] = asyncio.Queue()
        missed = 0

        def put(changed: messages.Changed) -> None:
            nonlocal missed
            if coming.qsize() >= EVENTS_WAITING_MAX:
                missed += 1
            else:
                coming.put_nowait(changed)

        def hear(changed: messages.Changed) -> None:
            if request.instance in (None, changed.instance):
                loop.call_soon_threadsafe(put, changed)

        status = await self._work(lambda: grid.status(messages.Status(instance=request.instance)))
        leave = grid.listen(hear)
        try:
            await self.send(messages.write_message(name, result=status))
            while True:
                changed, skipped = await coming.get(), missed
                missed = 0
                await self.send(messages.write_message(name, event=changed, skipped=skipped))
        finally:
            leave()

    async def _tell_problem(self, name: str | None, error: Exception) -> None:
        problem = as_problem(error)
        log_unexpected(LOG, GRID_LIVE, error, problem)
        await self.send(messages.write_message(name, problem=document(problem)))
