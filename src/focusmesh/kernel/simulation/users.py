"""The users of a simulated network: neurons that sign what is good, and leave it with the node of their machine.

A neuron's signals go to one machine, as one wallet's do; some are left with a second machine as well.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from focusmesh.ids import digest
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.simulation.machine import Machine
    from focusmesh.protocol.identity import SigningKey

NEURONS = 6
PARTICLES = [digest(b"particle %d" % number) for number in range(24)]
EXPIRES_AFTER = 256
"""A signal can be in a block of so many after the last one that its user can know of."""


class Users:
    """``sent`` has every signal that was left anywhere, by id."""

    def __init__(self, seed: int, network: bytes, keys: Sequence[SigningKey]) -> None:
        self.random = Random(f"users {seed}")
        self.network, self._keys = network, keys
        self._nonces = [0] * len(keys)
        self._links: list[list[tuple[bytes, bytes]]] = [[] for _ in keys]
        self._texts = 0
        self.sent: dict[bytes, Packet] = {}

    def sign_some(self, machines: Sequence[Machine]) -> None:
        """A few neurons sign something, and leave it with their machines."""
        for _ in range(self.random.choice([1, 1, 2, 3])):
            self._leave(machines)

    def _leave(self, machines: Sequence[Machine]) -> None:
        number = self.random.randrange(len(self._keys))
        heights = [each.chain.height for each in machines if each.chain is not None]
        packet = self._sign(number, max(heights, default=0))
        self.sent[packet.id] = packet
        machines[number % len(machines)].letterbox.leave(packet)
        if self.random.random() < 0.15:
            self.random.choice(machines).letterbox.leave(packet)

    def _sign(self, number: int, height: int) -> Packet:
        steps, contents = list[tuple[Any, ...]](), list[bytes]()
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            draw = self.random.random()
            if draw < 0.12:
                contents.append(self._text())
                steps.append(("put_blob/1", digest(contents[-1]), len(contents[-1])))
            elif draw < 0.25 and self._links[number]:
                at = self.random.randrange(len(self._links[number]))
                steps.append(("unlink/1", *self._links[number].pop(at), b""))
            elif draw < 0.35:
                to = self.random.choice(self._keys).public
                steps.append(("transfer/1", to, self.random.randint(1, 50)))
            else:
                steps.append(self._link(number))
        key, nonce = self._keys[number], self._nonces[number]
        self._nonces[number] += 1
        signal = Signal(
            network=self.network,
            neuron=key.public,
            nonce=nonce,
            expires_height=height + EXPIRES_AFTER,
            operations=tuple(steps),
            tip=self.random.choice([0, 0, 1]),
        )
        return Packet(sign(signal, key), tuple(contents))

    def _link(self, number: int) -> tuple[Any, ...]:
        known = self._links[number]
        while True:
            source, target = self.random.sample(PARTICLES, 2)
            if (source, target) not in known:
                break
        known.append((source, target))
        return "link/1", source, target, b"", self.random.randint(1, 500)

    def _text(self) -> bytes:
        self._texts += 1
        return b"text %d " % self._texts * self.random.randint(1, 60)
