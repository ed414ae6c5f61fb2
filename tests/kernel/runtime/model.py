"""An executable model of the economics, written from ledger.md alone: plain numbers, whole copies, no journal."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

Link = tuple[bytes, bytes, bytes]
"""Source, target, relation."""


class RefusedError(Exception):
    """An operation cannot be done."""


@dataclass
class Owner:
    """What one neuron has. ``links``: the amount in each of its live links."""

    balance: int = 0
    stake: int = 0
    nonce: int = 0
    bandwidth: float = 0
    links: dict[Link, int] = field(default_factory=dict)

    @property
    def free(self) -> int:
        return self.stake - sum(self.links.values())


class Model:
    """Owners by neuron; ``step`` does one signal, ``end_block`` refills and pays."""

    def __init__(
        self, grants: list[tuple[bytes, int, int]], proposer: bytes, link_burn: int, blocks: int
    ) -> None:
        self.owners = {
            neuron: Owner(balance, stake, bandwidth=stake * blocks)
            for neuron, balance, stake in grants
        }
        self.proposer = proposer
        self.link_burn = link_burn
        self.blocks = blocks
        self.tips = 0

    @property
    def supply(self) -> int:
        return sum(owner.balance + owner.stake for owner in self.owners.values()) + self.tips

    def step(self, neuron: bytes, operations: list[tuple[object, ...]], tip: int) -> bool:
        """Does a signal that may be in a block; False where it failed."""
        owner = self.owners[neuron]
        owner.nonce += 1
        owner.balance -= tip
        self.tips += tip
        before = deepcopy(self.owners)
        try:
            names = [name for name, *_ in operations]
            used = self.blocks * (names.count("link/1") + max(names.count("transfer/1") - 1, 0))
            _at_least(owner.bandwidth, used)
            owner.bandwidth -= used
            for name, *fields in operations:
                getattr(self, str(name).partition("/")[0])(neuron, *fields)
        except RefusedError:
            self.owners = before
            return False
        return True

    def link(
        self, neuron: bytes, source: bytes, target: bytes, relation: bytes, amount: int
    ) -> None:
        owner = self.owners[neuron]
        _at_least(owner.free, amount)
        _at_least(owner.balance, self.link_burn)
        owner.balance -= self.link_burn
        key = (source, target, relation)
        owner.links[key] = owner.links.get(key, 0) + amount

    def unlink(self, neuron: bytes, source: bytes, target: bytes, relation: bytes) -> None:
        key = (source, target, relation)
        if key not in self.owners[neuron].links:
            raise RefusedError
        del self.owners[neuron].links[key]

    def transfer(self, neuron: bytes, to: bytes, amount: int) -> None:
        _at_least(self.owners[neuron].balance, amount)
        self.owners[neuron].balance -= amount
        self.owners.setdefault(to, Owner()).balance += amount

    def stake(self, neuron: bytes, amount: int) -> None:
        owner = self.owners[neuron]
        _at_least(owner.balance, amount)
        owner.balance -= amount
        owner.stake += amount

    def unstake(self, neuron: bytes, amount: int) -> None:
        owner = self.owners[neuron]
        _at_least(owner.free, amount)
        owner.stake -= amount
        owner.balance += amount
        owner.bandwidth = min(owner.bandwidth, owner.stake * self.blocks)

    def end_block(self) -> None:
        self.owners.setdefault(self.proposer, Owner()).balance += self.tips
        self.tips = 0
        for owner in self.owners.values():
            owner.bandwidth = min(owner.bandwidth + owner.stake, owner.stake * self.blocks)


def _at_least(has: float, needed: float) -> None:
    if needed > has:
        raise RefusedError
