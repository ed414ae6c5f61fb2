"""A crowd that sends rightly and wrongly: every way in which a signal can be refused, or fail."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import SIGNAL_DOMAIN, Signal
from tests.world.naive import cbor, digest
from tests.world.neurons import PARTICLES, TEXTS, Neurons

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.judge import Judge
    from tests.world.sim import SimNet, SimWorld

AGAIN_MS = 1_000
"""After so long without an answer a signal is sent once more."""
ANYTHING: list[list[Any]] = [
    [],
    *([number] for number in (0, 1, -1, 2**63 - 1, 2**63, 2**64 - 1, True)),
    *([text] for text in ("", "a name", "x" * 65, "ü" * 33)),
    *([bytes(size)] for size in (0, 1, 31, 32, 33, 63, 64, 95, 96, 192, 4_097)),
]
"""What may stand in the place of a field."""


class Crowd(Neurons):
    """Sends one signal after the other; ``kinds`` counts them."""

    def __init__(self, sim: SimWorld, judge: Judge, net: SimNet, keys: list[SigningKey]) -> None:
        super().__init__(sim, judge, keys)
        self.net = net
        self.kinds: Counter[str] = Counter()
        self.mind: list[tuple[Callable[[], Packet], int]] = [
            (self.good, 60),
            (self.rotation, 3),
            (self.supply, 4),
            (self.forged, 2),
            (self.stale, 2),
            (self.conflicting, 4),
            (self.future, 2),
            (self.expired, 2),
            (self.over_stake, 3),
            (self.over_balance, 2),
            (self.unknown, 2),
            (self.wrong_fields, 2),
            (self.rules_broken, 9),
            (self.mutated, 8),
            (self.wrong_head, 2),
            (self.malformed, 2),
            (self.foreign, 2),
            (self.tip_too_high, 2),
            (self.old_key, 2),
            (self.stranger, 2),
            (self.too_large, 2),
            (self.content_missing, 2),
            (self.content_wrong, 2),
            (self.rotation_not_last, 2),
        ]

    def send(self) -> None:
        """One signal of some kind."""
        kinds, weights = zip(*self.mind, strict=True)
        kind = self.random.choices(kinds, weights)[0]
        self.kinds[kind.__name__] += 1
        packet = kind()
        self.net.send(packet)
        if kind == self.good:
            self.sim.after(AGAIN_MS, lambda: self._again(packet))

    def _again(self, packet: Packet) -> None:
        """Sends a signal once more that nobody said anything of."""
        if packet.id not in self.net.answered and not self.net.has(packet.id):
            self.net.send(packet)
            self.sim.after(AGAIN_MS, lambda: self._again(packet))

    def supply(self) -> Packet:
        """What those may do who can mint."""
        key = self.keys[self.judge.books.holder(self.random.choice(self.first[:2]))]
        steps = [["mint/1", key.public, 900], ["burn/1", 70], ["mint/1", key.public, 2**63 - 1]]
        return Packet(self.signed(key, [self.random.choice(steps)]))

    def rotation(self) -> Packet:
        key = self.key()
        return Packet(self.signed(key, [self._rotated(key)]))

    def rotation_not_last(self) -> Packet:
        key = self.key()
        return self.aside(self._rotated(key), self.link(), key=key)

    def forged(self) -> Packet:
        wire = bytearray(self.aside().wire)
        wire[self.random.randrange(64)] ^= 1 << self.random.randrange(8)
        self.judge.forged.add(bytes(wire))
        return Packet(bytes(wire))

    def stale(self) -> Packet:
        key = self.key()
        owner = self.judge.books.owners.get(key.public)
        return self.aside(key=key, nonce=self.random.randrange(owner.nonce or 1) if owner else 0)

    def conflicting(self) -> Packet:
        key = self.key()
        sent, _ = self.next_nonces.get(key.public, (1, 0))
        return self.aside(key=key, nonce=max(sent - 1, 0))

    def future(self) -> Packet:
        key = self.key()
        return self.aside(key=key, nonce=self.nonce(key) + self.random.choice([1, 2, 50]))

    def expired(self) -> Packet:
        return self.aside(expires_height=max(self.judge.height - 1, 0))

    def over_stake(self) -> Packet:
        key = self.key()
        step = self.random.choice([[*self.link()[:4], 10**12], ["unstake/1", 10**12]])
        return Packet(self.signed(key, [self.link(), step]))

    def over_balance(self) -> Packet:
        step = [self.random.choice(["stake/1", "burn/1"]), 10**12]
        return Packet(self.signed(self.key(), [step]))

    def unknown(self) -> Packet:
        return self.aside(self.link(), ["frobnicate/1", 3])

    def wrong_fields(self) -> Packet:
        a, b = PARTICLES[:2]
        wrong = [
            ["link/1", a, b, b"", 0],
            ["unlink/1", a],
            ["stake/1", "7"],
            ["link/1", a[1:], b, b"", 9],
        ]
        return self.aside(self.random.choice(wrong))

    def rules_broken(self) -> Packet:
        a, b = PARTICLES[:2]
        broken = [
            *2 * [["link/1", a, b, b"", 6]],
            *2 * [["link/1", a, a, b"", 70]],
            ["link/1", a, b, b"short", 70],
            ["unlink/1", a, b, bytes(32)],
            ["forget/1", a, b"x" * 95],
            ["forget/1", a, b * 3],
            ["set_property/1", a, "ü" * 40, b""],
            ["put_blob/1", a, 5_000],
            ["commit_tiles/1", b"none", b""],
        ]
        return self.aside(self.random.choice(broken))

    def mutated(self) -> Packet:
        """A good step with one field that is anything, or one too many or too few."""
        key = self.key()
        step = [*self.step(key)[0]]
        place = self.random.randrange(1, len(step))
        step[place : place + self.random.choice([0, 1, 1, 1, 1])] = self.random.choice(ANYTHING)
        return self.aside(step, key=key)

    def wrong_head(self) -> Packet:
        """A head that no signal has, under a good signature."""
        key = self.key()
        wrong: list[dict[str, Any]] = [
            {"version": 2},
            {"tip": -1},
            {"nonce": 2**63},
            {"network": b""},
            {"nonce": True},
        ]
        head: dict[str, Any] = {
            "network": self.judge.genesis.network,
            "neuron": key.public,
            "nonce": 0,
            "expires_height": self.judge.height,
            "operations": (tuple(self.link()),),
        }
        body = Signal(**head | self.random.choice(wrong)).encode()
        return Packet(key.sign(SIGNAL_DOMAIN, digest(body)) + body)

    def malformed(self) -> Packet:
        wire = self.aside().wire
        cut = wire[: self.random.randrange(len(wire))]
        return Packet(self.random.choice([self.random.randbytes(90), cut, wire + b"\0"]))

    def foreign(self) -> Packet:
        return self.aside(network=digest(b"another network"))

    def tip_too_high(self) -> Packet:
        return self.aside(tip=2**62)

    def old_key(self) -> Packet:
        old = sorted(self.judge.books.keys)
        return self.aside(key=self.keys[self.random.choice(old)]) if old else self.stale()

    def stranger(self) -> Packet:
        self.fresh += 1
        return self.aside(key=SigningKey(digest(b"stranger %d" % self.fresh)))

    def too_large(self) -> Packet:
        many = [self.link() for _ in range(30)]
        large = [["set_property/1", PARTICLES[0], "kind", b"x" * 4_000] for _ in range(2)]
        return self.aside(*self.random.choice([many, large]))

    def content_missing(self) -> Packet:
        text = self.random.randbytes(20)
        return self.aside(["put_blob/1", digest(text), len(text)])

    def content_wrong(self) -> Packet:
        text, other = self.random.randbytes(20), self.random.choice(TEXTS)
        step = ["put_blob/1", digest(text), self.random.choice([20, 21])]
        return Packet(self.aside(step).wire, (other if step[2] == 20 else text,))

    def _rotated(self, key: SigningKey) -> list[Any]:
        """A rotation, mostly a good one."""
        self.fresh += 1
        new = SigningKey(digest(b"fresh %d %d" % (self.sim.seed, self.fresh)))
        self.keys[new.public] = new
        used = self.random.random() < 0.35
        to = self.keys[self.random.choice(sorted(self.keys))] if used else new
        accepted = digest(cbor([self.judge.genesis.network, key.public, to.public]))
        signer = key if self.random.random() < 0.1 else to
        return ["rotate_key/1", to.public, signer.sign(b"focusmesh/rotate/1\0", accepted)]
