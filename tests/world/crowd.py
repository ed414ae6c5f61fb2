"""Neurons that sign whatever comes to a seeded mind, rightly and wrongly. They know the books, as anybody can."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, sign
from tests.world.naive import cbor, digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.judge import Judge
    from tests.world.sim import SimNet, SimWorld

    Step = tuple[list[Any], dict[bytes, bytes]]

TEXTS = [b"a text of customer %d, " % number * (1 + 9 * number) for number in range(8)]
PARTICLES = [digest(text) for text in TEXTS] + [digest(b"particle %d" % at) for at in range(14)]
RELATIONS = [b"", b"", digest(b"kind"), digest(b"other kind")]
AGAIN_MS = 1_000
FORGET_MS = 12_000
"""After so long without news a neuron takes what the books say for its next nonce."""


class Crowd:
    """Sends one signal after the other; ``kinds`` counts them."""

    def __init__(self, sim: SimWorld, judge: Judge, net: SimNet, keys: list[SigningKey]) -> None:
        self.sim, self.judge, self.net = sim, judge, net
        self.random = Random(f"crowd {sim.seed}")
        self.keys = {key.public: key for key in keys}
        self.first = [key.public for key in keys]
        self.kinds: Counter[str] = Counter()
        self._next: dict[bytes, tuple[int, int]] = {}
        self._fresh = 0
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

    def key(self) -> SigningKey:
        """A key that signs for somebody today."""
        return self.keys[self.judge.books.holder(self.random.choice(self.first))]

    def nonce(self, key: SigningKey) -> int:
        """What the books say, or one after the last that it sent."""
        owner = self.judge.books.owners.get(key.public)
        known = owner.nonce if owner else 0
        sent, when = self._next.get(key.public, (0, 0))
        return known if self.sim.now - when > FORGET_MS else max(known, sent)

    def signed(self, key: SigningKey, operations: list[Any], **head: Any) -> bytes:
        """The next signal of a key, unless ``head`` says something else."""
        if "nonce" not in head:
            head["nonce"] = self.nonce(key)
            self._next[key.public] = (head["nonce"] + 1, self.sim.now)
        fields = {
            "network": self.judge.genesis.network,
            "neuron": key.public,
            "expires_height": self.judge.height + 400,
            "tip": self.random.choice([0, 0, 1, 3]),
            "operations": tuple(map(tuple, operations)),
        }
        return sign(Signal(**fields | head), key)

    def aside(self, *operations: Any, key: SigningKey | None = None, **head: Any) -> Packet:
        """A signal that takes nobody's turn: it is to be refused."""
        key = key or self.key()
        owner = self.judge.books.owners.get(key.public)
        head.setdefault("nonce", owner.nonce if owner else 0)
        return Packet(self.signed(key, list(operations) or [self.link()], **head))

    def good(self) -> Packet:
        key = self.key()
        steps = [self.step(key) for _ in range(self.random.choice([1, 1, 1, 2, 4]))]
        contents = {name: text for _, brought in steps for name, text in brought.items()}
        return Packet(self.signed(key, [each for each, _ in steps]), tuple(contents.values()))

    def step(self, key: SigningKey) -> Step:
        if self.random.random() < 0.12:
            text = self.random.choice(TEXTS)
            return ["put_blob/1", digest(text), len(text)], {digest(text): text}
        if self.random.random() < 0.45:
            return self.link(), {}
        kind = self.random.choices(
            [self.unlink, self.forget, self.property, self.money], [3, 2, 2, 4]
        )[0]
        return kind(key), {}

    def link(self) -> list[Any]:
        source, target = self.random.sample(PARTICLES, 2)
        amount = self.random.choice([7, 20, 500, 9_000])
        return ["link/1", source, target, self.random.choice(RELATIONS), amount]

    def unlink(self, key: SigningKey) -> list[Any]:
        own = self._own_links(key)
        if own and self.random.random() < 0.9:
            source, target, relation, _ = self.random.choice(own)
            return ["unlink/1", source, target, relation if any(relation) else b""]
        return ["unlink/1", *self.random.sample(PARTICLES, 2), b""]

    def forget(self, key: SigningKey) -> list[Any]:
        own = self._own_links(key)
        author = self._author(key)
        blobs = self.judge.books.blobs
        mine = sorted(name for name, claim in blobs.items() if claim[1] == author)
        among = self.random.choice([mine, mine, sorted(blobs), PARTICLES]) or PARTICLES
        particle = self.random.choice(among)
        listed = [link for link in own if particle in link[:2]]
        return ["forget/1", particle, b"".join(b"".join(link[:3]) for link in listed)]

    def property(self, key: SigningKey) -> list[Any]:
        name = self.random.choice(["kind", "größe"])
        value = self.random.choice([b"", b"a value", b"x" * 700])
        return ["set_property/1", self.random.choice(PARTICLES), name, value]

    def money(self, key: SigningKey) -> list[Any]:
        to = self.judge.books.holder(self.random.choice(self.first))
        amount = self.random.choice([1, 50, 3_000])
        return self.random.choice(
            [
                ["transfer/1", to, amount],
                ["transfer/1", self.random.choice(sorted(self.keys)), amount],
                ["stake/1", amount],
                ["unstake/1", amount],
                ["mint/1", to, amount],
                ["burn/1", amount],
            ]
        )

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
        sent, _ = self._next.get(key.public, (1, 0))
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
        ]
        return self.aside(self.random.choice(broken))

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
        self._fresh += 1
        return self.aside(key=SigningKey(digest(b"stranger %d" % self._fresh)))

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
        self._fresh += 1
        new = SigningKey(digest(b"fresh %d %d" % (self.sim.seed, self._fresh)))
        self.keys[new.public] = new
        used = self.random.random() < 0.35
        to = self.keys[self.random.choice(sorted(self.keys))] if used else new
        accepted = digest(cbor([self.judge.genesis.network, key.public, to.public]))
        signer = key if self.random.random() < 0.1 else to
        return ["rotate_key/1", to.public, signer.sign(b"focusmesh/rotate/1\0", accepted)]

    def _author(self, key: SigningKey) -> bytes:
        owner = self.judge.books.owners.get(key.public)
        return owner.origin or key.public if owner else key.public

    def _own_links(self, key: SigningKey) -> list[tuple[bytes, bytes, bytes, bytes]]:
        author = self._author(key)
        return sorted(link for link in self.judge.books.links if link[3] == author)
