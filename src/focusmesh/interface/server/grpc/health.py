"""grpc.health.v1: serving when the server's own health is well, for all services alike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from focusmesh.interface.server.grpc.framework import grpc, health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection

SECONDS_BETWEEN_LOOKS = 1.0
_STATUS = health_pb2.HealthCheckResponse


class HealthService(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Asks ``is_well`` whenever it is asked; a watch looks once a second and tells changes."""

    def __init__(self, names: Collection[str], is_well: Callable[[], Awaitable[bool]]) -> None:
        """``names`` of services; the empty one is the server as a whole."""
        self._names = {"", *names}
        self._is_well = is_well

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Whether a service is well; NOT_FOUND for one that is not here."""
        if request.service not in self._names:
            await context.abort(grpc.StatusCode.NOT_FOUND, "there is no such service here")
        return _STATUS(status=await self._status())

    async def List(self, request: Any, context: Any) -> Any:  # noqa: N802
        """How each service is."""
        del request, context
        status = await self._status()
        return health_pb2.HealthListResponse(
            statuses={name: _STATUS(status=status) for name in self._names}
        )

    async def Watch(self, request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802
        """How a service is, now and whenever that changes."""
        del context
        told = None
        while True:
            known = request.service in self._names
            status = await self._status() if known else _STATUS.SERVICE_UNKNOWN
            if status != told:
                told = status
                yield _STATUS(status=status)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def _status(self) -> Any:
        return _STATUS.SERVING if await self._is_well() else _STATUS.NOT_SERVING
