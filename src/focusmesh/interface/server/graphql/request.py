"""What is asked: the text of a query, values of its variables, and which operation of it."""

from __future__ import annotations

from typing import Any

import msgspec

from focusmesh.errors import CodecError, ParameterError
from focusmesh.host.service import malformed_error
from focusmesh.protocol.codec import check_json_items

ITEMS_MAX = 1 << 12
"""Names and values of a request: variables beside the text of a query, which has limits of its own."""


class GraphQLRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request as GraphQL over HTTP writes it. Nothing is done with ``extensions``; other fields are refused."""

    query: str
    variables: dict[str, Any] | None = None
    operation: str | None = msgspec.field(default=None, name="operationName")
    extensions: dict[str, Any] | None = None

    @classmethod
    def of_json(cls, body: bytes) -> GraphQLRequest:
        """Raises ParameterError for a body that is none."""
        try:
            check_json_items(body, ITEMS_MAX)
            return msgspec.json.decode(body, type=cls)
        except (CodecError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise malformed_error(error, cls, "no GraphQL request in JSON") from error

    @classmethod
    def of_text(cls, query: str, variables: str | None, operation: str | None) -> GraphQLRequest:
        """The request of a URL; raises ParameterError for ``variables`` that are no JSON object."""
        try:
            check_json_items((variables or "").encode(errors="surrogatepass"), ITEMS_MAX)
            values = msgspec.json.decode(variables or "null", type=dict[str, Any] | None)
        except (CodecError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise ParameterError(f"variables must be an object in JSON: {error}") from error
        return cls(query=query, variables=values, operation=operation)
