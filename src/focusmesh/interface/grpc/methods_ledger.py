"""What only a ledger has: blocks, accounts, what proves an answer, and the way in for signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.interface.grpc.call import Call, Unary
    from focusmesh.interface.service import Account, Block, BlockPage, ProofAnswer
    from focusmesh.kernel.receipts import Receipt


async def list_blocks(call: Call) -> BlockPage:
    """See ``LedgerSource.blocks``."""
    ledger = call.server.service.ledger
    return await call.work(lambda: ledger.blocks(**call.asked))


async def get_block(call: Call) -> Block:
    """See ``LedgerSource.block``."""
    ledger, height = call.server.service.ledger, call.take("height")
    return await call.work(lambda: ledger.block(height))


async def get_account(call: Call) -> Account:
    """See ``LedgerSource.account``."""
    ledger, neuron = call.server.service.ledger, call.take("neuron")
    return await call.work(lambda: ledger.account(neuron, **call.asked))


async def get_proof(call: Call) -> ProofAnswer:
    """See ``LedgerSource.proof``."""
    ledger, key = call.server.service.ledger, call.take("key").hex()
    return await call.work(lambda: ledger.proof(key, **call.asked))


async def get_content(call: Call) -> dict[str, bytes]:
    """See ``LedgerSource.content``."""
    ledger, particle = call.server.service.ledger, call.take("particle")
    return {"content": await call.work(lambda: ledger.content(particle))}


async def prove_rank(call: Call) -> dict[str, Any]:
    """See ``LedgerSource.rank_receipt``."""
    ledger = call.server.service.ledger
    return await _receipt(call, lambda: ledger.rank_receipt(**call.asked))


async def prove_link(call: Call) -> dict[str, Any]:
    """See ``LedgerSource.link_receipt``."""
    ledger, ends = call.server.service.ledger, (call.take("source"), call.take("target"))
    return await _receipt(call, lambda: ledger.link_receipt(*ends, **call.asked))


async def prove_context(call: Call) -> dict[str, Any]:
    """See ``LedgerSource.context_receipt``."""
    ledger, seeds = call.server.service.ledger, call.take("seeds")
    return await _receipt(call, lambda: ledger.context_receipt(seeds, **call.asked))


async def post_signal(call: Call) -> dict[str, Any]:
    """See ``Signals.leave``; waits for the block as long as it is told to."""
    signals, packet = call.server.service.ledger.signals, call.take("packet")
    seconds = call.asked.get("wait_seconds", 0.0)
    left = await call.work(lambda: signals.leave(packet))
    if seconds > 0 and left.height is None:
        left = await call.server.waited(None, signals, left.id, seconds)
    return {"signal": left}


async def get_signal(call: Call) -> dict[str, Any]:
    """See ``Signals.placed``."""
    signals, signal = call.server.service.ledger.signals, call.take("id")
    seconds = call.asked.get("wait_seconds", 0.0)
    return {"signal": await call.server.waited(None, signals, signal, seconds)}


async def _receipt(call: Call, make: Callable[[], Receipt]) -> dict[str, Any]:
    receipt = await call.work(make)
    return {
        "root": receipt.state_root,
        "height": receipt.height,
        "receipt": receipt.to_json().encode(),
    }


LEDGER_METHODS: dict[str, Unary] = {
    "LedgerService/ListBlocks": list_blocks,
    "LedgerService/GetBlock": get_block,
    "LedgerService/GetAccount": get_account,
    "LedgerService/GetProof": get_proof,
    "LedgerService/GetContent": get_content,
    "LedgerService/ProveRank": prove_rank,
    "LedgerService/ProveLink": prove_link,
    "LedgerService/ProveContext": prove_context,
    "LedgerService/PostSignal": post_signal,
    "LedgerService/GetSignal": get_signal,
}
WRITING = ("LedgerService/PostSignal",)
"""Methods that take a key that may write."""
