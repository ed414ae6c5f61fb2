"""Who wants to know what changed, and tells them: whoever changed it, this server or another process."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from focusmesh.errors import FocusmeshError
from focusmesh.interface.mcp.resources import ENTITY_URI, GRAPH_URI

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp.server.subscriptions import InMemorySubscriptionBus

    from focusmesh.interface.mcp.store import MemoryStore, Moment

_log = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 1.0
"""How soon a change by another process is told."""
_ENTITIES_COMPARED = 20_000


class Changes:
    """Looks whether the memory is another one, and says which resources are.

    Clients of protocols up to 2025-11-25 subscribe to resources; later ones listen, which the SDK serves from ``bus``.
    """

    def __init__(self, store: MemoryStore) -> None:
        from mcp.server.subscriptions import InMemorySubscriptionBus

        self.bus: InMemorySubscriptionBus = InMemorySubscriptionBus()
        self._store = store
        self._subscribed: dict[str, dict[int, Any]] = {}
        self._seen: Moment | None = None

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[dict[str, Any]]:
        """Looks every second while the server runs."""
        import anyio

        await self.look()
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch)
            yield {}
            group.cancel_scope.cancel()

    async def subscribe(self, context: Any, params: Any) -> Any:
        """A client is told of changes of a resource until it has enough or is gone."""
        from mcp import types

        # A session is made for every request; the client's parameters are those of the connection.
        client = id(context.session.client_params)
        self._subscribed.setdefault(str(params.uri), {})[client] = context.session
        return types.EmptyResult()

    async def unsubscribe(self, context: Any, params: Any) -> Any:
        """A client has enough."""
        from mcp import types

        clients = self._subscribed.get(str(params.uri), {})
        clients.pop(id(context.session.client_params), None)
        return types.EmptyResult()

    async def look(self) -> None:
        """Tells what changed since the last look."""
        from anyio import to_thread
        from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated

        try:
            now = await to_thread.run_sync(self._store.moment)
        except (FocusmeshError, OSError) as error:
            _log.warning("cannot look what changed: %s", error)
            return
        before, self._seen = self._seen, now
        if before is None or before.root == now.root:
            return
        uris = await to_thread.run_sync(_changed_resources, before, now)
        for uri in uris:
            await self.bus.publish(ResourceUpdated(uri=uri))
            await self._tell(uri)
        if before.view.entity_names != now.view.entity_names:
            await self.bus.publish(ResourcesListChanged())

    async def _watch(self) -> None:
        import anyio

        while True:
            await anyio.sleep(SECONDS_BETWEEN_LOOKS)
            await self.look()

    async def _tell(self, uri: str) -> None:
        for client, session in list(self._subscribed.get(uri, {}).items()):
            try:
                await session.send_resource_updated(uri)
            except Exception:
                self._subscribed[uri].pop(client, None)


def _changed_resources(before: Moment, now: Moment) -> list[str]:
    """The resources that differ: all of it, and the entities that do, where they are not too many to look at each."""
    if len(before.view.entities) + len(now.view.entities) > _ENTITIES_COMPARED:
        return [GRAPH_URI]
    old, new = before.view.digests, now.view.digests
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return [GRAPH_URI, *(ENTITY_URI + quote(name, safe="") for name in names)]
