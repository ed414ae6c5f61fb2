"""What each operation does, over plain books: written from the reference, sharing nothing with src but Ed25519."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from focusmesh.protocol.identity import verify
from tests.world import grids, pins
from tests.world.books import MOST, Link, Owner
from tests.world.naive import cbor, digest
from tests.world.programs import cut, meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.world.rules import Block

Operation: TypeAlias = tuple[Any, ...]


class CodeError(Exception):
    """A signal may not be in a block, or fails in it; its argument is the code."""


def check(holds: object, code: str) -> None:
    if not holds:
        raise CodeError(code)


class Step:
    """One signal's operations; each method does a run of one kind, given as the fields of each."""

    def __init__(self, block: Block, neuron: bytes) -> None:
        self.block, self.neuron = block, neuron
        self.books, self.height, self.rules = block.books, block.height, block.rules
        self.author = self.owner.origin or neuron

    @property
    def owner(self) -> Owner:
        return self.books.owners[self.neuron]

    def own(self, **fields: Any) -> None:
        self.books.owners[self.neuron] = self.owner._replace(**fields)

    def charge(self, operations: Sequence[Operation]) -> None:
        costs = [cost(*each) for each in operations]
        units = sum(costs) - any(each[0] == "transfer/1" for each in operations)
        if units:
            left = self.bandwidth() - units * self.rules["bandwidth_blocks"]
            check(left >= 0, "bandwidth")
            self.own(bandwidth=left, bandwidth_height=self.height)

    def bandwidth(self) -> int:
        owner = self.owner
        refill = owner.stake // int(self.rules["bandwidth_stake"])
        full = min(refill * int(self.rules["bandwidth_blocks"]), MOST)
        return min(owner.bandwidth + (self.height - owner.bandwidth_height) * refill, full)

    def restake(self, stake: int) -> None:
        left = self.bandwidth()
        full = stake // self.rules["bandwidth_stake"] * self.rules["bandwidth_blocks"]
        self.own(stake=stake, bandwidth=min(left, full), bandwidth_height=self.height)

    def link(self, run: list[Operation]) -> None:
        burned = self.rules["link_burn"] * len(run)
        amount = sum(each[3] for each in run)
        owner = self.owner
        check(amount <= owner.stake - owner.locked, "stake")
        check(burned <= owner.balance, "balance")
        for source, target, relation, part in run:
            key = self._key(source, target, relation)
            self.books.links[key] = (self.books.links.get(key, (0, 0))[0] + part, self.height)
        self.own(
            locked=owner.locked + amount,
            balance=owner.balance - burned,
            burned=min(owner.burned + burned, MOST),
        )

    def link_program(self, run: list[Operation]) -> None:
        for text, particles, relation, amount, links_max, fuel in run:
            code, interactions, found = meant(text)
            ends = cut(particles)
            check(fuel >= interactions, "fuel")
            check(len(found) <= links_max, "links")
            check(not code, code)
            for source, target, _ in found:
                check(max(source, target) < len(ends), "number")
            self.link([(ends[a], ends[b], relation, weight * amount) for a, b, weight in found])

    def unlink(self, run: list[Operation]) -> None:
        freed = 0
        for each in run:
            key = self._key(*each)
            check(key in self.books.links, "absent")
            freed += self.books.links.pop(key)[0]
        self.own(locked=self.owner.locked - freed)

    def put_blob(self, run: list[Operation]) -> None:
        for name, size in run:
            if name not in self.books.blobs:
                self.books.blobs[name] = (size, self.author, self.height)
                self.books.forgotten.pop(name, None)
            if len(self.block.contents.get(name, b"")) == size:
                self.books.contents[name] = self.block.contents[name]

    def forget(self, run: list[Operation]) -> None:
        for particle, keys in run:
            check(particle in self.books.blobs, "absent")
            check(self.books.blobs[particle][1] == self.author, "owner")
            del self.books.blobs[particle]
            self.books.forgotten[particle] = (self.author, self.height)
            self.books.contents.pop(particle, None)
            self.unlink(list(links_in(keys)))

    def set_property(self, run: list[Operation]) -> None:
        for particle, name, value in run:
            key = particle + self.author + name.encode()
            check(value or key in self.books.properties, "absent")
            self.books.properties[key] = value
            if not value:
                del self.books.properties[key]

    def commit_tiles(self, run: list[Operation]) -> None:
        for data, tiles in run:
            array = grids.array_key(self.author)
            check(grids.follows(self.books.grids.get(array), data, tiles), "history")
            self.books.grids[array] = grids.array_leaf(data)
            for key, tile in grids.cut(tiles):
                self.books.grids[grids.tile_key(self.author, key)] = tile
                if tile == grids.NO_TILE:
                    del self.books.grids[grids.tile_key(self.author, key)]

    def rotate_key(self, run: list[Operation]) -> None:
        ((new, signature),) = run
        other = self.books.owners.get(new, Owner())
        check(new != self.neuron and self.books.holder(new) == new, "key")
        check(not (other.nonce or other.stake or other.origin), "key")
        accepted = digest(cbor([self.block.network, self.neuron, new]))
        check(verify(new, b"focusmesh/rotate/1\0", accepted, signature), "key")
        old = self.books.owners.pop(self.neuron)
        self.books.owners[new] = old._replace(
            balance=old.balance + other.balance,
            burned=min(old.burned + other.burned, MOST),
            nonce=0,
            origin=self.author,
        )
        for key in (self.neuron, self.author):
            self.books.keys[key] = (new, self.author)

    def transfer(self, run: list[Operation]) -> None:
        for to, amount in run:
            self._pay(amount)
            self._credit(to, amount)

    def stake(self, run: list[Operation]) -> None:
        for (amount,) in run:
            self._pay(amount)
            self.restake(self.owner.stake + amount)

    def unstake(self, run: list[Operation]) -> None:
        for (amount,) in run:
            owner = self.owner
            check(amount <= owner.stake - owner.locked, "stake")
            self.restake(owner.stake - amount)
            self.own(balance=owner.balance + amount)

    def mint(self, run: list[Operation]) -> None:
        for to, amount in run:
            check(self.author in self.rules["minters"], "permission")
            check(self.books.supply + self.block.tips + amount <= MOST, "supply")
            self._credit(to, amount)

    def burn(self, run: list[Operation]) -> None:
        for (amount,) in run:
            check(self.author in self.rules["minters"], "permission")
            self._pay(amount)
            self.own(burned=min(self.owner.burned + amount, MOST))

    def offer_pin(self, run: list[Operation]) -> None:
        for terms in run:
            name = pins.pin_id(self.block.network, self.author, list(terms))
            check(name not in self.books.pins, "pinned")
            pin = dict(zip(pins.TERMS, terms, strict=True))
            self._lock(name, pin["price"] * pin["proofs"])
            self.books.pins[name] = pin | {
                "offerer": self.author,
                "keeper": b"",
                "start": 0,
                "turns": (),
            }

    def take_pin(self, run: list[Operation]) -> None:
        for (name,) in run:
            pin = self._pin(name)
            check(not pin["keeper"] and self.height <= pin["until"], "taken")
            self._lock(name, pin["deposit"])
            self.books.pins[name] = pin | {"keeper": self.author, "start": self.height}

    def prove_pin(self, run: list[Operation]) -> None:
        for name, turn, shown in run:
            pin = self._pin(name)
            check(pin["keeper"] == self.author, "keeper")
            check(self.height > pin["start"], "round")
            check(turn == pins.round_at(pin, self.height) < pin["proofs"], "round")
            check(turn not in pin["turns"], "round")
            check(pins.missed(pin, self.height) < pin["misses_max"], "round")
            root = self.block.roots[pins.beacon(pin, turn) - 1]
            asked = pins.places(self.block.network, name, pin, turn, root)
            right = pin["data_root"] == pins.square().roots.data_root and pin["width"] == 2
            check(right and pins.SHOWN[shown] == asked, "possession")
            self.books.pins[name] = pin | {"turns": (*pin["turns"], turn)}
            self._move(name, pin["keeper"], pin["price"])

    def close_pin(self, run: list[Operation]) -> None:
        for (name,) in run:
            pin = self._pin(name)
            misses = pins.missed(pin, self.height)
            if pin["keeper"]:
                over = self.height > pin["start"] + pin["proofs"] * pin["interval"]
                check(over or misses >= pin["misses_max"], "running")
                self._move(name, pin["keeper"], pin["deposit"])
                self._lose(name, pin, min(misses, pin["misses_max"]))
            else:
                own = self.author == pin["offerer"]
                check(own or self.height > pin["until"], "running")
            self._move(name, pin["offerer"], self.books.owners[name].balance)
            del self.books.pins[name], self.books.owners[name]

    def _lose(self, name: bytes, pin: dict[str, Any], misses: int) -> None:
        lost = pin["deposit"] * misses // pin["misses_max"]
        holder = self.books.holder(pin["keeper"])
        owner = self.books.owners[holder]
        self.books.owners[holder] = owner._replace(
            balance=owner.balance - lost, burned=min(owner.burned + lost, MOST)
        )
        self.books.lost[name] = self.books.lost.get(name, 0) + lost

    def _pin(self, name: bytes) -> dict[str, Any]:
        check(name in self.books.pins, "absent")
        return self.books.pins[name]

    def _lock(self, name: bytes, amount: int) -> None:
        self._pay(amount)
        owner = self.books.owners.get(name, Owner())
        self.books.owners[name] = owner._replace(balance=owner.balance + amount)

    def _move(self, name: bytes, author: bytes, amount: int) -> None:
        owner = self.books.owners[name]
        self.books.owners[name] = owner._replace(balance=owner.balance - amount)
        self._credit(self.books.holder(author), amount)

    def _key(self, source: bytes, target: bytes, relation: bytes) -> Link:
        return source, target, relation or bytes(32), self.author

    def _pay(self, amount: int) -> None:
        check(amount <= self.owner.balance, "balance")
        self.own(balance=self.owner.balance - amount)

    def _credit(self, to: bytes, amount: int) -> None:
        check(self.books.holder(to) == to, "rotated")
        owner = self.books.owners.get(to, Owner())
        self.books.owners[to] = owner._replace(balance=owner.balance + amount)


def cost(name: str, *parts: Any) -> int:
    if name in ("link/1", "transfer/1"):
        return 1
    if name == "link_program/1":
        text, particles, _, _, links_max, fuel = parts
        size = len(text.encode()) + len(particles)
        return int(links_max - (-size // 256) - (-fuel // 4_096))
    if name == "commit_tiles/1":
        return 4 + len(parts[1]) // 40
    if name == "offer_pin/1":
        return 2
    if name == "take_pin/1":
        return 1
    if name == "prove_pin/1":
        return 1 - (-len(parts[2]) // 256)
    if name == "forget/1":
        return 1 + len(parts[1]) // 96
    if name in ("put_blob/1", "set_property/1"):
        size = parts[1] if name == "put_blob/1" else len(parts[2])
        return 1 + -(-size // 256)
    return 0


def links_in(keys: bytes) -> list[Operation]:
    cut = [keys[at : at + 96] for at in range(0, len(keys), 96)]
    return [(each[:32], each[32:64], each[64:]) for each in cut]
