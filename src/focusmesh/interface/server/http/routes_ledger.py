"""What only a ledger has: blocks, accounts, what proves an answer, and the way in for signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import SignalError
from focusmesh.host.service import (
    LEDGER_QUESTIONS,
    NETWORK_QUESTIONS,
    PlacedSignal,
    question_of,
)
from focusmesh.interface.server.http.parameters import question_route
from focusmesh.interface.server.http.tagged_responses import (
    is_known,
    not_modified,
    root_response,
    tagged_response,
)
from focusmesh.interface.server.shared import HTTPException, Request, Response, post

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.interface.server.http.parameters import Answering

AnyRequest = Request[Any, Any, Any]
TAGS = ["ledger"]
PACKET = "application/octet-stream"


async def _signal(
    server: Any, request: AnyRequest, given: dict[str, Any]
) -> Response[PlacedSignal]:
    asked = question_of(LEDGER_QUESTIONS["signal"], given, "signal", "http")
    signals = server.service.ledger.signals
    return _response(await server.wait_for_signal(request, signals, asked.id, asked.wait))


async def _post_signal(
    server: Any, request: AnyRequest, given: dict[str, Any]
) -> Response[PlacedSignal]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != PACKET:
        raise HTTPException(status_code=415, detail=f"post a packet as {PACKET}")
    ledger = server.service.ledger
    await server.work(request, ledger.verify_writes)
    signals, verify_rate = ledger.signals, server.signal_rates.verify
    said = {**given, "packet": await request.body()}
    asked = question_of(LEDGER_QUESTIONS["post_signal"], said, "post_signal")
    try:
        left = await server.work(request, lambda: signals.leave(asked.packet, verify_rate))
    except SignalError as error:
        server.metrics.note_refusal(error.code)
        raise
    if asked.wait and left.height is None:
        left = await server.wait_for_signal(request, signals, left.id, asked.wait)
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


def _block(request: AnyRequest, found: Any) -> Response[Any]:
    tag = f'"{found.id}"'
    return not_modified(tag) if is_known(request, tag) else tagged_response(found, tag)


def ledger_route(
    name: str,
    path: str,
    respond: Callable[[AnyRequest, Any], Response[Any]] = root_response,
    shares: Callable[[Any], int] = lambda _: 0,
    **options: Any,
) -> Any:
    """The route of a question that a ledger alone answers: its parameters are those of the record.

    ``shares``: how many shares of a square an answer hands out, which are counted.
    """
    record = (LEDGER_QUESTIONS | NETWORK_QUESTIONS)[name]

    async def answer(server: Any, request: AnyRequest, given: dict[str, Any]) -> Response[Any]:
        ledger = server.service.ledger
        asked = question_of(record, given, name, "http")
        found = await server.work(request, lambda: asked.ask(ledger))
        server.metrics.add("square_shares_total", shares(found))
        return respond(request, found)

    return question_route(path, record, answer, **{"tags": TAGS, **options})


def _waiting_route(name: str, path: str, answer: Answering, **options: Any) -> Any:
    """The route of a question whose answer may wait for a block."""
    return question_route(path, LEDGER_QUESTIONS[name], answer, tags=TAGS, **options)


def ledger_routes() -> list[Any]:
    """All of them; they are made of the records of their questions."""
    return [
        ledger_route("blocks", "/v1/blocks"),
        ledger_route("block", "/v1/blocks/{height:int}", _block),
        ledger_route("account", "/v1/account"),
        ledger_route("weight", "/v1/weight"),
        ledger_route("proof", "/v1/proof"),
        ledger_route("content", "/v1/content", _content, media_type=PACKET),
        ledger_route("rank_receipt", "/v1/receipts/rank", _receipt),
        ledger_route("link_receipt", "/v1/receipts/link", _receipt),
        ledger_route("context_receipt", "/v1/receipts/context", _receipt),
        _waiting_route("signal", "/v1/signals/{signal:str}", _signal),
        _waiting_route("post_signal", "/v1/signals", _post_signal, method=post, status_code=202),
    ]
