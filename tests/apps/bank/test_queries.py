"""What is asked about prices and deposits: of a state, and through the faces that the bank's declaration reaches."""

from __future__ import annotations

import pytest

from focusmesh.apps.bank import APPLICATION
from focusmesh.apps.bank.queries import DepositsQuestion, FeesQuestion, deposit_rows, fees_row
from focusmesh.errors import ParameterError
from focusmesh.kernel.state import (
    PARTICLE_BYTES,
    ChangeRules,
    FeeRules,
    OrderRules,
    StakingRules,
)
from tests.kernel.block.ledger import KEYS, PROPOSER, Ledger, particle

ANN, BOB = KEYS[1], KEYS[2]


def paying_ledger(bandwidth_stake: int = 1 << 40, **fees: int) -> Ledger:
    return Ledger(
        version=6,
        bandwidth_stake=bandwidth_stake,
        changes=ChangeRules(),
        fees=FeeRules(**fees),
        staking=StakingRules(),
        order=OrderRules(),
    )


def test_fees_tell_the_price_and_what_it_makes_of_a_signal() -> None:
    here = paying_ledger(units_max=20, price_least=8)
    steps = [["transfer/1", BOB.public, 1]] * 13
    for seconds in (0, 0, 1, 0):
        signal = here.signed(ANN, *steps, tip=500)
        here.chain.propose([signal], here.chain.tip.time + 1_000 * seconds, PROPOSER)
    with here.chain.state.at() as view:
        found = fees_row(view, FeesQuestion(units=5, neuron=ANN.public))
        bare = fees_row(view, FeesQuestion())
    assert (found.price, found.next_price, found.paid, found.paid_before) == (9, 10, 24, 24)
    assert (found.units_max, found.free_max, found.units_target) == (20, 10, 10)
    assert (found.free, found.tip, bare.tip) == (0, 45, 0)


def test_fees_know_what_is_free_for_a_neuron() -> None:
    here = paying_ledger(bandwidth_stake=10_000, price_least=3, units_max=60)
    with here.chain.state.at() as view:
        found = fees_row(view, FeesQuestion(units=40, neuron=ANN.public))
    assert (found.free, found.tip) == (30, 30)


def test_deposits_are_listed_leaf_by_leaf() -> None:
    here = paying_ledger(byte_deposit=2)
    link = ["link/1", particle("a"), particle("b"), b"", 10]
    said = ["set_property/1", particle("a"), "colour", b"red"]
    blob = ["put_blob/1", particle("text"), 4]
    here.chain.propose(
        [here.signed(ANN, link, said, blob, tip=50)], 5_000, PROPOSER, {particle("text"): b"text"}
    )
    with here.chain.state.at() as view:
        rows = deposit_rows(view, DepositsQuestion(neuron=ANN.public))
        fees = fees_row(view, FeesQuestion())
        assert deposit_rows(view, DepositsQuestion(neuron=BOB.public)) == []
    found = {(row.kind, row.particle): row.amount for row in rows}
    property_bytes = len(b"/kv/property/") + 64 + len("colour") + len("red")
    assert found == {
        ("content", particle("text").hex()): 8,
        ("property", particle("a").hex()): 2 * property_bytes,
        ("particle", particle("a").hex()): 2 * PARTICLE_BYTES,
        ("particle", particle("b").hex()): 2 * PARTICLE_BYTES,
    }
    assert fees.deposits == sum(found.values())


def test_a_network_without_prices_says_so() -> None:
    with Ledger().chain.state.at() as view, pytest.raises(ParameterError, match="version 6"):
        fees_row(view, FeesQuestion())


def test_faces_offer_both() -> None:
    places = {each.name: each.places for each in APPLICATION.queries}
    assert {name: (each.http, each.graphql) for name, each in places.items()} == {
        "fees": ("/v1/fees", "fees"),
        "deposits": ("/v1/deposits", "deposits"),
    }
