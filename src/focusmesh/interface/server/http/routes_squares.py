"""Data availability: squares of blocks for whoever samples or repairs them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from focusmesh.host.service import (
    NamespaceShares,
    SharedLine,
    SharedShare,
    SquareRoots,
)
from focusmesh.interface.server.http.parameters import Height, TheServer
from focusmesh.interface.server.http.tagged_responses import tagged_response
from focusmesh.interface.server.shared import PROBLEMS, Parameter, Request, Response, get

TAGS = ["ledger"]
Place = Annotated[
    int, Parameter(ge=0, le=255, description="Row or column of a doubled square, from 0.")
]
Axis = Annotated[
    Literal["row", "column"],
    Parameter(description="Whose tree a share is proved by, whose shares a line has."),
]
Namespace = Annotated[
    str, Parameter(pattern="^(signals|focus|padding)$", description="Name of a namespace.")
]


@get("/v1/blocks/{height:int}/square", tags=TAGS, responses=PROBLEMS)
async def square(
    server: TheServer, request: Request[Any, Any, Any], height: Height
) -> Response[SquareRoots]:
    """The roots of the block's square, with its header: what samples are checked against."""
    squares = server.service.ledger.squares
    found = await server.work(request, lambda: squares.roots(height))
    return tagged_response(found, f'"{found.id}"')


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


SQUARE_ROUTES = [square, share, line, namespace]
