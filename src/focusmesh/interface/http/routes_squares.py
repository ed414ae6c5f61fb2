"""Data availability: squares of blocks for whoever samples or repairs them, and who is paid for keeping them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from focusmesh.interface.http.answering import tagged
from focusmesh.interface.http.framework import Parameter, Request, Response, get
from focusmesh.interface.http.parameters import Cursor, Height, Limit, TheServer
from focusmesh.interface.http.problems import PROBLEMS
from focusmesh.interface.service import (
    NamespaceShares,
    PinPage,
    SharedLine,
    SharedShare,
    SquareRoots,
)

TAGS = ["ledger"]
Place = Annotated[
    int, Parameter(ge=0, le=255, description="Row or column of a doubled square, from 0.")
]
Axis = Annotated[
    Literal["row", "column"],
    Parameter(description="Whose tree a share is proved by, whose shares a line has."),
]
Namespace = Annotated[str, Parameter(max_length=32, description="Name of a namespace.")]

DataRoot = Annotated[
    str | None,
    Parameter(pattern="^[0-9a-f]{64}$", description="Only pins of the block with this data root."),
]


@get("/v1/blocks/{height:int}/square", tags=TAGS, responses=PROBLEMS)
async def square(
    server: TheServer, request: Request[Any, Any, Any], height: Height
) -> Response[SquareRoots]:
    """The roots of the block's square, with its header: what samples are checked against."""
    squares = server.service.ledger.squares
    found = await server.work(request, lambda: squares.roots(height))
    return tagged(found, f'"{found.id}"')


@get("/v1/blocks/{height:int}/square/{row:int}/{column:int}", tags=TAGS, responses=PROBLEMS)
async def share(
    server: TheServer,
    request: Request[Any, Any, Any],
    height: Height,
    row: Place,
    column: Place,
    axis: Axis = "row",
) -> Response[SharedShare]:
    """One share of the block's square, with its way to the root of its row or column."""
    squares = server.service.ledger.squares
    found = await server.work(request, lambda: squares.share(height, row, column, axis))
    server.metrics.add("square_shares_total", 1)
    return Response(found)


@get("/v1/blocks/{height:int}/square/lines/{line:int}", tags=TAGS, responses=PROBLEMS)
async def line(
    server: TheServer,
    request: Request[Any, Any, Any],
    height: Height,
    line: Place,
    axis: Axis = "row",
) -> Response[SharedLine]:
    """A whole row or column of the square: whoever has all of its shares works out its root from them."""
    squares = server.service.ledger.squares
    found = await server.work(request, lambda: squares.line(height, line, axis))
    server.metrics.add("square_shares_total", len(found.shares))
    return Response(found)


@get("/v1/blocks/{height:int}/namespaces/{name:str}", tags=TAGS, responses=PROBLEMS)
async def namespace(
    server: TheServer, request: Request[Any, Any, Any], height: Height, name: Namespace
) -> Response[NamespaceShares]:
    """All shares of a namespace (`signals`, `focus`, `padding`), proved to be all."""
    squares = server.service.ledger.squares
    found = await server.work(request, lambda: squares.namespace(height, name))
    server.metrics.add("square_shares_total", sum(len(row.shares) for row in found.rows))
    return Response(found)


@get("/v1/pins", tags=TAGS, responses=PROBLEMS)
async def pins(
    server: TheServer,
    request: Request[Any, Any, Any],
    limit: Limit = 20,
    cursor: Cursor = None,
    data_root: DataRoot = None,
) -> Response[PinPage]:
    """Pins: who offers how much for a block's data to be kept, who keeps it, how far that has come."""
    ledger = server.service.ledger
    page = await server.work(request, lambda: ledger.pins(limit, cursor, data_root))
    return tagged(page, f'"{page.root}"')


SQUARE_ROUTES = [square, share, line, namespace, pins]
