"""Tasks that end together, in the order in which they began."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Tasks:
    """A main task and its helpers: the first failure of any, or the end of the main one, ends them all.

    asyncio.TaskGroup keeps its tasks in a set and cancels them by their addresses in memory, so that a simulation would
    not be a function of its seed.
    """

    __slots__ = ("_over", "_tasks")

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """A helper; what it raises comes out of ``run``."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._finish)

    async def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Runs ``main`` and whatever it starts; raises what the first of them raised, once all have ended."""
        self.start(self._main(main))
        try:
            await self._over
        finally:
            await self._end()

    async def _main(self, main: Coroutine[Any, Any, None]) -> None:
        await main
        if not self._over.done():
            self._over.set_result(None)

    def _finish(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not self._over.done():
            self._over.set_exception(error)

    async def _end(self) -> None:
        waiting = list(self._tasks)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if not self._over.done():
            self._over.cancel()
