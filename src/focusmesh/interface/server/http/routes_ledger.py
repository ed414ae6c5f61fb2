"""What only a ledger has: blocks, accounts, what proves an answer, and the way in for signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from focusmesh.host.service import (
    LEDGER_QUESTIONS,
    Block,
    PlacedSignal,
    question_of,
)
from focusmesh.interface.server.http.parameters import Height, TheServer, Wait, question_route
from focusmesh.interface.server.http.tagged_responses import (
    is_known,
    not_modified,
    root_response,
    tagged_response,
)
from focusmesh.interface.server.shared import (
    PROBLEMS,
    HTTPException,
    Parameter,
    Request,
    Response,
    get,
    post,
)

AnyRequest = Request[Any, Any, Any]
TAGS = ["ledger"]
PACKET = "application/octet-stream"
SignalId = Annotated[
    str, Parameter(pattern="^[0-9a-f]{64}$", description="The id of a signal, in hexadecimal.")
]


@get("/v1/blocks/{height:int}", tags=TAGS, responses=PROBLEMS)
async def block(server: TheServer, request: AnyRequest, height: Height) -> Response[Block]:
    """One block: its header, the proposer's signature, what became of its signals."""
    ledger = server.service.ledger
    found = await server.work(request, lambda: ledger.block(height))
    tag = f'"{found.id}"'
    return not_modified(tag) if is_known(request, tag) else tagged_response(found, tag)


@get("/v1/signals/{signal:str}", tags=TAGS, responses=PROBLEMS)
async def signal(
    server: TheServer, request: AnyRequest, signal: SignalId, wait: Wait = 0.0
) -> Response[PlacedSignal]:
    """Where a signal stands: 200 in a block, 202 while it waits, 422 with the code it was refused with."""
    signals = server.service.ledger.signals
    return _response(await server.wait_for_signal(request, signals, signal, wait))


@post("/v1/signals", tags=TAGS, responses=PROBLEMS, status_code=202)
async def post_signal(
    server: TheServer, request: AnyRequest, wait: Wait = 0.0
) -> Response[PlacedSignal]:
    """Leaves a signed signal, as a packet, for the node. Posting it again does no harm.

    200 where it is in a block, within `wait` seconds. 202 while it waits: it is on the disk then, and `promise` is the
    node's signed word for a block. 400, 409, 422 with the code it is refused with; 429 where too much waits already.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != PACKET:
        raise HTTPException(status_code=415, detail=f"post a packet as {PACKET}")
    ledger = server.service.ledger
    await server.work(request, ledger.verify_writes)
    signals, verify_rate = ledger.signals, server.signal_rates.verify
    body = await request.body()
    left = await server.work(request, lambda: signals.leave(body, verify_rate))
    if wait and left.height is None:
        left = await server.wait_for_signal(request, signals, left.id, wait)
    return _response(left)


def _response(found: PlacedSignal) -> Response[PlacedSignal]:
    return Response(
        found,
        status_code=202 if found.height is None else 200,
        headers={"Location": f"/v1/signals/{found.id}", "Cache-Control": "no-cache"},
    )


def _content(_: AnyRequest, found: bytes) -> Response[Any]:
    headers = {"Content-Disposition": "attachment", "Cache-Control": "no-cache"}
    return Response(found, media_type=PACKET, headers=headers)


def _receipt(_: AnyRequest, receipt: Any) -> Response[Any]:
    return tagged_response(receipt.to_json().encode(), f'"{receipt.state_root}"')


def ledger_route(
    name: str,
    path: str,
    respond: Callable[[AnyRequest, Any], Response[Any]] = root_response,
    **options: Any,
) -> Any:
    """The route of a question that a ledger alone answers: its parameters are those of the record."""
    record = LEDGER_QUESTIONS[name]

    async def answer(server: Any, request: AnyRequest, given: dict[str, Any]) -> Response[Any]:
        ledger = server.service.ledger
        asked = question_of(record, given, name, "http")
        return respond(request, await server.work(request, lambda: asked.ask(ledger)))

    return question_route(path, record, answer, **{"tags": TAGS, **options})


def ledger_routes() -> list[Any]:
    """All of them; those of the questions are made of their records."""
    return [
        ledger_route("blocks", "/v1/blocks"),
        block,
        ledger_route("account", "/v1/account"),
        ledger_route("proof", "/v1/proof"),
        ledger_route("content", "/v1/content", _content, media_type=PACKET),
        ledger_route("rank_receipt", "/v1/receipts/rank", _receipt),
        ledger_route("link_receipt", "/v1/receipts/link", _receipt),
        ledger_route("context_receipt", "/v1/receipts/context", _receipt),
        signal,
        post_signal,
    ]
