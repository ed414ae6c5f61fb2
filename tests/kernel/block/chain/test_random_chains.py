"""Random operations of every kind over many blocks: two nodes agree, whatever is opened again, and all sums hold."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.apps.bank import Burn, Mint, Stake, Transfer, Unstake
from focusmesh.ids import digest
from focusmesh.kernel.block import Block, Chain, verify_chain
from focusmesh.kernel.runtime import (
    DONE,
    ROTATION_DOMAIN,
    Forget,
    Link,
    Operation,
    PutBlob,
    RotateKey,
    SetProperty,
    Unlink,
    rotation_digest,
)
from focusmesh.kernel.state import ACCOUNT_PREFIX, SIZE_KEY, Account, MemoryStore, read_supply
from focusmesh.protocol.codec import decode
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import Signal, SignedSignal, parse, sign
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, genesis, particle

if TYPE_CHECKING:
    from focusmesh.kernel.state import StateView

TEXTS = [b"text %d" % number for number in range(6)]
BLOCKS = 8


class Crowd:
    """Neurons that sign whatever comes to a seeded mind; a rotated one goes on with its new key."""

    def __init__(self, seed: int, network: bytes) -> None:
        self.random = random.Random(seed)
        self.network = network
        self.keys = list(KEYS)
        self.linked: dict[bytes, list[Link]] = {}
        self.fresh = (SigningKey(digest(b"fresh %d" % number)) for number in range(1_000))
        self.rotating: dict[bytes, tuple[SigningKey, SigningKey]] = {}

    def signals(self, view: StateView) -> list[SignedSignal]:
        """What they sign for the next block, each neuron with its next nonces."""
        self.rotating.clear()
        signed: list[SignedSignal] = []
        for key in self.random.choices(self.keys, k=self.random.randrange(1, 6)):
            value = view.get(ACCOUNT_PREFIX + key.public)
            nonce = Account.decode(value).nonce if value else 0
            nonce += sum(each.signal.neuron == key.public for each in signed)
            signed.append(self.signal(key, nonce))
        return signed

    def signal(self, key: SigningKey, nonce: int) -> SignedSignal:
        rotation = self.rotation(key) if self.random.random() < 0.1 else None
        count = self.random.choice([1, 1, 2, 5])
        operations = [rotation[1]] if rotation else [self.operation(key) for _ in range(count)]
        signal = Signal(
            network=self.network,
            neuron=key.public,
            nonce=nonce,
            expires_height=1_000,
            tip=self.random.randrange(3),
            operations=tuple(each.as_fields() for each in operations),
        )
        signed = parse(sign(signal, key))
        if rotation:
            self.rotating[signed.id] = (key, rotation[0])
        return signed

    def rotation(self, key: SigningKey) -> tuple[SigningKey, Operation]:
        new = next(self.fresh)
        accepted = rotation_digest(self.network, key.public, new.public)
        return new, RotateKey(new.public, new.sign(ROTATION_DOMAIN, accepted))

    def operation(self, key: SigningKey) -> Operation:
        pick, text = self.random.random(), self.random.choice(TEXTS)
        source, target = self.random.sample([digest(text), *map(particle, range(6))], 2)
        if pick < 0.5:
            relation = self.random.choice([b"", particle("kind")])
            link = Link(source, target, relation, self.random.choice([1, 5, 400_000]))
            self.linked.setdefault(key.public, []).append(link)
            return link
        if pick < 0.7 and self.linked.get(key.public):
            link = self.random.choice(self.linked[key.public])
            return Unlink(link.source, link.target, link.relation)
        other = self.random.choice(self.keys).public
        return self.random.choice(
            [
                PutBlob(digest(text), len(text)),
                Forget(digest(text), b""),
                SetProperty(source, "name", self.random.choice([b"", b"value"])),
                Stake(self.random.randrange(1, 3_000)),
                Unstake(self.random.randrange(1, 3_000)),
                Transfer(other, self.random.randrange(1, 3_000)),
                Mint(other, 7),
                Burn(3),
            ]
        )

    def learn(self, codes: dict[bytes, str]) -> None:
        """Goes on with the keys that were rotated to."""
        for signal, (old, new) in self.rotating.items():
            if codes.get(signal) == DONE:
                self.keys[self.keys.index(old)] = new
                self.linked[new.public] = self.linked.pop(old.public, [])


def check_sums(view: StateView) -> None:
    """Supply is what accounts hold, what is locked is what links hold, and the counts are those of the links."""
    accounts = [Account.decode(value) for _, value in view.scan(ACCOUNT_PREFIX)]
    assert read_supply(view.get) == sum(each.balance + each.stake for each in accounts)
    assert all(0 <= each.locked <= each.stake for each in accounts)
    links = view.links().links
    assert sum(each.locked for each in accounts) == int(links["amount"].sum())
    size = view.get(SIZE_KEY)
    assert (decode(size)[1] if size else 0) == len(links)


@settings(max_examples=8)
@given(
    st.integers(0, 2**32),
    st.sampled_from([1, 3]),
    st.sampled_from([0, 2, 64]),
    st.sampled_from([1, 2]),
)
def test_two_nodes_agree_whatever_is_signed(
    seed: int, interval: int, window: int, version: int
) -> None:
    network = genesis(
        version=version,
        focus_interval=interval,
        history_window=window,
        link_burn=1,
        bandwidth_blocks=3,
        minters=(KEYS[1].public,),
    )
    stores = MemoryStore(), MemoryStore()
    here, there = (Chain.create(store, network, REGISTRY) for store in stores)
    crowd = Crowd(seed, here.network)
    contents = {digest(text): text for text in TEXTS}
    roots = [here.state.root]
    for _ in range(BLOCKS):
        with here.state.at() as view:
            signals = crowd.signals(view)
        proposer = PROPOSER if version == 1 else crowd.keys[KEYS.index(PROPOSER)]
        proposed = here.propose(signals, here.tip.time + 1, proposer, contents)
        crowd.learn({name: result.code for name, result in proposed.results.items()})
        if proposed.block is None:
            continue
        block = proposed.block
        arrived = Block.decode(block.header_bytes, block.proof, block.body)
        there.accept(arrived, crowd.random.choice([contents, {}]))
        assert (here.tip, here.state.root) == (there.tip, there.state.root)
        roots.append(here.state.root)
        if crowd.random.random() < 0.3:
            here, there = (Chain(store, REGISTRY) for store in stores)
        for height in range(max(here.height - window, 0), here.height + 1):
            with here.state.at(height) as view:
                assert view.root == roots[height]
                check_sums(view)
    for store in stores:
        assert verify_chain(store, REGISTRY).block == msgspec.structs.replace(here.tip).id
