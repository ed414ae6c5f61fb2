"""Delegations as faces show them: as of a state, by neuron or validator, and verbs where each face has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.delegation import DelegationRow, DelegationsQuestion, delegations
from focusmesh.apps.validators import validators
from focusmesh.errors import ParameterError
from focusmesh.host.service import encode_operation, verbs
from focusmesh.protocol.codec import decode
from tests.apps.delegation.network import ANN, BOB, EVE, FAY, UNBONDING_MS, YEAR_MS, Staking

if TYPE_CHECKING:
    from focusmesh.host.service import Verb

PLACES = {
    "cli": "tx delegate",
    "http": "/v1/delegation/encode/delegate",
    "graphql": "delegation_encode_delegate",
    "grpc": "DelegationService/EncodeDelegate",
    "mcp": "delegation_delegate",
}


def rows(network: Staking, **asked: bytes) -> list[DelegationRow]:
    with network.chain.state.at() as view:
        return delegations(view, DelegationsQuestion(**asked))


def delegating() -> Staking:
    network = Staking(inflation=100)
    network.code(EVE, "delegate/1", ANN.public, 1_000)
    network.code(EVE, "delegate/1", BOB.public, 500)
    network.code(FAY, "delegate/1", ANN.public, 300)
    return network


def test_delegations_are_listed_by_neuron_and_by_validator() -> None:
    network = delegating()
    of_eve = rows(network, neuron=EVE.public)
    assert {(each.validator, each.amount) for each in of_eve} == {
        (ANN.public.hex(), 1_000),
        (BOB.public.hex(), 500),
    }
    to_ann = rows(network, validator=ANN.public)
    assert {(each.neuron, each.amount) for each in to_ann} == {
        (EVE.public.hex(), 1_000),
        (FAY.public.hex(), 300),
    }
    assert len(rows(network)) == 3
    (both,) = rows(network, neuron=EVE.public, validator=BOB.public)
    assert both.amount == 500
    assert rows(network, neuron=ANN.public) == []


def test_a_row_says_what_a_claim_would_give_and_when() -> None:
    network = delegating()
    network.end_epoch()
    network.end_epoch_at(network.chain.tip.time + YEAR_MS // 10)
    (row,) = rows(network, neuron=FAY.public)
    held = network.account(FAY.public).balance
    network.code(FAY, "undelegate/1", ANN.public, 100)
    assert network.account(FAY.public).balance == held + row.earned
    assert row.earned
    network.code(EVE, "redelegate/1", BOB.public, ANN.public, 500)
    (row,) = rows(network, neuron=FAY.public)
    assert (row.amount, row.leaving, row.due_at, row.earned) == (200, 100, 0, 0)
    network.end_epoch()
    (row,) = rows(network, neuron=FAY.public)
    assert row.due_at == network.chain.tip.time + UNBONDING_MS
    (row,) = rows(network, neuron=EVE.public)
    assert (row.amount, row.bound) == (1_500, 500)


def test_validators_say_what_is_delegated_and_at_which_commission() -> None:
    network = delegating()
    network.code(BOB, "set_commission/1", 10)
    with network.chain.state.at() as view:
        found = {each.neuron: each for each in validators(view)}
    assert (found[ANN.public].delegated, found[BOB.public].commission) == (1_300, 10)
    assert found[BOB.public].own_share == pytest.approx(1_000 / 1_500)


def verb(face: str) -> Verb:
    found = {each.place: each for each in verbs(face)}  # type: ignore[arg-type]
    return found[PLACES[face]]


@pytest.mark.parametrize("face", PLACES)
def test_each_face_makes_the_operation(face: str) -> None:
    given = {"validator": ANN.public.hex(), "amount": 7}
    made = encode_operation(verb(face).does, given)
    assert decode(bytes.fromhex(made.bytes)) == ["delegate/1", ANN.public, 7]
    assert made.bandwidth == 2


@pytest.mark.parametrize("given", [{"validator": "07", "amount": 1}, {"validator": "07" * 32}])
def test_what_makes_no_operation_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        encode_operation(verb("http").does, given)
