"""A ledger in dicts that has pins, and a square whose data they are about."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.apps.pins import (
    PIN_OPERATIONS,
    OfferPin,
    ProvePin,
    challenged_shares,
    pin_id,
    read_pin,
)
from focusmesh.apps.pins import show_all as shown
from focusmesh.ids import digest
from focusmesh.kernel.availability import SIGNALS, Square, shares_of
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, Registry
from focusmesh.kernel.state import ACCOUNT_PREFIX, Account, Parameters
from focusmesh.protocol.codec import encode
from tests.kernel.runtime.world import NETWORK, Ledger, particle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.apps.pins import Pin
    from focusmesh.kernel.state import StateOverlay

REGISTRY = Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS, *PIN_OPERATIONS))
ANN, BOB, CY = particle(1), particle(2), particle(3)


@cache
def square() -> Square:
    """16 shares of data, 64 with what is added."""
    data = np.random.default_rng(12).integers(0, 256, 16 * 400, dtype=np.uint8).tobytes()
    found = Square.of(shares_of({SIGNALS: data}))
    assert found.width == 4
    return found


def offer(**terms: int) -> OfferPin:
    """Five proofs of two shares, one in three blocks."""
    numbers = {
        "copy": 0,
        "price": 10,
        "interval": 3,
        "proofs": 5,
        "shares": 2,
        "deposit": 40,
        "misses_max": 2,
        "until": 50,
    }
    return OfferPin(square().roots.data_root, square().width, **(numbers | terms))


class Market(Ledger):
    """Remembers the root of each of its states, here a digest of all entries."""

    def __init__(self, grants: Iterable[tuple[bytes, int, int]] = ()) -> None:
        self.roots: list[bytes] = []
        named = grants or [(neuron, 1_000, 1_000) for neuron in (ANN, BOB, CY)]
        super().__init__(named, Parameters(bandwidth_blocks=10), registry=REGISTRY)

    def begin(self) -> StateOverlay:
        working = super().begin()
        working.state_root = self.roots.__getitem__
        return working

    def commit(self, working: StateOverlay) -> None:
        super().commit(working)
        self.roots.append(digest(encode([list(each) for each in sorted(self.entries.items())])))

    def pass_to(self, height: int) -> None:
        """Blocks without signals, until the next one has this height."""
        while self.height < height:
            self.block()

    def pin(self, name: bytes) -> Pin | None:
        return read_pin(self.get, name)

    def proof(self, name: bytes, round_: int | None = None, skipped: int = 0) -> ProvePin:
        """What the keeper sends for the next block."""
        pin = self.pin(name)
        assert pin is not None
        turn = pin.round_at(self.height) if round_ is None else round_
        places = challenged_shares(NETWORK, name, pin, turn, self.roots[pin.beacon(turn)])
        return ProvePin(name, turn, shown(square(), places[skipped:]))

    def owned(self) -> int:
        """What all accounts have, those of pins too."""
        accounts = [
            Account.decode(value)
            for key, value in self.entries.items()
            if key.startswith(ACCOUNT_PREFIX)
        ]
        return sum(account.balance + account.stake for account in accounts)


def name_of(offered: OfferPin, offerer: bytes = ANN) -> bytes:
    return pin_id(NETWORK, offered.pin(offerer))
