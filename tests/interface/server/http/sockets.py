"""A client of web sockets: messages as JSON, waited for within bounds."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect

from tests.host.nodes import SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection


class Socket:
    """One that is open."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self) -> Any:
        return json.loads(await asyncio.wait_for(self.connection.recv(), SECONDS))

    async def asked(self, **message: Any) -> Any:
        """What is told next after something was said."""
        await self.say(**message)
        return await self.hear()

    async def subscribed(self, name: str, **wanted: Any) -> None:
        """Subscribes, and hears that it is done."""
        assert await self.asked(id=name, subscribe=wanted) == {"id": name, "subscribed": True}


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[Socket]:
    """A socket of the server at ``url``."""
    where = f"{url.replace('http', 'ws', 1)}/v1/live"
    async with connect(where, **options) as connection:
        yield Socket(connection)
