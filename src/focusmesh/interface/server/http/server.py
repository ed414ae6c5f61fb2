"""How an answer comes about: for one moment, within its time, and not at all for whoever has gone away."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from focusmesh.engine.support import parallel
from focusmesh.engine.support.progress import Progress, Step
from focusmesh.errors import FocusmeshError
from focusmesh.host.service import Deadline, Hub, TimeLimitError, UnavailableError
from focusmesh.interface.server.admission import Rates
from focusmesh.interface.server.http.tagged_responses import (
    NO_CACHE,
    is_known,
    list_response,
    not_modified,
    posted_response,
)
from focusmesh.interface.server.shared import (
    AFTERWARDS,
    LOG,
    NDJSON,
    Door,
    Response,
    Stream,
    follow_work,
    rows,
    wants_lines,
)
from focusmesh.interface.server.signatures import Remembered, Signatures
from focusmesh.interface.server.telemetry import telemetry_of
from focusmesh.interface.server.websocket import GridSockets, LiveSockets

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator
    from pathlib import Path
    from socket import socket

    from focusmesh.host.grid import GridService
    from focusmesh.host.service import Answer, Moment, PlacedSignal, Service, Signals
    from focusmesh.host.settings import Settings
    from focusmesh.interface.server.shared import ApiKeys, Metrics, Request

    AnyRequest = Request[Any, Any, Any]
    Asking = Callable[[Moment, Progress], Answer]

Result = TypeVar("Result")

PATIENCE_SECONDS = 0.25
"""How long a request waits for the newest block to be prepared before it is answered for the one before."""
_BEFORE_LOOKING = 0.1
_BETWEEN_LOOKS = 0.03


class Server:
    """One process's share of the server: what it serves, the threads that work at answers, who may ask."""

    def __init__(
        self,
        service: Service,
        settings: Settings,
        metrics: Metrics,
        keys: ApiKeys | None,
        shared: Path | None = None,
        ending: socket | None = None,
        grid: GridService | None = None,
    ) -> None:
        """``ending`` is a worker's end of an ``Ending``; ``grid`` is closed with the server."""
        self.service = service
        self.grid = grid
        self.settings = settings
        self.metrics = metrics
        self.telemetry = telemetry_of(settings.telemetry)
        remembered = Remembered(shared if keys else None, int(time.time()))
        limits = settings.limits
        self.rates = Rates(limits.requests_per_second, limits.burst)
        self.signal_rates = Rates(limits.signals_per_second, limits.signals_burst)
        self.door = Door(keys, Signatures(remembered, settings.access.signature_seconds))
        self.hub = Hub(service, self.moment, answer_seconds=settings.limits.answer_seconds)
        self.live = LiveSockets(self.hub, settings.limits, metrics)
        self.grid_sockets = GridSockets(limits, metrics, grid, lambda call: self.work(None, call))
        self._ending = ending
        self._threads = ThreadPoolExecutor(settings.serve.threads, thread_name_prefix="answers")
        # Moments are made beside the answers: neither waits for the other.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="moments")
        # However much is exported, it takes one thread.
        self._exporter = ThreadPoolExecutor(1, thread_name_prefix="exports")
        self._making: asyncio.Future[Moment] | None = None
        # However busy both are, it can be seen how the server is.
        self._watcher = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._waiting = self._exports = 0
        # Where all threads of all workers are at work, each has its share of the cores.
        busy = settings.serve.workers * settings.serve.threads
        self._share = max(1, parallel.cores() // busy)

    async def start(self) -> None:
        """Prepares the first moment; raises what keeps it from being served."""
        await asyncio.wrap_future(self._maker.submit(self._prepare_moment))
        if self._ending is not None:
            loop = asyncio.get_running_loop()
            loop.add_reader(self._ending, self._end_soon)
            # Ctrl-C goes to the watching process as well, which ends the workers when they are ready.
            loop.add_signal_handler(signal.SIGINT, int)

    async def stop(self) -> None:
        """Ends the threads: what they work at is given up, since nobody waits for it any more."""
        await self._stop_sockets()
        await self.hub.stop()
        self._maker.shutdown(wait=False, cancel_futures=True)
        self._watcher.shutdown(wait=False, cancel_futures=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._exporter.shutdown(wait=False, cancel_futures=True)
        self.service.close()
        if self.grid is not None:
            await asyncio.to_thread(self.grid.close)
        await asyncio.to_thread(self.telemetry.stop)

    async def moment(self, at: int | None = None, cursor: str | None = None) -> Moment:
        """What is served now, or at a height; while the newest block is being prepared, the one before it."""
        if at is not None or cursor is not None:
            making = self._maker.submit(self.service.moment, at, cursor)
            return await self._within(asyncio.wrap_future(making))
        current = self.service.current()
        if current is not None:
            return current
        newest, latest = self._newest_moment(), self.service.latest
        if latest is None:
            return await self._within(newest)
        done, _ = await asyncio.wait([newest], timeout=PATIENCE_SECONDS)
        return newest.result() if done else latest

    async def watch(self, call: Callable[[], Result]) -> Result:
        """What ``call`` returns, which waits for no answer, and for no moment; the newest one is made meanwhile."""
        with suppress(FocusmeshError):
            if self.service.current() is None:
                self._newest_moment()
        return await self._within(asyncio.wrap_future(self._watcher.submit(call)))

    async def answer(
        self,
        request: AnyRequest,
        ask: Asking,
        *,
        at: int | None = None,
        cursor: str | None = None,
        at_once: bool = False,
        texts: bool = False,
        posted: bool = False,
    ) -> Response[Any]:
        """The answer of a moment. ``at_once``: it takes microseconds, so that no thread is worth its while.

        ``texts``: it needs the index of texts. A client that asks for lines is told how far it is, and waits longer.
        ``posted``: what is asked stands in the body, so that the answer is no other version of what the URL names.
        """
        plain = at is None and cursor is None
        moment = (self.service.current() if plain else None) or await self.moment(at, cursor)
        self.telemetry.note(root=moment.root, height=moment.height)
        tag = f'"{moment.root}"'
        if not posted and is_known(request, tag):
            return not_modified(tag)
        if wants_lines(request) and not at_once:
            return self._follow(request, moment, ask, texts=texts)
        deadline = Deadline(self.settings.limits.answer_seconds)
        if at_once:
            return list_response(request, ask(moment, deadline), tag)
        if texts:
            await self.texts(moment)
        found = await self.work(request, lambda: ask(moment, deadline), deadline)
        return posted_response(found) if posted else list_response(request, found, tag)

    async def export(
        self,
        request: AnyRequest,
        parts: Callable[[Moment], Iterator[list[Any]]],
        count: Callable[[Moment], int],
        at: int | None,
    ) -> Response[Any]:
        """All rows of a moment, as lines; ``count`` says how many they are. Raises UnavailableError."""
        self._verify_exports()
        moment = await self.moment(at)
        self.telemetry.note(root=moment.root, height=moment.height)
        tag = f'"{moment.root}"'
        if is_known(request, tag):
            return not_modified(tag)
        height = {} if moment.height is None else {"Focusmesh-Height": str(moment.height)}
        lines = rows(parts(moment), self._exporter)
        self._exports += 1

        async def end() -> None:
            self._exports -= 1
            await lines.aclose()

        request.scope[AFTERWARDS] = end  # type: ignore[literal-required]
        return Stream(
            lines,
            media_type=NDJSON,
            headers={
                "ETag": tag,
                "Cache-Control": NO_CACHE,
                "Focusmesh-Rows": str(count(moment)),
                **height,
            },
        )

    async def parts(self, parts: Iterator[list[Result]]) -> AsyncGenerator[list[Result], None]:
        """The parts of an export, each made when the one before was taken. Raises UnavailableError."""
        self._verify_exports()
        self._exports += 1
        try:
            while part := await asyncio.wrap_future(self._exporter.submit(next, parts, [])):
                yield part
        finally:
            self._exports -= 1

    def _verify_exports(self) -> None:
        if self._exports >= self.settings.limits.exports:
            raise UnavailableError("as many exports are running as are allowed; try again later")

    def _follow(
        self, request: AnyRequest, moment: Moment, ask: Asking, *, texts: bool
    ) -> Response[Any]:
        """The answer as the last line, after lines that say how far it is."""
        deadline = Deadline(self.settings.limits.progress_seconds)

        async def work() -> Answer:
            if texts and not moment.is_indexed:
                deadline.step = Step("index", 0, moment.graph.particle_count, "particles")
                await self.texts(moment, deadline.seconds)
            return await self.work(None, lambda: ask(moment, deadline), deadline)

        lines = follow_work(work, deadline, request.url.path)
        request.scope[AFTERWARDS] = lines.aclose  # type: ignore[literal-required]
        headers = {"Cache-Control": "no-store"}
        return Stream(lines, media_type=NDJSON, headers=headers)

    async def work(
        self,
        request: AnyRequest | None,
        call: Callable[[], Result],
        deadline: Deadline | None = None,
    ) -> Result:
        """What ``call`` returns, from a thread. Raises UnavailableError where too many wait, TimeLimitError.

        Without a ``request`` whose client could go away unseen, cancelling the caller is what stops the work.
        """
        if self._waiting >= self.settings.limits.waiting:
            raise UnavailableError("the server is busy; try again in a moment")
        limit = deadline or Deadline(self.settings.limits.answer_seconds)
        self._waiting += 1
        context = contextvars.copy_context()
        future = asyncio.wrap_future(self._threads.submit(context.run, self._call_limited, call))
        future.add_done_callback(self._finish)
        try:
            return await self._await_result(request, future, limit)
        finally:
            limit.stop()

    async def texts(self, moment: Moment, seconds: float | None = None) -> None:
        """Waits for the index that questions need; it goes on being made when the time is over."""
        if not moment.is_indexed:
            making = asyncio.wrap_future(self._maker.submit(moment.prepare_texts))
            await self._within(making, seconds)

    async def wait_for_signal(
        self, request: AnyRequest | None, signals: Signals, signal: str, seconds: float
    ) -> PlacedSignal:
        """Where a signal stands, once it is in a block or refused, or as it is when the time is over."""
        until = time.monotonic() + min(seconds, self.settings.limits.wait_seconds)
        found = await self.work(request, lambda: signals.placement(signal))
        while found.height is None and time.monotonic() < until:
            await asyncio.sleep(_BETWEEN_LOOKS)
            found = await self.work(request, lambda: signals.placement(signal))
        return found

    def _end_soon(self) -> None:
        if self._ending is not None:
            asyncio.get_running_loop().remove_reader(self._ending)
            self._last_words = asyncio.create_task(self._say_last_words(self._ending))

    async def _say_last_words(self, ending: socket) -> None:
        try:
            await self._stop_sockets()
        finally:
            ending.close()

    async def _stop_sockets(self) -> None:
        await asyncio.gather(self.live.stop(), self.grid_sockets.stop())

    async def _await_result(
        self, request: AnyRequest | None, future: asyncio.Future[Result], limit: Deadline
    ) -> Result:
        """``future``'s result, as long as there is time and the client is there."""
        patience = limit.seconds if request is None else min(_BEFORE_LOOKING, limit.seconds)
        done, _ = await asyncio.wait([future], timeout=patience)
        if done:
            return _result_of(future)
        if request is None:
            raise limit.error()
        # Waiting for the disconnect consumes every message: the body is read and kept first, for the handler.
        await request.body()
        gone = asyncio.ensure_future(wait_for_disconnect(request))
        either: list[asyncio.Future[Any]] = [future, gone]
        try:
            await asyncio.wait(either, timeout=limit.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone
        if not future.done():
            raise limit.error()
        return _result_of(future)

    async def _within(self, making: asyncio.Future[Result], seconds: float | None = None) -> Result:
        limit = self.settings.limits.answer_seconds if seconds is None else seconds
        done, _ = await asyncio.wait([making], timeout=limit)
        if not done:
            raise TimeLimitError(
                "this moment is still being prepared; ask again, and it may be ready"
            )
        return making.result()

    def _newest_moment(self) -> asyncio.Future[Moment]:
        """The newest moment, which is being made and prepared from now on at the latest."""
        if self._making is None or self._making.done():
            self._making = asyncio.wrap_future(self._maker.submit(self._prepare_moment))
            self._making.add_done_callback(_consume_error)
        return self._making

    def _prepare_moment(self) -> Moment:
        before = self.service.latest
        with self.telemetry.span("moment"):
            moment = self.service.moment()
            graph = moment.graph
            self.telemetry.note(root=moment.root, height=moment.height)
            self.telemetry.note(particles=graph.particle_count, axons=graph.axon_count)
            with self.telemetry.span("prepare"):
                moment.prepare()
                if before is not None and before.is_indexed:
                    moment.prepare_texts()
        return moment

    def _call_limited(self, call: Callable[[], Result]) -> Result:
        with self.telemetry.span("answer"), parallel.limited(self._share):
            return call()

    def _finish(self, future: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        # Nobody may be left to ask what became of it.
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, FocusmeshError):
            LOG.debug("work ended: %r", error)


def _result_of(future: asyncio.Future[Result]) -> Result:
    """What came of work; raises UnavailableError where the server ended before its turn came."""
    if future.cancelled():
        raise UnavailableError("the server is ending")
    return future.result()


def _consume_error(future: asyncio.Future[Any]) -> None:
    """Who asks for the moment is told why there is none; where nobody does, the next one to ask is."""
    if not future.cancelled():
        future.exception()


async def wait_for_disconnect(request: AnyRequest) -> None:
    """Returns when the client has gone away. Read the body first: what is left of it is lost."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
