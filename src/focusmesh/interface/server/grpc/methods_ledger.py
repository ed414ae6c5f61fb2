"""What only a ledger has: blocks, accounts, what proves an answer, and the way in for signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import SignalError
from focusmesh.host.service import LEDGER_QUESTIONS, question_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.interface.server.grpc.call import Call, Unary
    from focusmesh.kernel.receipts import Receipt


async def post_signal(call: Call) -> dict[str, Any]:
    """See ``Signals.leave``; waits for the block as long as it is told to."""
    ledger, asked = call.server.service.ledger, _read_request("post_signal", call)
    await call.work(ledger.verify_writes)
    signals, verify_rate = ledger.signals, call.server.signal_rates.verify
    try:
        left = await call.work(lambda: signals.leave(asked.packet, verify_rate))
    except SignalError as error:
        call.server.metrics.note_refusal(error.code)
        raise
    if asked.wait > 0 and left.height is None:
        left = await call.server.wait_for_signal(None, signals, left.id, asked.wait)
    return {"signal": left}


async def get_signal(call: Call) -> dict[str, Any]:
    """See ``Signals.placement``."""
    signals, asked = call.server.service.ledger.signals, _read_request("signal", call)
    return {"signal": await call.server.wait_for_signal(None, signals, asked.id, asked.wait)}


def _read_request(name: str, call: Call) -> Any:
    """The record that a request makes."""
    return question_of(LEDGER_QUESTIONS[name], call.asked, name, "grpc")


def _question(name: str) -> Unary:
    """The method of a question: what its request says makes the record."""

    async def answer(call: Call) -> Any:
        ledger = call.server.service.ledger
        asked = _read_request(name, call)
        found = await call.work(lambda: asked.ask(ledger))
        return _MESSAGES[name](found) if name in _MESSAGES else found

    return answer


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "root": receipt.state_root,
        "height": receipt.height,
        "receipt": receipt.to_json().encode(),
    }


_MESSAGES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "content": lambda found: {"content": found},
    **dict.fromkeys(("rank_receipt", "link_receipt", "context_receipt"), _receipt),
}
"""What an answer is here that is no record."""
_WAITING: dict[str, Unary] = {"post_signal": post_signal, "signal": get_signal}
"""What may wait for a block."""
LEDGER_METHODS: dict[str, Unary] = {
    f"LedgerService/{record.__name__}": _WAITING.get(name) or _question(name)
    for name, record in LEDGER_QUESTIONS.items()
}
WRITING = ("LedgerService/PostSignal",)
"""Methods that take a key that may write."""
