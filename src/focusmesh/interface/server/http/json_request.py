"""A request whose body in JSON is counted before it is read: one byte of it may stand for an object of seventy."""

from __future__ import annotations

from typing import Any

from focusmesh.errors import CodecError, ParameterError
from focusmesh.interface.server.shared import Request
from focusmesh.protocol.codec import check_json_items

ITEMS_MAX = 1 << 12
"""Names and values in the body of a request: those of the grid have a dozen, variables of GraphQL a few hundred."""


class JSONRequest(Request[Any, Any, Any]):
    """A request as routes have it. What is made of JSON takes some 100 bytes a value beside the body."""

    async def json(self) -> Any:
        """The value of the body. Raises ParameterError for more than ITEMS_MAX names and values."""
        try:
            check_json_items(await self.body(), ITEMS_MAX)
        except CodecError as error:
            raise ParameterError(f"the body of the request: {error}") from error
        return await super().json()
