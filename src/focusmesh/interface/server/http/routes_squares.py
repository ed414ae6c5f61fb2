"""Data availability: squares of blocks for whoever samples or repairs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.interface.server.http.routes_ledger import ledger_route
from focusmesh.interface.server.http.tagged_responses import tagged_response
from focusmesh.interface.server.shared import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    AnyRequest = Request[Any, Any, Any]


def _square(_: AnyRequest, found: Any) -> Response[Any]:
    return tagged_response(found, f'"{found.id}"')


def _shares_route(name: str, path: str, shares: Callable[[Any], int]) -> Any:
    """One that counts how many ``shares`` its answer has."""
    return ledger_route(name, path, lambda _, found: Response(found), shares)


def square_routes() -> list[Any]:
    """All of them; they are made of the records of their questions."""
    square = "/v1/blocks/{height:int}/square"
    namespaces = "/v1/blocks/{height:int}/namespaces/{name:str}"
    return [
        ledger_route("square", square, _square),
        _shares_route("share", square + "/{row:int}/{column:int}", lambda _: 1),
        _shares_route("line", square + "/lines/{line:int}", lambda found: len(found.shares)),
        _shares_route(
            "namespace", namespaces, lambda found: sum(len(row.shares) for row in found.rows)
        ),
    ]
