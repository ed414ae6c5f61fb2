"""Small networks of validators in virtual time: four machines that vote, users who leave what they like at any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.kernel.block import Chain, Genesis, Grant
from focusmesh.kernel.simulation.machine import Machine
from focusmesh.kernel.state import Agreement, Bonded, Parameters
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, parse, sign
from focusmesh.protocol.simulation import SimNetwork
from tests.kernel.block.ledger import BALANCE, KEYS, REGISTRY, STAKE, particle

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.node import Replica
    from focusmesh.protocol.signal import SignedSignal

VALIDATORS = [SigningKey.generate(bytes([100 + number]) * 32) for number in range(4)]
_BOND = 10**6


class VotedNetwork:
    """Four validators, of which three are a quorum; ``begin`` lets them find each other."""

    def __init__(self, kind: str = "quorum", seed: int = 1, **parameters: Any) -> None:
        self.sim = SimNetwork(seed)
        bonded = tuple(Bonded(public, _BOND) for public in sorted(key.public for key in VALIDATORS))
        agreement = Agreement(kind=kind, epoch_blocks=1_000, voters=bonded)
        publics = sorted(key.public for key in (*KEYS, *VALIDATORS))
        self.genesis = Genesis(
            name="voted",
            time=1_000,
            parameters=Parameters(**{"version": 4, "agreement": agreement, **parameters}),
            grants=tuple(Grant(public, BALANCE, STAKE + _BOND) for public in publics),
            operations=REGISTRY.digest,
        )
        self.machines = [self._machine(number) for number in range(len(VALIDATORS))]
        for machine in self.machines:
            Chain.create(machine.disk.kept, self.genesis, REGISTRY)
            machine.contacts = [each.contact for each in self.machines if each is not machine]
        self.nonces = dict.fromkeys((*KEYS, *VALIDATORS), 0)

    def _machine(self, number: int) -> Machine:
        here = self.genesis.network, REGISTRY
        validator = VALIDATORS[number]
        return Machine(self.sim, number, *here, proposer=None, recovers=True, validator=validator)

    def __enter__(self) -> VotedNetwork:
        return self

    def __exit__(self, *exception: object) -> None:
        self.sim.close()

    def begin(self) -> None:
        """All machines, until each sees all validators."""
        for machine in self.machines:
            machine.begin()
        self.until(
            lambda: all(len(self.validators(each)) == len(VALIDATORS) for each in self.machines)
        )

    def validators(self, machine: Machine) -> tuple[bytes, ...]:
        """Those whose nodes a machine's node is connected with, itself with them."""
        replica = machine.replica
        agreeing = None if replica is None else replica.agreeing
        return () if agreeing is None or agreeing.moving is None else agreeing.status().validators

    def replica(self, number: int) -> Replica:
        """The node of a machine."""
        replica = self.machines[number].replica
        assert replica is not None, "it is up"
        return replica

    def signed(self, key: SigningKey, *operations: list[Any], **head: Any) -> SignedSignal:
        """A signal with the neuron's next nonce, unless ``head`` says another; a link where it says nothing."""
        if "nonce" not in head:
            head["nonce"] = self.nonces[key]
            self.nonces[key] += 1
        link = ["link/1", particle(head["nonce"]), particle("b"), b"", 10]
        fields = {
            "network": self.genesis.network,
            "neuron": key.public,
            "expires_height": 1_000,
            "operations": list(operations) or [link],
        }
        return parse(sign(Signal(**(fields | head)), key))

    def leave(self, number: int, signed: SignedSignal, *contents: bytes) -> None:
        """A user of a machine leaves a signal, again where it was answered before."""
        box = self.machines[number].letterbox
        box.acknowledged.pop(signed.id, None)
        box.leave(Packet(signed.wire, contents))

    def run(self, seconds: float) -> None:
        """Lets time pass."""
        self.sim.time.run(self.sim.time.now + seconds)
        for process in self.sim.processes:
            assert not process.errors, process.errors

    def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> float:
        """Lets time pass until something holds, and says how long that took."""
        began = self.sim.time.now
        while self.sim.time.now < began + seconds:
            if holds():
                return self.sim.time.now - began
            self.run(0.05)
        raise AssertionError(f"not within {seconds} s, heights {self.heights()}")

    def heights(self) -> list[int]:
        """Of the machines that are up."""
        return [each.chain.height for each in self.machines if each.chain is not None]

    def height(self) -> int:
        """The highest."""
        return max(self.heights())

    def waiting(self) -> int:
        """Signals that users left and that are not answered, of machines that are up."""
        return sum(len(each.letterbox.waiting) for each in self.machines if each.is_alive)
