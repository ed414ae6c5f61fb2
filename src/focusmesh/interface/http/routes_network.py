"""The network of a ledger: what light clients follow it by, who decides, who is connected, how it stands."""

from __future__ import annotations

from typing import Annotated, Any

from focusmesh.interface.http.answering import is_known, not_modified, tagged
from focusmesh.interface.http.framework import (
    Parameter,
    QueryParameter,
    Request,
    Response,
    get,
)
from focusmesh.interface.http.parameters import Cursor, Height, Limit, TheServer
from focusmesh.interface.http.problems import PROBLEMS
from focusmesh.interface.service import (
    HEADERS_MAX,
    DecisionPage,
    ElectorateAnswer,
    FinalityAnswer,
    FraudPage,
    GenesisAnswer,
    HeaderPage,
    HeaderRow,
    PeersAnswer,
    ValidatorsAnswer,
)

TAGS = ["network"]
First = Annotated[
    int, QueryParameter(name="from", ge=0, le=2**53, description="Height of the first one.")
]
Headers = Annotated[int, Parameter(ge=1, le=HEADERS_MAX, description="How many at most.")]
BlockId = Annotated[
    str, Parameter(pattern="^[0-9a-f]{64}$", description="The id of a block, in hexadecimal.")
]
BYTES = "application/octet-stream"
_NOW = {"Cache-Control": "no-cache"}


@get("/v1/headers", tags=TAGS, responses=PROBLEMS)
async def headers(
    server: TheServer, request: Request[Any, Any, Any], first: First = 0, limit: Headers = 100
) -> Response[HeaderPage]:
    """Headers as they travel, one after the other, with what makes them final: light clients check them."""
    networks = server.service.ledger.networks
    found = await server.work(request, lambda: networks.headers(first, limit))
    return Response(found, headers=_NOW)


@get("/v1/headers/{height:int}", tags=TAGS, responses=PROBLEMS)
async def header(
    server: TheServer, request: Request[Any, Any, Any], height: Height
) -> Response[HeaderRow]:
    """One header as it travels."""
    networks = server.service.ledger.networks
    found = await server.work(request, lambda: networks.header(height))
    tag = f'"{found.id}{len(found.decision)}"'
    return not_modified(tag) if is_known(request, tag) else tagged(found, tag)


@get("/v1/genesis", tags=TAGS, responses=PROBLEMS)
async def genesis(server: TheServer, request: Request[Any, Any, Any]) -> Response[GenesisAnswer]:
    """What the network began with: its id is the digest of that."""
    networks = server.service.ledger.networks
    found = await server.work(request, networks.genesis)
    return tagged(found, f'"{found.network}"')


@get("/v1/electorates/{height:int}", tags=TAGS, responses=PROBLEMS)
async def electorate(
    server: TheServer, request: Request[Any, Any, Any], height: Height
) -> Response[ElectorateAnswer]:
    """Who makes the block at this height final: keys and weights, as the header before commits to them."""
    networks = server.service.ledger.networks
    return Response(await server.work(request, lambda: networks.electorate(height)), headers=_NOW)


@get("/v1/decisions", tags=TAGS, responses=PROBLEMS)
async def decisions(
    server: TheServer, request: Request[Any, Any, Any], limit: Limit = 20, cursor: Cursor = None
) -> Response[DecisionPage]:
    """What made the last blocks final, newest first: rounds, and whose votes."""
    networks = server.service.ledger.networks
    page = await server.work(request, lambda: networks.decisions(limit, cursor))
    return tagged(page, f'"{page.root}"')


@get("/v1/validators", tags=TAGS, responses=PROBLEMS)
async def validators(
    server: TheServer, request: Request[Any, Any, Any]
) -> Response[ValidatorsAnswer]:
    """Who has a bond, what each vote weighs, what is on its way back, who voted lately."""
    networks = server.service.ledger.networks
    found = await server.work(request, networks.validators)
    return tagged(found, f'"{found.root}"')


@get("/v1/peers", tags=TAGS, responses=PROBLEMS)
async def peers(server: TheServer, request: Request[Any, Any, Any]) -> Response[PeersAnswer]:
    """The node that runs on this ledger, and who is connected to it."""
    networks = server.service.ledger.networks
    return Response(await server.work(request, networks.peers), headers=_NOW)


@get("/v1/finality", tags=TAGS, responses=PROBLEMS)
async def finality(server: TheServer, request: Request[Any, Any, Any]) -> Response[FinalityAnswer]:
    """How the network stands: the last decided block, its epoch and round, who decides."""
    networks = server.service.ledger.networks
    return Response(await server.work(request, networks.finality), headers=_NOW)


@get("/v1/fraud", tags=TAGS, responses=PROBLEMS)
async def frauds(server: TheServer, request: Request[Any, Any, Any]) -> Response[FraudPage]:
    """Proofs that blocks are wrong, as far as this node has any."""
    networks = server.service.ledger.networks
    return Response(await server.work(request, networks.frauds), headers=_NOW)


@get("/v1/fraud/{block:str}", tags=TAGS, responses=PROBLEMS, media_type=BYTES)
async def fraud(
    server: TheServer, request: Request[Any, Any, Any], block: BlockId
) -> Response[bytes]:
    """Such a proof, byte for byte; `focusmesh fraud verify` checks it."""
    networks = server.service.ledger.networks
    found = await server.work(request, lambda: networks.fraud(block))
    return Response(found, media_type=BYTES, headers=_NOW)


NETWORK_ROUTES = [
    headers,
    header,
    genesis,
    electorate,
    decisions,
    validators,
    peers,
    finality,
    frauds,
    fraud,
]
