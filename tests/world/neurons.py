"""Neurons that sign what comes to a seeded mind. They know the books, as anybody can."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, sign
from tests.world import grids, pins
from tests.world.naive import digest
from tests.world.programs import PROGRAMS

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey
    from tests.world.judge import Judge
    from tests.world.sim import SimWorld

    Step = tuple[list[Any], dict[bytes, bytes]]

TEXTS = [b"a text of customer %d, " % number * (1 + 9 * number) for number in range(8)]
PARTICLES = [digest(text) for text in TEXTS] + [digest(b"particle %d" % at) for at in range(14)]
RELATIONS = [b"", b"", digest(b"kind"), digest(b"other kind")]
FORGET_MS = 12_000
"""After so long without news a neuron takes what the books say for its next nonce."""


class Neurons:
    """Keys with what they sign next, and steps as they are meant to be."""

    def __init__(self, sim: SimWorld, judge: Judge, keys: list[SigningKey]) -> None:
        self.sim, self.judge = sim, judge
        self.random = Random(f"crowd {sim.seed}")
        self.keys = {key.public: key for key in keys}
        self.first = [key.public for key in keys]
        self.next_nonces: dict[bytes, tuple[int, int]] = {}
        self.fresh = 0

    def key(self) -> SigningKey:
        """A key that signs for somebody today."""
        return self.keys[self.judge.books.holder(self.random.choice(self.first))]

    def nonce(self, key: SigningKey) -> int:
        """What the books say, or one after the last that it sent."""
        owner = self.judge.books.owners.get(key.public)
        known = owner.nonce if owner else 0
        sent, when = self.next_nonces.get(key.public, (0, 0))
        return known if self.sim.now - when > FORGET_MS else max(known, sent)

    def signed(self, key: SigningKey, operations: list[Any], **head: Any) -> bytes:
        """The next signal of a key, unless ``head`` says something else."""
        if "nonce" not in head:
            head["nonce"] = self.nonce(key)
            self.next_nonces[key.public] = (head["nonce"] + 1, self.sim.now)
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
        if self.random.random() < 0.4:
            return self.link(), {}
        kind = self.random.choices(
            [
                self.unlink,
                self.forget,
                self.property,
                self.money,
                self.program,
                self.commit,
                self.pin,
            ],
            [3, 2, 2, 4, 3, 2, 6],
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

    def program(self, key: SigningKey) -> list[Any]:
        """Mostly one that yields links; its limits may be too low."""
        text = self.random.choice([*PROGRAMS][:2] * 4 + [*PROGRAMS])
        particles = b"".join(self.random.sample(PARTICLES, self.random.choice([4, 4, 4, 2, 7])))
        amount, links_max = self.random.choice([7, 20, 500]), self.random.choice([4, 4, 4, 1])
        fuel = self.random.choice([1_000, 1_000, 1_000, 3, 2])
        relation = self.random.choice(RELATIONS)
        return ["link_program/1", text, particles, relation, amount, links_max, fuel]

    def commit(self, key: SigningKey) -> list[Any]:
        """The next commit of its array, sometimes one that comes too early or too late."""
        author = self._author(key)
        known = self.judge.books.grids.get(grids.array_key(author))
        at = grids.BY_LEAF[known] if known else b""
        height = grids.COMMITS[at]["height"] + 1 if at else self.random.choice([0, 0, 7])
        if at and self.random.random() < 0.1:
            height += 1
        return grids.next_commit(self.random, height, digest(at) if at else b"")

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

    def pin(self, key: SigningKey) -> list[Any]:
        """Whatever is next with a pin: proves what it keeps, closes or takes what there is, or offers another."""
        books, height, author = self.judge.books, self.judge.height + 1, self._author(key)
        kept = sorted(name for name, pin in books.pins.items() if pin["keeper"] == author)
        draw = self.random.random()
        if kept and draw < 0.85:
            name = self.random.choice(kept)
            pin, network = books.pins[name], self.judge.genesis.network
            turn = pins.round_at(pin, height)
            root = self.judge.past[pins.beacon(pin, turn) - 1][0]
            asked = pins.places(network, name, pin, turn, root)
            return ["prove_pin/1", name, turn, pins.shown(asked[self.random.random() < 0.1 :])]
        if books.pins and draw < 0.9:
            name = self.random.choice(sorted(books.pins))
            kind = "close_pin/1" if books.pins[name]["keeper"] or draw < 0.3 else "take_pin/1"
            return [kind, name]
        return pins.offer(self.random, height)

    def _author(self, key: SigningKey) -> bytes:
        owner = self.judge.books.owners.get(key.public)
        return owner.origin or key.public if owner else key.public

    def _own_links(self, key: SigningKey) -> list[tuple[bytes, bytes, bytes, bytes]]:
        author = self._author(key)
        return sorted(link for link in self.judge.books.links if link[3] == author)
