"""Which signals of a cut its block takes where not all have room: a rule that whoever votes holds the block against.

It says who comes in, never who comes first inside: the order of execution is that of every block, and what is left out
waits where it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError
from focusmesh.kernel.admission.fair_order import RoomClaim, first_with_room
from focusmesh.kernel.admission.kinds import kind_of
from focusmesh.kernel.admission.weight import agreed_weight
from focusmesh.kernel.state import read_account

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import Account, OrderRules
    from focusmesh.protocol.signal import SignedSignal


def first_of_cut(chain: Chain, signals: Sequence[SignedSignal]) -> Sequence[SignedSignal]:
    """Those of a cut's signals that the block after the last one of ``chain`` is made of.

    All of them before version 6, and where they have ``cut_bytes`` together at most. Else those whose turn it is, as
    far as they have room by their fair order; what could not stand in the block takes nobody's room. O(n log n), and
    what ``agreed_weight`` takes. Raises BlockError ("weights") where this node cannot know yet what weighs how much.
    """
    rules = chain.parameters.order
    if rules is None or sum(len(signed.wire) for signed in signals) <= rules.cut_bytes:
        return signals
    turns = _in_turn(chain, signals)
    try:
        claims = [claim for neuron in turns for claim in _claims(chain, rules, *neuron)]
    except BlockError as error:
        raise BlockError("weights", f"block {chain.height + 1}: {error}") from error
    chosen = first_with_room(claims, chain.tip.id, rules.cut_bytes, rules)
    names = {claims[at].signal for at in chosen}
    return [signed for signed in signals if signed.id in names]


def _in_turn(
    chain: Chain, signals: Iterable[SignedSignal]
) -> list[tuple[Account, list[SignedSignal]]]:
    """By neuron: its account, and its signals from the nonce of that on without a gap, as far as it can pay them."""
    by_neuron: dict[bytes, dict[int, SignedSignal]] = {}
    for signed in signals:
        signal = signed.signal
        there = by_neuron.setdefault(signal.neuron, {})
        # Of two with one nonce every node takes the same.
        if signal.nonce not in there or signed.id < there[signal.nonce].id:
            there[signal.nonce] = signed
    found = []
    for neuron, there in by_neuron.items():
        account = read_account(chain.state.get, neuron)
        if account is not None:
            found.append((account, _payable(account, there, chain.height)))
    return found


def _payable(account: Account, there: dict[int, SignedSignal], height: int) -> list[SignedSignal]:
    run: list[SignedSignal] = []
    nonce, left = account.nonce, account.balance
    while (signed := there.get(nonce)) is not None:
        left -= signed.signal.tip
        if left < 0 or signed.signal.expires_height <= height:
            break
        run.append(signed)
        nonce += 1
    return run


def _claims(
    chain: Chain, rules: OrderRules, account: Account, run: Sequence[SignedSignal]
) -> list[RoomClaim]:
    if not run:
        return []
    neuron = run[0].signal.neuron
    weight = agreed_weight(chain, neuron, account)
    return [
        RoomClaim(
            signed.id,
            neuron,
            signed.signal.nonce,
            len(signed.wire),
            weight,
            signed.signal.tip,
            kind_of(signed.signal, account, rules),
        )
        for signed in run
    ]
