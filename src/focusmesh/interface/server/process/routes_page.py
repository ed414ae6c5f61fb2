"""The explorer's page, and the description of all routes, for programs and for people."""

from __future__ import annotations

from typing import Any

from focusmesh.host.service import NotThereError
from focusmesh.interface.server.process.openapi import openapi_document
from focusmesh.interface.server.shared import (
    DOCS_POLICY,
    HTTPException,
    Request,
    Response,
    docs_page,
    get,
)
from focusmesh.interface.web import CONTENT_SECURITY_POLICY, files

_YEAR_SECONDS = 31_536_000


@get(["/", "/{name:str}", "/assets/{name:str}"], include_in_schema=False)
async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page, and what it is made of: names of assets say their content, so they are kept for good."""
    found = files().get(request.url.path.lstrip("/"))
    if found is None:
        raise NotThereError("there is nothing here; routes begin with /v1, see /openapi.json")
    keep = f"public, max-age={_YEAR_SECONDS}, immutable" if found.is_immutable else "no-cache"
    return Response(
        found.content,
        media_type=found.media_type.partition(";")[0],
        headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Cache-Control": keep},
    )


@get("/openapi.json", include_in_schema=False)
async def openapi() -> Response[dict[str, Any]]:
    """All routes, as OpenAPI 3.1 describes them."""
    return Response(openapi_document(), headers={"Cache-Control": "no-cache"})


@get("/docs", include_in_schema=False)
async def docs() -> Response[bytes]:
    """The same for people: one page that needs no other."""
    return Response(
        docs_page(openapi_document()),
        media_type="text/html",
        headers={"Content-Security-Policy": DOCS_POLICY, "Cache-Control": "no-cache"},
    )


@get("/v1/live", include_in_schema=False)
async def live() -> None:
    """Says that this is the place of a web socket."""
    raise HTTPException(status_code=426, detail="open a web socket here")


PAGE_ROUTES = [page, openapi, docs, live]
