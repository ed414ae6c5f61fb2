"""Nodes go from one key's ledger into a network of validators and back, in virtual time, with the ledger they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.kernel.block import Chain, verify_chain
from focusmesh.kernel.simulation.machine import Machine
from focusmesh.kernel.state import ChangeRules
from focusmesh.protocol.simulation import SimNetwork
from tests.kernel.block.grown import REGISTRY, back, proposal, solo_genesis, validators
from tests.kernel.block.ledger import KEYS, PROPOSER
from tests.kernel.block.voted import VALIDATORS
from tests.kernel.node.voted import VotedNetwork

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal

DAY_MS = 86_400_000
TERMS: dict[str, Any] = {"trusting_ms": 14 * DAY_MS, "unbonding_ms": 21 * DAY_MS}


class GrowingNetwork(VotedNetwork):
    """A machine that makes the blocks, and four that follow it, whose keys vote one day."""

    def __init__(self, seed: int = 1) -> None:
        self.sim = SimNetwork(seed)
        self.genesis = solo_genesis(changes=ChangeRules(change_deposit=100))
        self.machines = [self._machine(number) for number in range(5)]
        for machine in self.machines:
            Chain.create(machine.disk.kept, self.genesis, REGISTRY)
            machine.contacts = [each.contact for each in self.machines if each is not machine]
        self.nonces = dict.fromkeys(KEYS, 0)

    def _machine(self, number: int) -> Machine:
        here = self.genesis.network, REGISTRY
        proposer: SigningKey | None = None if number else PROPOSER
        validator = VALIDATORS[number - 1] if number else None
        return Machine(
            self.sim, number, *here, proposer=proposer, recovers=True, validator=validator
        )

    def __enter__(self) -> GrowingNetwork:
        return self

    def begin(self) -> None:
        for machine in self.machines:
            machine.begin()
        self.run(3)

    def engines(self) -> set[str]:
        """Who decides the next block, as far as each node knows; "" for one that begins again."""
        chains = [each.chain for each in self.machines]
        return {"" if chain is None else chain.parameters.kind for chain in chains}

    def hand_over(self, agreement: bytes) -> None:
        """The key that makes the blocks proposes it, for the next epoch."""
        chain = self.machines[0].chain
        assert chain is not None
        self.leave(0, self.signed(PROPOSER, proposal(agreement, chain.epoch + 1)))

    def signed(self, key: SigningKey, *operations: list[Any], **head: Any) -> SignedSignal:
        """One that other nodes take: it does not wait for ever."""
        return super().signed(key, *operations, expires_height=400, **head)

    def waiting(self) -> int:
        return sum(len(each.letterbox.waiting) for each in self.machines)

    def done(self, *signals: Any) -> None:
        """Users leave signals, and wait until they are in blocks of all."""
        for signed in signals:
            self.leave(0, signed)
        self.until(lambda: not self.waiting() and len(set(self.heights())) == 1)


@pytest.mark.parametrize("kind", ["quorum", "snowman"])
def test_a_network_grows_and_goes_back(kind: str) -> None:
    with GrowingNetwork() as network:
        network.begin()
        network.done(network.signed(KEYS[1]))
        network.hand_over(validators(kind, epoch_blocks=4, **TERMS))
        network.until(lambda: network.engines() == {kind})
        handed = network.height()
        for _ in range(2):
            network.done(network.signed(KEYS[1]))
        assert network.height() >= handed + 2
        chain = network.machines[1].chain
        assert chain is not None
        assert chain.tip.engine == kind
        epoch = chain.epoch + 1
        network.done(network.signed(VALIDATORS[0], proposal(back(), epoch)))
        change = next(value for _, value in chain.state.scan(b"/kv/change/of/"))
        votes = [network.signed(key, ["vote_change/1", change, True]) for key in VALIDATORS[1:3]]
        network.done(*votes)
        while kind in network.engines():
            network.leave(0, network.signed(KEYS[3]))
            network.run(2)
        network.until(lambda: network.engines() == {"solo"})
        network.done(network.signed(KEYS[1]))
        chain = network.machines[2].chain
        assert chain is not None
        assert chain.tip.engine == "solo"
        assert len({each.chain.tip.id for each in network.machines if each.chain}) == 1
        assert verify_chain(network.machines[2].disk.kept, REGISTRY).height == chain.height


def test_a_validator_without_a_book_would_wait_for_an_epoch_that_cannot_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin: where no book is begun with the hand-over nobody knows that it never voted."""
    from focusmesh.kernel.simulation import machine

    monkeypatch.setattr(machine, "begin_book", lambda *_: None)
    with GrowingNetwork() as network:
        network.begin()
        network.hand_over(validators(**TERMS))
        network.until(lambda: network.engines() == {"quorum"})
        handed = network.height()
        network.leave(0, network.signed(KEYS[1]))
        network.run(20)
        assert network.height() == handed
