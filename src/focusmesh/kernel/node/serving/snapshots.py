"""Snapshots for those who join: one or two moments of the chain, kept open while somebody takes their pages."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError
from focusmesh.kernel.block import Snapshots
from focusmesh.kernel.node.wire import Height, PageOf, chunks, read
from focusmesh.protocol.transport import answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.transport import RequestHandler

OPEN_MAX = 2
"""Moments that are kept open: the room of what blocks replace meanwhile is not used again."""
STALE_BLOCKS = 256
"""How far the chain goes on before who asks for any snapshot gets a new one."""
IDLE_S = 600.0
"""How long a moment is kept that nobody takes pages of."""


class _Open(NamedTuple):
    snapshot: Snapshots
    turn: asyncio.Lock


class SnapshotServer:
    """Answers ``snapshot`` and ``page``; ``run`` lets go of what nobody asks for any more."""

    def __init__(self, chain: Chain, workers: Workers) -> None:
        self._chain = chain
        self._workers = workers
        self._open: dict[int, _Open] = {}
        self._asked: dict[int, float] = {}
        self._making = asyncio.Lock()

    def handlers(self) -> dict[str, RequestHandler]:
        """By name."""
        return {
            "snapshot": answers(self._snapshot, cost=64),
            "page": answers(self._page, cost=8),
        }

    async def run(self) -> None:
        """Goes on until it is cancelled; then everything is closed."""
        try:
            while True:
                await asyncio.sleep(IDLE_S / 10)
                oldest = asyncio.get_running_loop().time() - IDLE_S
                for height in [each for each, when in self._asked.items() if when < oldest]:
                    await self._close(height)
        finally:
            for each in self._open.values():
                each.snapshot.close()

    async def _snapshot(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        """The manifest of the snapshot of a height, or of any recent one."""
        wanted = None if body is None else read(body, Height, "a question for a snapshot")
        async with self._making:
            found = self._open.get(self._recent() if wanted is None else wanted)
            if found is None:
                found = await self._make(wanted)
        self._note(found.snapshot.height)
        for chunk in chunks(found.snapshot.height, found.snapshot.manifest):
            yield chunk

    async def _page(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        wanted = read(body, PageOf, "a question for a page")
        found = self._open.get(wanted.height)
        if found is None:
            raise BlockError("height", f"there is no snapshot of block {wanted.height} here now")
        self._note(wanted.height)
        async with found.turn:
            page = await self._workers.beside(partial(found.snapshot.page, wanted.number))
        yield page

    def _recent(self) -> int:
        """The height of a snapshot that will do for who has not said which; −1 where there is none."""
        height = max(self._open, default=-1)
        return height if self._chain.height - height < STALE_BLOCKS else -1

    async def _make(self, wanted: int | None) -> _Open:
        certificate = self._chain.tip.focus_certificate
        if wanted is not None and (certificate is None or wanted != certificate.height):
            raise BlockError("height", f"there is no snapshot of block {wanted} here")
        snapshot = await self._workers.in_slot(partial(Snapshots, self._chain))
        made = self._open[snapshot.height] = _Open(snapshot, asyncio.Lock())
        while len(self._open) > OPEN_MAX:
            await self._close(min(self._open))
        return made

    async def _close(self, height: int) -> None:
        found = self._open.pop(height, None)
        self._asked.pop(height, None)
        if found is None:
            return  # Somebody else has let go of it meanwhile.
        async with found.turn:
            found.snapshot.close()

    def _note(self, height: int) -> None:
        self._asked[height] = asyncio.get_running_loop().time()
