"""The whole state of a ledger as pages that lead to the root in a header: for whoever rebuilds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.interface.server.http.routes_ledger import ledger_route
from focusmesh.interface.server.http.tagged_responses import tagged_response
from focusmesh.interface.server.shared import Request, Response

if TYPE_CHECKING:
    AnyRequest = Request[Any, Any, Any]

_BYTES = "application/octet-stream"


def _manifest(_: AnyRequest, found: Any) -> Response[Any]:
    return tagged_response(found, f'"{found.root}"')


def _page(_: AnyRequest, found: bytes) -> Response[Any]:
    return Response(found, media_type=_BYTES, headers={"Cache-Control": "no-cache"})


def snapshot_routes() -> list[Any]:
    """Both; they are made of the records of their questions."""
    page = "/v1/snapshot/{height:int}/{page:int}"
    return [
        ledger_route("snapshot", "/v1/snapshot", _manifest),
        ledger_route("snapshot_page", page, _page, media_type=_BYTES),
    ]
