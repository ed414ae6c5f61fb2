"""A node in this process, for tests that set its clock and make its steps themselves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from focusmesh.errors import InputError
from focusmesh.host.spool import Spool
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.kernel.node import Producer
from focusmesh.kernel.session import Signer, link_step
from focusmesh.protocol.world import SameProcess, World

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.packet import Packet

SECONDS = 60


class Node:
    """A producer in this process whose clock is set by hand."""

    def __init__(self, ledger: Path, key: SigningKey) -> None:
        self.shared = OpenedChain.of(Folder(ledger))
        self.chain = self.shared.writing()
        self.spool = Spool(Folder(ledger).spool)
        self.now = 5_000
        self.held = {key.public: key}
        self.producer = self.begun()

    def begun(self) -> Producer:
        """A producer that begins on what is there."""
        world = World(lambda: self.now, bytes, self._no_store, self.spool, SameProcess())
        return Producer(self.chain, self.keys, world)

    def keys(self, proposers: Collection[bytes]) -> SigningKey:
        """The first key that may make blocks and is here."""
        for neuron in proposers:
            if neuron in self.held:
                return self.held[neuron]
        raise InputError("no key here makes the blocks of this ledger")

    def _no_store(self, path: Path) -> Store:
        raise AssertionError(f"{path} is open already")

    def signed(self, key: SigningKey, nonce: int, target: str = "b") -> Packet:
        signer = Signer(key, self.chain.network, self.chain.parameters)
        steps = signer.batches([link_step("a", target, None, 1)], lambda _: False)
        (packet,) = signer.packets(steps, nonce, self.chain.height)
        return packet


def until(holds: Callable[[], object]) -> None:
    """Waits for it to hold, for a minute at most."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
