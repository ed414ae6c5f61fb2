"""Any signed operations in a block: another node makes the same of it, and no base unit is made or lost but by minting.

Input: dag-cbor of blocks, each an array of signals, each ``[neuron, tip, operations]``.
"""

from __future__ import annotations

from typing import Any

from focusmesh.errors import CodecError, SignalError
from focusmesh.ids import digest
from focusmesh.kernel.state import ACCOUNT_PREFIX, SUPPLY_KEY, Account
from focusmesh.protocol.codec import decode, encode
from tests.fuzz.target import Structure, Target
from tests.kernel.block.ledger import KEYS, Ledger, particle

_CONTENTS = {digest(content): content for content in (b"a", b"b", b"a text")}
_BLOCKS_MAX, _SIGNALS_MAX = 3, 4


def check(data: bytes) -> bool:
    try:
        blocks = decode(data)
    except CodecError:
        return False
    if type(blocks) is not list:
        return False
    ledger = Ledger(minters=(KEYS[1].public,), link_burn=3)
    twin = ledger.twin()
    done = [_block(ledger, twin, block) for block in blocks[:_BLOCKS_MAX]]
    return any(done)


def _block(ledger: Ledger, twin: Ledger, listed: Any) -> bool:
    """Whether the block was made and a signal in it did something."""
    chosen = listed[:_SIGNALS_MAX] if type(listed) is list else []
    signals = [signed for each in chosen if (signed := _signed(ledger, each)) is not None]
    time = ledger.chain.tip.time + 1
    proposed = ledger.chain.propose(signals, time, KEYS[0], _CONTENTS)
    for key in KEYS:
        ledger.nonces[key] = _account(ledger, key.public).nonce
    if proposed.block is None:
        return False
    twin.chain.accept(proposed.block, _CONTENTS)
    assert twin.chain.state.root == ledger.chain.state.root
    _check_sums(ledger)
    return any(result.code == "ok" for result in proposed.results.values())


def _signed(ledger: Ledger, each: Any) -> Any:
    try:
        neuron, tip, operations = each
        return ledger.signed(KEYS[int(neuron) % len(KEYS)], *operations, tip=tip)
    except (SignalError, CodecError, TypeError, ValueError):  # nobody can sign that
        return None


def _account(ledger: Ledger, neuron: bytes) -> Account:
    value = ledger.chain.state.get(ACCOUNT_PREFIX + neuron)
    return Account() if value is None else Account.decode(value)


def _check_sums(ledger: Ledger) -> None:
    with ledger.chain.state.at() as view:
        accounts = [Account.decode(value) for _, value in view.scan(ACCOUNT_PREFIX)]
        supply = decode(view.get(SUPPLY_KEY) or b"")
        locked = int(view.links().links["amount"].sum())
    assert supply == sum(account.balance + account.stake for account in accounts)
    assert locked == sum(account.locked for account in accounts)
    for account in accounts:
        assert 0 <= account.locked <= account.stake
        assert min(account.balance, account.bandwidth, account.nonce) >= 0


def seeds() -> list[bytes]:
    one, other, text = (particle(name) for name in ("a", "b", "a text"))
    link: list[Any] = ["link/1", one, other, b"", 10]
    published = [["put_blob/1", text, 6], ["set_property/1", text, "title", b"x"]]
    blocks: list[Any] = [
        [[[1, 1, [link, ["link/1", other, one, one, 5]]], [2, 0, [link]]]],
        [[[1, 0, [link]]], [[1, 0, [["unlink/1", one, other, b""]]]]],
        [[[1, 0, published]], [[1, 0, [["forget/1", text, b""]]]]],
        [[[2, 2, [["stake/1", 5], ["unstake/1", 6], ["transfer/1", KEYS[3].public, 7]]]]],
        [[[1, 0, [["mint/1", KEYS[2].public, 9], ["burn/1", 5]]]]],
    ]
    return [encode(each) for each in blocks]


TARGET = Target(check, seeds, Structure(decode, encode))
