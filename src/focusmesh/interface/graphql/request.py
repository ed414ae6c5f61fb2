"""What is asked: the text of a query, values of its variables, and which operation of it."""

from __future__ import annotations

from typing import Any

import msgspec

from focusmesh.errors import ParameterError


class GraphQLRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as GraphQL over HTTP writes it; what else is sent beside it is left aside."""

    query: str
    variables: dict[str, Any] | None = None
    operation: str | None = msgspec.field(default=None, name="operationName")

    @classmethod
    def of_json(cls, body: bytes) -> GraphQLRequest:
        """Raises ParameterError for a body that is none."""
        try:
            return msgspec.json.decode(body, type=cls)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise ParameterError(f"no GraphQL request in JSON: {error}") from error

    @classmethod
    def of_text(cls, query: str, variables: str | None, operation: str | None) -> GraphQLRequest:
        """The request of a URL; raises ParameterError for ``variables`` that are no JSON object."""
        try:
            values = msgspec.json.decode(variables or "null", type=dict[str, Any] | None)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise ParameterError(f"variables are to be an object in JSON: {error}") from error
        return cls(query=query, variables=values, operation=operation)
