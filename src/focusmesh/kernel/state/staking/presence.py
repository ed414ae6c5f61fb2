"""Presence: when each validator was last seen at work, and who was away for too long.

Certificates judge nobody: they hold only the heaviest votes. A leaf at ``/kv/presence/`` ‖ validator (its first key) is
the dag-cbor of ``[epoch, time]``: the epoch in which it was last seen, and the time of the block that shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.accounts.accounts import changed
from focusmesh.kernel.state.accounts.bonds import bond_key, first_key, read_bond
from focusmesh.kernel.state.key_space import PRESENCE_PREFIX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.kernel.state.accounts.staking_rules import StakingRules
    from focusmesh.kernel.state.staking.leaves import EndState, StakeState

JAILED_PART = 6
"""At most one part in so many of the weight is jailed for absence at the end of one epoch."""


class Presence(NamedTuple):
    """The ``epoch`` and the ``time``, in milliseconds, at which a validator was last seen."""

    epoch: int
    time: int

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(list(self))

    @classmethod
    def decode(cls, value: bytes) -> Presence:
        """The presence in a leaf's value, which came out of the state."""
        return cls(*decode(value))


def read_presence(get: Callable[[bytes], bytes | None], neuron: bytes) -> Presence | None:
    """When a validator, by its first key, was last seen; None for who has not been one since it was noted."""
    value = get(PRESENCE_PREFIX + neuron)
    return None if value is None else Presence.decode(value)


def note_presence(state: StakeState, neuron: bytes, epoch: int, time: int) -> None:
    """Notes that a validator (first key) was seen in a block of this epoch and time. Once an epoch is enough."""
    seen = read_presence(state.get, neuron)
    if seen is None or seen.epoch != epoch:
        state.put(PRESENCE_PREFIX + neuron, Presence(epoch, time).encode())


def note_workers(
    state: EndState, electorate: Mapping[bytes, int], keys: Iterable[bytes], at: Presence
) -> None:
    """Notes who of an electorate a block shows at work, by the ``keys`` that sign; once an epoch is enough."""
    for key in keys:
        if key in electorate:
            note_presence(state, first_key(state.get, key), *at)


def jail_absent(
    state: EndState, electorate: Mapping[bytes, int], at: Presence, rules: StakingRules
) -> list[bytes]:
    """Jails who of the electorate of an epoch that ends was away for too long; their first keys.

    Absent is who was not seen for ``absence_ms`` and for ``absence_epochs`` whole epochs: either alone would jail
    somebody after a stop of the network, or in an epoch of few blocks. Who is new counts from its first epoch on. Those
    away for longest come first, and all together are at most a sixth of the weight. Nobody loses stake.
    O(validators · log n).
    """
    neurons = {first_key(state.get, key): weight for key, weight in electorate.items()}
    seen = {neuron: read_presence(state.get, neuron) for neuron in neurons}
    _forget_others(state, neurons)
    for neuron, presence in seen.items():
        if presence is None:
            note_presence(state, neuron, *at)
    away = sorted(
        (presence.time, neuron)
        for neuron, presence in seen.items()
        if presence is not None and _is_absent(presence, at, rules)
    )
    left, jailed = sum(neurons.values()) // JAILED_PART, []
    for _, neuron in away:
        bond = read_bond(state.get, neuron)
        if bond is None or not bond.is_electable or neurons[neuron] > left:
            continue
        left -= neurons[neuron]
        state.put(bond_key(neuron), changed(bond, jailed_until=at.time + rules.jail_ms).encode())
        jailed.append(neuron)
    return jailed


def _is_absent(presence: Presence, at: Presence, rules: StakingRules) -> bool:
    epochs = at.epoch - presence.epoch
    return at.time - presence.time >= rules.absence_ms and epochs >= rules.absence_epochs


def _forget_others(state: EndState, neurons: Mapping[bytes, int]) -> None:
    """Lets go of what was seen of those who no longer vote: when they do again they begin anew."""
    for key, _ in list(state.scan(PRESENCE_PREFIX)):
        if key[len(PRESENCE_PREFIX) :] not in neurons:
            state.delete(key)
