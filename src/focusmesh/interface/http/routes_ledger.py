"""What only a ledger has: blocks, accounts, what proves an answer, and the way in for signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from focusmesh.interface.http.answering import Server, is_known, not_modified, tagged
from focusmesh.interface.http.framework import (
    HTTPException,
    Parameter,
    Request,
    Response,
    get,
    post,
)
from focusmesh.interface.http.parameters import (
    At,
    Beta,
    Cursor,
    Height,
    Limit,
    Neuron,
    OptionalNeuron,
    OptionalTop,
    Particle,
    Particles,
    Relation,
    Seeds,
    StateKey,
    TheServer,
    Top,
    Wait,
)
from focusmesh.interface.http.problems import PROBLEMS
from focusmesh.interface.service import (
    Account,
    Block,
    BlockPage,
    PlacedSignal,
    ProofAnswer,
)

TAGS = ["ledger"]
PACKET = "application/octet-stream"
SignalId = Annotated[
    str, Parameter(pattern="^[0-9a-f]{64}$", description="The id of a signal, in hexadecimal.")
]


@get("/v1/blocks", tags=TAGS, responses=PROBLEMS)
async def blocks(
    server: TheServer, request: Request[Any, Any, Any], limit: Limit = 20, cursor: Cursor = None
) -> Response[BlockPage]:
    """Blocks, newest first. Pages go on below what was listed, whatever came since."""
    ledger = server.service.ledger
    page = await server.work(request, lambda: ledger.blocks(limit, cursor))
    return tagged(page, f'"{page.root}"')


@get("/v1/blocks/{height:int}", tags=TAGS, responses=PROBLEMS)
async def block(
    server: TheServer, request: Request[Any, Any, Any], height: Height
) -> Response[Block]:
    """One block: its header, the proposer's signature, what became of its signals."""
    ledger = server.service.ledger
    found = await server.work(request, lambda: ledger.block(height))
    tag = f'"{found.id}"'
    return not_modified(tag) if is_known(request, tag) else tagged(found, tag)


@get("/v1/account", tags=TAGS, responses=PROBLEMS)
async def account(
    server: TheServer, request: Request[Any, Any, Any], neuron: Neuron, at: At = None
) -> Response[Account]:
    """What a neuron owns, has staked and locked in links; the nonce of its next signal."""
    ledger = server.service.ledger
    found = await server.work(request, lambda: ledger.account(neuron, at))
    return tagged(found, f'"{found.root}"')


@get("/v1/proof", tags=TAGS, responses=PROBLEMS)
async def proof(
    server: TheServer, request: Request[Any, Any, Any], key: StateKey, at: At = None
) -> Response[ProofAnswer]:
    """The ICS-23 proof that a key of the state has a value, or has none."""
    ledger = server.service.ledger
    found = await server.work(request, lambda: ledger.proof(key, at))
    return tagged(found, f'"{found.root}"')


@get("/v1/content", tags=TAGS, responses=PROBLEMS, media_type=PACKET)
async def content(
    server: TheServer, request: Request[Any, Any, Any], particle: Particle
) -> Response[bytes]:
    """The content of a particle, byte for byte."""
    ledger = server.service.ledger
    found = await server.work(request, lambda: ledger.content(particle))
    return Response(
        found,
        media_type=PACKET,
        headers={"Content-Disposition": "attachment", "Cache-Control": "no-cache"},
    )


@get("/v1/receipts/rank", tags=TAGS, responses=PROBLEMS)
async def rank_receipt(
    server: TheServer,
    request: Request[Any, Any, Any],
    top: OptionalTop = None,
    particle: Particles = None,
    at: At = None,
) -> Response[dict[str, Any]]:
    """A receipt of the first `top` particles, or of the scores of some; `focusmesh verify` checks it."""
    ledger = server.service.ledger
    return await _receipt(
        server, request, lambda: ledger.rank_receipt(top=top, particles=particle or (), at=at)
    )


@get("/v1/receipts/link", tags=TAGS, responses=PROBLEMS)
async def link_receipt(
    server: TheServer,
    request: Request[Any, Any, Any],
    source: Particle,
    target: Particle,
    relation: Relation = None,
    neuron: OptionalNeuron = None,
    at: At = None,
) -> Response[dict[str, Any]]:
    """A receipt of the axon between two particles, or of the link that a neuron made: there, or not."""
    ledger = server.service.ledger
    return await _receipt(
        server,
        request,
        lambda: ledger.link_receipt(source, target, relation=relation, neuron=neuron, at=at),
    )


@get("/v1/receipts/context", tags=TAGS, responses=PROBLEMS)
async def context_receipt(
    server: TheServer,
    request: Request[Any, Any, Any],
    seeds: Seeds,
    top: Top = 20,
    beta: Beta = 0.5,
    at: At = None,
) -> Response[dict[str, Any]]:
    """A receipt of what matters from the seeds, as far as the rows that travel in it prove."""
    ledger = server.service.ledger
    return await _receipt(
        server, request, lambda: ledger.context_receipt(seeds, top, beta=beta, at=at)
    )


@get("/v1/signals/{signal:str}", tags=TAGS, responses=PROBLEMS)
async def signal(
    server: TheServer, request: Request[Any, Any, Any], signal: SignalId, wait: Wait = 0.0
) -> Response[PlacedSignal]:
    """Where a signal stands: 200 in a block, 202 while it waits, 422 with the code it was refused with."""
    signals = server.service.ledger.signals
    return _placed(await server.waited(request, signals, signal, wait))


@post("/v1/signals", tags=TAGS, responses=PROBLEMS, status_code=202)
async def post_signal(
    server: TheServer, request: Request[Any, Any, Any], wait: Wait = 0.0
) -> Response[PlacedSignal]:
    """Leaves a signed signal, as a packet, for the node. Posting it again does no harm.

    200 where it is in a block, within `wait` seconds; 202 while it waits; 422 with the code it is refused with.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != PACKET:
        raise HTTPException(status_code=415, detail=f"post a packet as {PACKET}")
    signals = server.service.ledger.signals
    body = await request.body()
    left = await server.work(request, lambda: signals.leave(body))
    if wait and left.height is None:
        left = await server.waited(request, signals, left.id, wait)
    return _placed(left)


def _placed(found: PlacedSignal) -> Response[PlacedSignal]:
    return Response(
        found,
        status_code=202 if found.height is None else 200,
        headers={"Location": f"/v1/signals/{found.id}", "Cache-Control": "no-cache"},
    )


async def _receipt(
    server: Server, request: Request[Any, Any, Any], make: Callable[[], Any]
) -> Response[Any]:
    receipt = await server.work(request, make)
    return tagged(receipt.to_json().encode(), f'"{receipt.state_root}"')


LEDGER_ROUTES = [
    blocks,
    block,
    account,
    proof,
    content,
    rank_receipt,
    link_receipt,
    context_receipt,
    signal,
    post_signal,
]
