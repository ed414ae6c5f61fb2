"""What only a ledger has: blocks, accounts, what proves an answer, and the way in for signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.service import LEDGER_QUESTIONS, question_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.service import Block
    from focusmesh.interface.server.grpc.call import Call, Unary
    from focusmesh.kernel.receipts import Receipt


async def get_block(call: Call) -> Block:
    """See ``LedgerSource.block``."""
    ledger, height = call.server.service.ledger, call.take("height")
    return await call.work(lambda: ledger.block(height))


async def post_signal(call: Call) -> dict[str, Any]:
    """See ``Signals.leave``; waits for the block as long as it is told to."""
    ledger, packet = call.server.service.ledger, call.take("packet")
    await call.work(ledger.verify_writes)
    signals, verify_rate = ledger.signals, call.server.signal_rates.verify
    seconds = call.asked.get("wait_seconds", 0.0)
    left = await call.work(lambda: signals.leave(packet, verify_rate))
    if seconds > 0 and left.height is None:
        left = await call.server.wait_for_signal(None, signals, left.id, seconds)
    return {"signal": left}


async def get_signal(call: Call) -> dict[str, Any]:
    """See ``Signals.placement``."""
    signals, signal = call.server.service.ledger.signals, call.take("id")
    seconds = call.asked.get("wait_seconds", 0.0)
    return {"signal": await call.server.wait_for_signal(None, signals, signal, seconds)}


def _question(name: str) -> Unary:
    """The method of a question: what its request says makes the record."""

    async def answer(call: Call) -> Any:
        ledger = call.server.service.ledger
        asked = question_of(LEDGER_QUESTIONS[name], call.asked, name, "grpc")
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
LEDGER_METHODS: dict[str, Unary] = {
    "LedgerService/GetBlock": get_block,
    **{
        f"LedgerService/{record.__name__}": _question(name)
        for name, record in LEDGER_QUESTIONS.items()
        if name != "decisions"
    },
    "LedgerService/PostSignal": post_signal,
    "LedgerService/GetSignal": get_signal,
}
WRITING = ("LedgerService/PostSignal",)
"""Methods that take a key that may write."""
