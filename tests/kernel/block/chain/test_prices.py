"""The base price on a chain: makers and checkers find one price, and a proof shows it to whoever has headers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import BlockError, SignalError
from focusmesh.kernel.admission import admission, admit
from focusmesh.kernel.state import (
    PRICE_KEY,
    BasePrice,
    ChangeRules,
    FeeRules,
    OrderRules,
    StakingRules,
    verify_membership,
)
from focusmesh.protocol.packet import Packet
from tests.kernel.block.ledger import KEYS, PROPOSER, Ledger

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain

ANN, BOB = KEYS[1], KEYS[2]


def paying_ledger(**fees: int) -> Ledger:
    """Stake brings no bandwidth here: every unit is paid."""
    return Ledger(
        version=6,
        bandwidth_stake=1 << 40,
        changes=ChangeRules(),
        fees=FeeRules(**fees),
        staking=StakingRules(),
        order=OrderRules(),
    )


def transfers(units: int) -> list[list[Any]]:
    return [["transfer/1", BOB.public, 1]] * (units + 1)


def price(chain: Chain) -> BasePrice:
    value = chain.state.get(PRICE_KEY)
    assert value is not None
    return BasePrice.decode(value)


def test_a_checker_comes_to_the_same_price() -> None:
    here = paying_ledger(units_max=20, price_least=8)
    there = here.twin()
    found = []
    for seconds in (0, 0, 1, 7):
        signal = here.signed(ANN, *transfers(12), tip=500)
        made = here.chain.propose([signal], here.chain.tip.time + 1_000 * seconds, PROPOSER)
        assert made.block is not None
        there.chain.accept(made.block)
        assert price(there.chain) == price(here.chain)
        found.append(price(here.chain)[::2])
    assert found == [(8, 12), (8, 24), (9, 12), (8, 12)]


def test_a_checker_that_burns_nothing_refuses_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    here = paying_ledger()
    there = here.twin()
    block = here.block(here.signed(ANN, *transfers(3), tip=5))
    monkeypatch.setattr(FeeRules, "burned_of", lambda rules, paid: 0)
    with pytest.raises(BlockError):
        there.chain.accept(block)


def test_a_light_client_is_shown_the_price() -> None:
    here = paying_ledger(price_least=77)
    header = here.block(here.signed(ANN, *transfers(2), tip=200)).header
    with here.chain.state.at() as view:
        proof = view.tree.prove(PRICE_KEY)
    value = here.chain.state.get(PRICE_KEY)
    assert value is not None
    verify_membership(header.state_root, proof, PRICE_KEY, value)
    assert BasePrice.decode(value).price == 77


def test_who_could_not_pay_is_told_before_a_node_promises_anything() -> None:
    here = paying_ledger(price_least=10)
    with pytest.raises(SignalError) as caught:
        admit(here.chain, Packet(here.signed(ANN, *transfers(3), tip=29, nonce=0).wire))
    assert caught.value.code == "price"
    assert "a tip of 30 or more" in str(caught.value)
    assert admit(here.chain, Packet(here.signed(ANN, *transfers(3), tip=30, nonce=0).wire))


def test_without_that_check_a_node_would_promise_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "check_price", lambda *given: None)
    here = paying_ledger(price_least=10)
    assert admit(here.chain, Packet(here.signed(ANN, *transfers(3), nonce=0).wire))


def test_an_older_network_has_no_price() -> None:
    here = Ledger()
    here.block(here.signed(ANN, *transfers(1)))
    assert here.chain.state.get(PRICE_KEY) is None
