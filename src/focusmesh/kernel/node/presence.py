"""A validator's own presence: ``alive/1`` where no block shows it at work, and what to do about a jail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.node.own_signals import sign_own
from focusmesh.kernel.state import (
    VALIDATOR_PREFIX,
    first_key,
    key_holder,
    read_bonds,
    read_presence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.protocol.identity import SigningKey

    ValidatorKey = Callable[[Collection[bytes]], SigningKey | None]

ALIVE = "alive/1"
EARLY_PART = 3
"""A validator says that it is alive when this part of the time is over after which it would be absent."""


class OwnPresence:
    """What one validator says of itself: nothing as long as its blocks show that it is there."""

    def __init__(self, chain: Chain, mempool: Mempool) -> None:
        self._chain, self._mempool = chain, mempool
        self._signed = b""
        self._epoch = -1

    def tell(self, key: SigningKey) -> None:
        """Signs ``alive/1`` where it is due, once an epoch at most."""
        epoch = self._chain.epoch
        if self._epoch == epoch or self._mempool.has(self._signed):
            return
        if is_alive_due(self._chain, key.public):
            self._signed = sign_own(self._chain, self._mempool, key, (ALIVE,))
            self._epoch = epoch


def is_alive_due(chain: Chain, key: bytes) -> bool:
    """Whether it is time for the validator of a key to say that it is there."""
    rules, epoch = chain.parameters.staking, chain.rules.epoch
    if rules is None or epoch is None or ALIVE not in chain.registry.names:
        return False
    get = chain.state.get
    seen = read_presence(get, first_key(get, key))
    if seen is None:
        return False
    epochs = max(1, rules.absence_epochs // EARLY_PART)
    return (
        epoch.number - seen.epoch >= epochs
        and chain.tip.time - seen.time >= rules.absence_ms // EARLY_PART
    )


def jail_notice(chain: Chain, validator: ValidatorKey) -> str:
    """What keeps the validator whose key is here from voting, and what to do; "" where no jail does. O(bonds)."""
    get = chain.state.get
    with chain.state.at() as view:
        kept_out = {
            key_holder(get, neuron): bond
            for neuron, bond in read_bonds(view.scan(VALIDATOR_PREFIX))
            if not bond.is_electable
        }
    key = validator(kept_out) if kept_out else None
    if key is None:
        return ""
    bond, name = kept_out[key.public], key.public.hex()
    if bond.tombstoned:
        return (
            f"the validator {name} was found guilty and never votes again: withdraw what is left of its bond, and bond "
            "with another key"
        )
    return (
        f"the validator {name} is in jail until {bond.jailed_until} ms since 1970: find out why it was away or what it "
        "signed wrongly, then run `focusmesh tx unjail` with its key"
    )


def count_jailed(chain: Chain) -> int:
    """How many bonds are kept from voting, for a while or for ever. O(bonds)."""
    with chain.state.at() as view:
        bonds = read_bonds(view.scan(VALIDATOR_PREFIX))
        return sum(not bond.is_electable for _, bond in bonds)
