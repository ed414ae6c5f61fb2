"""The network of a ledger: what light clients follow it by, who decides, who is connected, how it stands."""

from __future__ import annotations

from typing import Annotated, Any

from focusmesh.host.service import (
    HEADERS_MAX,
    HEIGHT_MAX,
    ElectorateAnswer,
    FinalityAnswer,
    FraudPage,
    GenesisAnswer,
    HeaderPage,
    HeaderRow,
    PeersAnswer,
    ValidatorsAnswer,
)
from focusmesh.interface.server.http.parameters import Height, TheServer
from focusmesh.interface.server.http.routes_ledger import ledger_route
from focusmesh.interface.server.http.tagged_responses import (
    is_known,
    not_modified,
    root_response,
    tagged_response,
)
from focusmesh.interface.server.shared import (
    PROBLEMS,
    Parameter,
    QueryParameter,
    Request,
    Response,
    get,
)

TAGS = ["network"]
First = Annotated[
    int, QueryParameter(name="from", ge=0, le=HEIGHT_MAX, description="Height of the first one.")
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
    return not_modified(tag) if is_known(request, tag) else tagged_response(found, tag)


@get("/v1/genesis", tags=TAGS, responses=PROBLEMS)
async def genesis(server: TheServer, request: Request[Any, Any, Any]) -> Response[GenesisAnswer]:
    """What the network began with: its id is the digest of that."""
    networks = server.service.ledger.networks
    found = await server.work(request, networks.genesis)
    return tagged_response(found, f'"{found.network}"')


@get("/v1/electorates/{height:int}", tags=TAGS, responses=PROBLEMS)
async def electorate(
    server: TheServer, request: Request[Any, Any, Any], height: Height
) -> Response[ElectorateAnswer]:
    """Who makes the block at this height final: keys and weights, as the header before commits to them."""
    networks = server.service.ledger.networks
    return Response(
        await server.work(request, lambda: networks.validator_set(height)), headers=_NOW
    )


@get("/v1/validators", tags=TAGS, responses=PROBLEMS)
async def validators(
    server: TheServer, request: Request[Any, Any, Any]
) -> Response[ValidatorsAnswer]:
    """Who has a bond, what each vote weighs, what is on its way back, who voted lately."""
    networks = server.service.ledger.networks
    found = await server.work(request, networks.validators)
    return root_response(request, found)


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


def network_routes() -> list[Any]:
    """All of them; that of decisions is made of its record."""
    return [
        headers,
        header,
        genesis,
        electorate,
        ledger_route("decisions", "/v1/decisions", tags=TAGS),
        validators,
        peers,
        finality,
        frauds,
        fraud,
    ]
