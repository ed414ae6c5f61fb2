"""Networks of versions 1 to 4 become such that can change, by properties that their old code knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import UpgradeRequiredError
from focusmesh.kernel.block import Candidates, Chain, HeaderChain, read_signed_headers, verify_chain
from focusmesh.kernel.state import (
    CHANGE_PARTICLE,
    CHANGE_PROPERTY,
    PARAMETERS_KEY,
    ChangeRules,
    MemoryStore,
    transition_value,
)
from tests.kernel.block import ledger, voted
from tests.kernel.block.changing import REGISTRY, RELEASE, Solo, proposal
from tests.kernel.block.ledger import KEYS, PROPOSER, Ledger
from tests.kernel.block.voted import VALIDATORS, Voted, agreed, decided

if TYPE_CHECKING:
    from typing import Any

    from focusmesh.kernel.block import Header

RULES = ChangeRules(heartbeat_ms=5, epoch_ms=10_000, change_deposit=3)
VALUE = transition_value(RULES, REGISTRY.digest, RELEASE)
SAID: list[Any] = ["set_property/1", CHANGE_PARTICLE, CHANGE_PROPERTY, VALUE]


class Older(Ledger):
    """A ledger of an older version, whose blocks the code of before makes."""

    def twin_of_today(self) -> Solo:
        """The same ledger as the code of today keeps it."""
        made = Solo(registry=REGISTRY, began=self.chain.genesis)
        made.nonces = self.nonces
        return made


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("interval", [1, 4])
def test_a_ledger_of_one_key_becomes_one_that_can_change(version: int, interval: int) -> None:
    older = Older(version=version, focus_interval=interval)
    for at in range(5):
        older.block(older.links(KEYS[1], (at, at + 1)))
    ids = [older.chain.header(height).id for height in range(6)]
    made = older.twin_of_today()
    for height in range(1, 6):
        made.chain.accept(older.chain.block(height))
    assert made.results(made.signed(KEYS[1], SAID)) == ["ok"]
    assert not made.chain.parameters.can_change, "who makes no blocks has no say"
    assert made.results(made.signed(PROPOSER, SAID)) == ["ok"]
    tip, parameters = made.chain.tip, made.chain.parameters
    assert (tip.version, parameters.version, parameters.changes) == (1, 5, RULES)
    assert made.chain.epoch == 1
    made.block(made.links(KEYS[1], ("new", "rules")))
    assert (made.chain.tip.version, made.chain.tip.epoch) == (2, 1)
    assert made.results(made.signed(PROPOSER, proposal(("link_burn", 1), from_epoch=2))) == ["ok"]
    made.block(made.links(KEYS[2], ("newer", "rules")))
    assert made.chain.parameters.link_burn == 1
    assert [made.chain.header(height).id for height in range(6)] == ids
    assert verify_chain(made.store, REGISTRY).height == made.chain.height
    headers = HeaderChain(made.chain.genesis, REGISTRY)
    for signed in read_signed_headers(made.chain, 1, made.chain.height):
        headers.add(signed)
    assert headers.tip == made.chain.tip


class OlderVoted(Voted):
    """A network of version 4 as the code of today keeps it."""

    def __init__(self) -> None:
        super().__init__(began=agreed())
        self.candidates = Candidates(self.store, REGISTRY)

    def decision(self, header: Header) -> bytes:
        validators = [key for key in self.keys if key.public in self.chain.proposers]
        return decided(header, self.chain.epoch, validators)


def test_validators_become_such_that_can_change_their_rules() -> None:
    older = Voted()
    older.grow(4)
    network = OlderVoted()
    for height in range(1, 5):
        block = older.chain.block(height)
        network.candidates.take([(block, None)], older.chain.decision_of(height))
    network.nonces = older.nonces
    network.block(*(network.signed(key, SAID) for key in VALIDATORS[:2]))
    network.grow()
    assert network.chain.height == 6
    assert not network.chain.parameters.can_change, "two of four are too few"
    network.block(network.signed(VALIDATORS[2], SAID))
    assert not network.chain.parameters.can_change, "it is looked at when the epoch ends"
    network.grow(2)
    tip = network.chain.tip
    assert (tip.height, tip.version, network.chain.parameters.changes) == (9, 1, RULES)
    assert network.chain.epoch == 4
    network.grow()
    tip = network.chain.tip
    assert (tip.version, tip.epoch, tip.engine) == (2, 4, "quorum")
    network.grow(2)
    assert network.chain.tip.ends_epoch
    assert [network.chain.epoch_of(height) for height in (1, 3, 4, 9, 10, 12)] == [1, 1, 2, 3, 4, 4]
    assert [network.chain.epoch_start(epoch) for epoch in (1, 2, 4, 5)] == [1, 4, 10, 13]
    assert [network.chain.header(height).id for height in range(5)] == [
        older.chain.header(height).id for height in range(5)
    ]
    assert verify_chain(network.store, REGISTRY).height == 12


def test_validators_who_want_different_rules_change_nothing() -> None:
    network = OlderVoted()
    other = transition_value(ChangeRules(heartbeat_ms=4), REGISTRY.digest, RELEASE)
    network.block(
        *(network.signed(key, SAID) for key in VALIDATORS[:2]),
        *(network.signed(key, [*SAID[:3], other]) for key in VALIDATORS[2:]),
    )
    network.grow(5)
    assert not network.chain.parameters.can_change


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x80",
        VALUE + b"\0",
        transition_value(ChangeRules(heartbeat_ms=6), REGISTRY.digest, RELEASE),
    ],
)
def test_rules_that_cannot_be_are_passed_over(value: bytes) -> None:
    network = OlderVoted()
    said = [*SAID[:3], value or b"x"]
    network.block(*(network.signed(key, said) for key in VALIDATORS))
    network.grow(3)
    assert not network.chain.parameters.can_change


def test_a_node_that_knows_the_rules_and_not_the_set_stops_before_the_first_block() -> None:
    store = MemoryStore()
    made = Solo(store, registry=ledger.REGISTRY, began=Ledger().chain.genesis)
    assert made.results(made.signed(PROPOSER, SAID)) == ["ok"]
    links = made.links(KEYS[1], (1, 2))
    with pytest.raises(UpgradeRequiredError, match=RELEASE):
        made.block(links)
    made.chain = Chain(store, REGISTRY)
    made.block(links)
    assert made.chain.tip.version == 2


def test_without_the_property_blocks_are_those_of_before() -> None:
    one, other = Ledger(), Older().twin_of_today()
    for at in range(3):
        block = one.block(one.links(KEYS[1], (at, at + 1)))
        other.chain.accept(block)
    assert other.chain.tip == one.chain.tip
    assert other.chain.state.get(PARAMETERS_KEY) == one.chain.state.get(PARAMETERS_KEY)
    assert voted.REGISTRY.digest != REGISTRY.digest
