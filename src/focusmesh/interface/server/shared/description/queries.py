"""Which parameters a route takes in its URL, read from its own signature: what else is sent is refused by name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from focusmesh.host.service import unknown_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.interface.server.shared.framework import Request

_NOT_SENT = frozenset(("server", "request", "data", "scope"))
_IN_PATH = re.compile(r"{(\w+)")


async def verify_query(request: Request[Any, Any, Any]) -> None:
    """Raises ParameterError, with the nearest name, for a parameter that the described route does not take."""
    handler = request.route_handler
    if not handler.include_in_schema:
        return
    known = query_names(handler)
    for name in request.query_params:
        if name not in known:
            raise unknown_parameter(name, known)


@lru_cache(maxsize=256)
def query_names(handler: Any) -> frozenset[str]:
    """The names of a route's parameters, as they stand in a URL's query."""
    in_path = {name for path in handler.paths for name in _IN_PATH.findall(path)}
    return frozenset(public for name, public in field_names(handler).items() if name not in in_path)


@lru_cache(maxsize=256)
def field_names(handler: Any) -> Mapping[str, str]:
    """The names that a route's function has for its parameters, and those that clients have for them."""
    parameters = handler.parsed_fn_signature.parameters
    return {
        name: getattr(field.kwarg_definition, "name", None) or name
        for name, field in parameters.items()
        if name not in _NOT_SENT
    }


def public_name(handler: Any, name: str) -> str:
    """What clients call what the route's function calls ``name``."""
    return field_names(handler).get(name, name)
