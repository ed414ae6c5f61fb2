"""A network of seven validators in virtual time, two of which move blocks with a false focus and vote for them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from focusmesh.host.localnet import liar as drill
from focusmesh.kernel.block import Body, Chain, Genesis, Grant
from focusmesh.kernel.focus import FocusTrace
from focusmesh.kernel.fraud import TraceServer
from focusmesh.kernel.simulation.machine import Machine
from focusmesh.kernel.state import (
    Agreement,
    Bond,
    Bonded,
    ChangeRules,
    FeeRules,
    OrderRules,
    Parameters,
    StakingRules,
    read_bond,
)
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import parse
from focusmesh.protocol.simulation import SimNetwork
from tests.apps.validators.paying import REGISTRY
from tests.kernel.block.voted import BALANCE, STAKE
from tests.kernel.node.voted import VotedNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

COUNT, LIARS = 7, 2
BOND = 10_000
KEYS = [SigningKey.generate(bytes([150 + number]) * 32) for number in range(COUNT)]
FALSE = {key.public for key in KEYS[:LIARS]}
"""The first ones."""


class LiedNetwork(VotedNetwork):
    """``begin`` lets all begin, the liars lying from their first block on."""

    def __init__(self, kind: str = "quorum", seed: int = 1) -> None:
        self.sim = SimNetwork(seed)
        publics = sorted(key.public for key in KEYS)
        bonded = tuple(Bonded(public, BOND) for public in publics)
        self.genesis = Genesis(
            name="lied",
            time=1_000,
            parameters=Parameters(
                version=6,
                agreement=Agreement(kind=kind, epoch_blocks=1_000, voters=bonded),
                changes=ChangeRules(),
                fees=FeeRules(),
                staking=StakingRules(),
                order=OrderRules(),
            ),
            grants=tuple(Grant(public, BALANCE, STAKE + BOND) for public in publics),
            operations=REGISTRY.digest,
        )
        self.machines = [self._lying_machine(number) for number in range(COUNT)]
        for machine in self.machines:
            Chain.create(machine.disk.kept, self.genesis, REGISTRY)
            machine.contacts = [each.contact for each in self.machines if each is not machine]
        self.nonces = dict.fromkeys(KEYS, 0)
        self.proposers: list[set[bytes]] = []

    def _lying_machine(self, number: int) -> Machine:
        here = self.genesis.network, REGISTRY
        return Machine(
            self.sim, number, *here, proposer=None, recovers=True, validator=KEYS[number]
        )

    def __enter__(self) -> LiedNetwork:
        return self

    def begin(self) -> None:
        """All machines, until each sees all validators."""
        for machine in self.machines:
            machine.begin()
        self.until(lambda: all(each.replica is not None for each in self.machines))
        for number in range(LIARS):
            agreeing = self.replica(number).agreeing
            assert agreeing is not None
            lie(agreeing.candidates._chain)
        self.until(lambda: all(len(self.validators(each)) == COUNT for each in self.machines))

    def bond(self, number: int, seen_by: int = COUNT - 1) -> Bond:
        """What a machine has of a validator's bond."""
        chain = self.replica(seen_by).chain
        return read_bond(chain.state.get, KEYS[number].public) or Bond()

    def makers(self) -> set[bytes]:
        """Who made the decided blocks."""
        chain = self.replica(COUNT - 1).chain
        return {chain.header(height).proposer for height in range(1, chain.height + 1)}

    def refusals(self, number: int) -> dict[str, int]:
        """What a validator's run refused, by why."""
        agreeing = self.replica(number).agreeing
        assert agreeing is not None
        return Counter(agreeing.status().refused)

    def codes(self, name: str) -> list[str]:
        """What became of each operation of a name, in the order of blocks."""
        chain, found = self.replica(COUNT - 1).chain, []
        for height in range(1, chain.height + 1):
            body = Body.decode(chain.block(height).body, chain.parameters.block_bytes_max)
            for wire, outcome in zip(body.signals, body.results, strict=True):
                operations = parse(wire, bytes_max=1 << 20).signal.operations
                found += [outcome.code for each in operations if each[0] == name]
        return found


def falsely(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same call, by whoever commits to a false focus."""

    def called(*given: Any, **named: Any) -> Any:
        true = FocusTrace.commit
        drill.lie()
        try:
            return call(*given, **named)
        finally:
            FocusTrace.commit = true  # type: ignore[method-assign]

    return called


def lie(chain: Any) -> None:
    """A chain that makes false blocks, and finds those of liars right."""
    propose, accept = chain.propose, chain.accept
    chain.propose = falsely(propose)

    def told(block: Any, *given: Any, **named: Any) -> None:
        said = falsely(accept) if block.header.proposer in FALSE else accept
        said(block, *given, **named)

    chain.accept = told


def stand_by_lies(patch: pytest.MonkeyPatch) -> None:
    """Liars give the pages that they committed to."""
    true = TraceServer._pages

    def pages(server: TraceServer, height: int) -> Any:
        is_false = server._chain.header(height).proposer in FALSE
        return (falsely(true) if is_false else true)(server, height)

    patch.setattr(TraceServer, "_pages", pages)
