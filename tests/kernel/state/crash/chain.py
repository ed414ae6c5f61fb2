"""Fifty blocks of everything that a block can hold, and how a chain is checked that a crash left.

Links and their withdrawal, contents and their end, properties, keys that are rotated, the proposer's among them.
"""

from __future__ import annotations

import sys
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, verify_chain
from focusmesh.kernel.block.audit.verification import first_difference
from focusmesh.kernel.runtime import ROTATION_DOMAIN, rotation_digest
from focusmesh.kernel.state import TABLES, LmdbStore, MemoryStore
from focusmesh.protocol.identity import SigningKey
from tests.engine.focus.certificate.model import Model, uniform
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, Ledger, particle
from tests.kernel.state.crash.contents import marked

if TYPE_CHECKING:
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.signal import SignedSignal

BLOCKS = 50
WINDOW = 8
ANN, BOB, EVE = KEYS[1:]
_ROTATED_EVERY, _PROPOSER_ROTATED_AT = 7, 25
_TEXT_BYTES = (60, 900, 9_000)


@cache
def text(height: int, number: int) -> bytes:
    """A content that a block publishes."""
    return marked(height << 8 | number, _TEXT_BYTES[(height + number) % len(_TEXT_BYTES)])


def forgotten(height: int) -> list[bytes]:
    """What a block forgets."""
    return [text(height - 2, 0)] if height > 2 and height % 3 == 0 else []


class ChainOfBlocks:
    """See Filled in ledgers.py."""

    def __init__(self) -> None:
        self._sound: dict[str, int] = {}
        self._replay = _Replay()

    def fill(self, folder: str) -> None:
        made = _Made(LmdbStore(folder))
        for height in range(BLOCKS + 1):
            if height:
                made.block(height)
            sys.stdout.write(f"{height}\n")
            sys.stdout.flush()

    def height(self, store: Store) -> int:
        """Checked in full once for all stores that hold the same records."""
        found = sha256()
        with store.read() as reader:
            if not reader.count("meta"):
                return -1
            for table in TABLES:
                found.update(table.encode())
                for key, value in reader.scan(table):
                    found.update(b"%d %d " % (len(key), len(value)) + key + value)
        records = found.hexdigest()
        if records not in self._sound:
            chain = Chain(store, REGISTRY)
            self._replay.check(chain, store)
            _check(chain, store, self.contents(chain.height))
            self._sound[records] = chain.height
        return self._sound[records]

    def contents(self, height: int) -> set[bytes]:
        published = {text(at, number) for at in range(1, height + 1) for number in (0, 1)}
        return published - {each for at in range(1, height + 1) for each in forgotten(at)}


class _Replay:
    """A chain in memory that carries out the blocks of stores as they come, each once."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self._chain: Chain | None = None

    def check(self, chain: Chain, store: Store) -> None:
        """Raises BlockError for a block that does not hold, AssertionError for a record that no block leads to."""
        if self._chain is None:
            self._chain = Chain.create(self._store, chain.genesis, REGISTRY)
        if self._chain.height > chain.height:
            verify_chain(store, REGISTRY)
            return
        for height in range(self._chain.height + 1, chain.height + 1):
            self._chain.accept(chain.block(height))
        assert self._chain.tip == chain.tip, "another tip"
        with store.read() as kept, self._store.read() as made:
            found = first_difference(kept, made)
        assert found is None, f"another record: {found}"


def _check(chain: Chain, store: Store, contents: set[bytes]) -> None:
    """Every root, record and content of a chain, and the residual of its vector."""
    assert chain.state.root == chain.tip.state_root, "another state root"
    with store.read() as reader:
        kept = {content for _, content in reader.scan("contents")}
    assert kept == contents, f"contents after {chain.height}"
    certificate = chain.tip.focus_certificate
    if certificate is not None:
        assert _rise(chain) == certificate.rise <= certificate.limit, "another residual"
    if chain.height == BLOCKS:
        assert verify_chain(store, REGISTRY).height == BLOCKS


def _rise(chain: Chain) -> int:
    """h of the committed vector, by the executable model."""
    digests = [bytes(row) for row in chain.state.digests]
    order = sorted(range(len(digests)), key=digests.__getitem__)
    rank = {number: at for at, number in enumerate(order)}
    links = [
        (rank[source], rank[target], weight)
        for source, target, weight in zip(
            *(each.tolist() for each in chain.state.axons()), strict=True
        )
    ]
    params = chain.parameters.operator
    model = Model(
        len(order), links, params.alpha, params.diffusion, list(params.series), uniform(len(order))
    )
    return model.rise(chain.vector(chain.height).tolist())


class _Made:
    """The chain that is being made, and who holds the keys."""

    def __init__(self, store: Store) -> None:
        self._ledger = Ledger(store, history_window=WINDOW)
        self._eve, self._proposer = EVE, PROPOSER

    def block(self, height: int) -> None:
        """The next one; all of its signals succeed."""
        contents = {digest(each): each for each in (text(height, 0), text(height, 1))}
        signals = [self._links(height), self._publishes(height), self._says(height)]
        proposer, chain = self._proposer, self._ledger.chain
        if height % _ROTATED_EVERY == 0:
            signals.append(self._rotation(self._eve, height))
        if height == _PROPOSER_ROTATED_AT:
            signals.append(self._rotation(self._proposer, height))
        made = chain.propose(signals, chain.tip.time + 1, proposer, contents)
        codes = {result.code for result in made.results.values()}
        assert (codes, made.refused) == ({"ok"}, {}), [made.results, made.refused]

    def _links(self, height: int) -> SignedSignal:
        pairs = [(f"a{height * k % 5}", f"b{k + height % 4}") for k in range(1, 9)]
        gone = [f"b{k + (height - 1) % 4}" for k in (1, 6)] if height > 1 else []
        source = f"a{(height - 1) % 5}"
        unlinks: list[list[Any]] = [["unlink/1", particle(source), particle(b), b""] for b in gone]
        links = [["link/1", particle(a), particle(b), b"", 10] for a, b in dict.fromkeys(pairs)]
        return self._ledger.signed(ANN, *unlinks, *links)

    def _publishes(self, height: int) -> SignedSignal:
        """Contents and links to them; what is forgotten goes with its link."""
        operations: list[list[Any]] = []
        for number in (0, 1):
            published = text(height, number)
            operations += [
                ["put_blob/1", digest(published), len(published)],
                ["link/1", digest(published), particle("a1"), b"", 10],
            ]
        for each in forgotten(height):
            link = digest(each) + particle("a1") + bytes(32)
            operations.append(["forget/1", digest(each), link])
        return self._ledger.signed(BOB, *operations)

    def _says(self, height: int) -> SignedSignal:
        value = b"" if height % 5 == 4 else b"%d" % height * 100
        return self._ledger.signed(self._eve, ["set_property/1", particle("a1"), "seen", value])

    def _rotation(self, old: SigningKey, height: int) -> SignedSignal:
        new = SigningKey(digest(b"%d" % height + old.public))
        accepted = rotation_digest(self._ledger.chain.network, old.public, new.public)
        signal = self._ledger.signed(
            old, ["rotate_key/1", new.public, new.sign(ROTATION_DOMAIN, accepted)]
        )
        self._ledger.nonces[new] = 0
        if old is self._proposer:
            self._proposer = new
        else:
            self._eve = new
        return signal
