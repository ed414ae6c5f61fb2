"""The network of a ledger: what light clients follow it by, who decides, who is connected, how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.interface.server.http.routes_ledger import ledger_route
from focusmesh.interface.server.http.tagged_responses import (
    is_known,
    not_modified,
    tagged_response,
)
from focusmesh.interface.server.shared import Request, Response

if TYPE_CHECKING:
    AnyRequest = Request[Any, Any, Any]

TAGS = ["network"]
BYTES = "application/octet-stream"
_NOW = {"Cache-Control": "no-cache"}


def _now(_: AnyRequest, found: Any) -> Response[Any]:
    return Response(found, headers=_NOW)


def _header(request: AnyRequest, found: Any) -> Response[Any]:
    tag = f'"{found.id}{len(found.decision)}"'
    return not_modified(tag) if is_known(request, tag) else tagged_response(found, tag)


def _genesis(_: AnyRequest, found: Any) -> Response[Any]:
    return tagged_response(found, f'"{found.network}"')


def _fraud(_: AnyRequest, found: bytes) -> Response[Any]:
    return Response(found, media_type=BYTES, headers=_NOW)


def network_routes() -> list[Any]:
    """All of them; they are made of the records of their questions."""
    return [
        ledger_route("headers", "/v1/headers", _now, tags=TAGS),
        ledger_route("header", "/v1/headers/{height:int}", _header, tags=TAGS),
        ledger_route("genesis", "/v1/genesis", _genesis, tags=TAGS),
        ledger_route("electorate", "/v1/electorates/{height:int}", _now, tags=TAGS),
        ledger_route("decisions", "/v1/decisions", tags=TAGS),
        ledger_route("validators", "/v1/validators", tags=TAGS),
        ledger_route("peers", "/v1/peers", _now, tags=TAGS),
        ledger_route("finality", "/v1/finality", _now, tags=TAGS),
        ledger_route("frauds", "/v1/fraud", _now, tags=TAGS),
        ledger_route("fraud", "/v1/fraud/{block:str}", _fraud, tags=TAGS, media_type=BYTES),
    ]
