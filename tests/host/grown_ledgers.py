"""A ledger in a folder that one key began and handed over to four validators, who pay, delegate and jail."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from focusmesh.host.storage.ledger_create import making
from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.kernel.consensus import Equivocation, Vote, VoteSlots
from focusmesh.kernel.consensus.quorum import Ballot
from focusmesh.kernel.state import FeeRules, LmdbStore
from tests.kernel.block.grown import Grown, solo_genesis, validators
from tests.kernel.block.voted import VALIDATORS

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000
HANDED = 4
"""The height of the block that hands over."""
DELEGATED = 3_000
DELEGATOR, TRUSTED, LIAR = VALIDATORS[0], VALIDATORS[1], VALIDATORS[2]


def grow_ledger(path: Path, count: int = 6) -> None:
    """Makes it: a hand-over, a delegation, a validator that is jailed, and ``count`` blocks more."""
    genesis = msgspec.structs.replace(
        solo_genesis(fees=FeeRules(byte_deposit=2)),
        time=int(time.time() * 1_000) - 60_000,
        operations=operations().digest,
    )
    with making(Folder(path)) as place:
        store = LmdbStore(place)
        try:
            network = Grown(store, genesis, operations())
            network.grow(HANDED - 1)
            named = validators(unbonding_ms=21 * DAY_MS, trusting_ms=14 * DAY_MS)
            assert network.hand_over(named) == "ok"
            network.grow()
            given = network.signed(DELEGATOR, ["delegate/1", TRUSTED.public, DELEGATED])
            assert network.codes(given) == ["ok"]
            shown = network.signed(DELEGATOR, ["accuse/1", _contradiction(network)])
            assert network.codes(shown) == ["ok"]
            network.grow(count)
        finally:
            store.close()


def _contradiction(network: Grown) -> bytes:
    """Two votes of one validator that exclude each other."""
    slot = VoteSlots.of("quorum", network.chain.network, network.chain.epoch, 5).end(5)
    votes = (Vote.sign(Ballot(slot, bytes([at]) * 32), LIAR) for at in (1, 2))
    return Equivocation(*votes).to_bytes()
