"""The whole state of a ledger as pages that lead to the root in a header: for whoever rebuilds it."""

from __future__ import annotations

from typing import Annotated, Any

from focusmesh.host.service import SnapshotTold
from focusmesh.interface.server.http.parameters import At, Height, TheServer
from focusmesh.interface.server.http.tagged_responses import tagged_response
from focusmesh.interface.server.shared import PROBLEMS, Parameter, Request, Response, get

TAGS = ["ledger"]
_BYTES = "application/octet-stream"
PageNumber = Annotated[
    int, Parameter(ge=0, le=2**31, description="Number of a page of the snapshot, from 0.")
]


@get("/v1/snapshot", tags=TAGS, responses=PROBLEMS)
async def snapshot(
    server: TheServer, request: Request[Any, Any, Any], at: At = None
) -> Response[SnapshotTold]:
    """The manifest of a snapshot of the state: of the last block that has a focus of its own, or of `at`."""
    snapshots = server.service.ledger.snapshots
    found = await server.work(request, lambda: snapshots.describe(at))
    return tagged_response(found, f'"{found.root}"')


@get("/v1/snapshot/{height:int}/{page:int}", tags=TAGS, responses=PROBLEMS, media_type=_BYTES)
async def snapshot_page(
    server: TheServer, request: Request[Any, Any, Any], height: Height, page: PageNumber
) -> Response[bytes]:
    """A page of the snapshot of the state after a block: particles, values, leaves, links, contents."""
    snapshots = server.service.ledger.snapshots
    found = await server.work(request, lambda: snapshots.page(height, page))
    return Response(found, media_type=_BYTES, headers={"Cache-Control": "no-cache"})


SNAPSHOT_ROUTES = [snapshot, snapshot_page]
