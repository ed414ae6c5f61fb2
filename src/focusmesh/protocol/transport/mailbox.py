"""What has come and waits to be taken, a bounded number of things, until nothing will come any more."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

from focusmesh.errors import NetworkError

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """First come, first taken. Who takes waits; who puts does not, and is told when there is no room."""

    __slots__ = ("_count_max", "_end", "_items", "_takers")

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._items: deque[Item] = deque()
        self._takers: deque[asyncio.Future[None]] = deque()
        self._end: tuple[str, str] | None = None

    def put(self, item: Item) -> bool:
        """Whether there was room; nothing is put behind the end."""
        if self._end is not None or len(self._items) >= self._count_max:
            return False
        self._items.append(item)
        self._wake_one()
        return True

    def end(self, code: str, message: str) -> None:
        """Nothing comes any more: who takes gets what is here, and then a NetworkError with this code."""
        if self._end is None:
            self._end = code, message
            for taker in self._takers:
                if not taker.done():
                    taker.set_result(None)

    async def take(self) -> Item:
        """The oldest. NetworkError once there will be none."""
        while not self._items:
            if self._end is not None:
                raise NetworkError(*self._end)
            taker = asyncio.get_running_loop().create_future()
            self._takers.append(taker)
            try:
                await taker
            except asyncio.CancelledError:
                if taker.done() and self._items:
                    self._wake_one()
                raise
            finally:
                self._takers.remove(taker)
        return self._items.popleft()

    def drain(self) -> list[Item]:
        """Everything that is here, taken."""
        items = list(self._items)
        self._items.clear()
        return items

    def _wake_one(self) -> None:
        for taker in self._takers:
            if not taker.done():
                taker.set_result(None)
                return
