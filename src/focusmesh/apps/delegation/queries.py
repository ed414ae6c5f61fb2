"""Who delegated what to whom, read from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from focusmesh.apps.delegation.records import NeuronKey, ValidatorKey
from focusmesh.kernel.state import (
    carry_delegation,
    delegators_of,
    first_key,
    read_delegation,
    read_exit,
    read_pools,
    validators_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.state import Delegation, StateView


class DelegationsQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which delegations: of a neuron, to a validator, or all."""

    neuron: NeuronKey | None = None
    validator: ValidatorKey | None = None


class DelegationRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a neuron gave a validator, both by first keys; amounts in base units.

    ``amount`` votes; ``bound`` of it came from other validators whose slashes reach it still. A claim would give
    ``earned``, and what is due of ``leaving``. ``due_at``: when the first of that can be claimed, in ms since 1970. It
    is 0 where that is now, where nothing leaves, or where its epoch has not ended.
    """

    validator: str
    neuron: str
    amount: int
    bound: int
    earned: int
    leaving: int
    due_at: int


class _Place(NamedTuple):
    validator: bytes
    neuron: bytes
    delegation: Delegation


def delegations(view: StateView, asked: DelegationsQuestion) -> list[DelegationRow]:
    """Delegations of a state by validator, then by neuron.

    O(validators of one neuron · log n) where it is named, else O(delegators · log n) of one validator, or of all.
    """
    return [_row(view, each) for each in _delegations(view, asked)]


def _delegations(view: StateView, asked: DelegationsQuestion) -> Iterator[_Place]:
    validator = None if asked.validator is None else first_key(view.get, asked.validator)
    if asked.neuron is not None:
        neuron = first_key(view.get, asked.neuron)
        pairs = [(each, neuron) for each in validators_of(view.get, neuron)]
        pairs = [each for each in pairs if validator in (None, each[0])]
    else:
        asked_for = (
            [name for name, _ in read_pools(view.scan)] if validator is None else [validator]
        )
        pairs = [(name, neuron) for name in asked_for for neuron in delegators_of(view.scan, name)]
    for name, neuron in pairs:
        found = read_delegation(view.get, name, neuron)
        if found is not None:
            yield _Place(name, neuron, found)


def _row(view: StateView, found: _Place) -> DelegationRow:
    now, earned = carry_delegation(view.get, found.validator, found.delegation)
    ways = [read_exit(view.get, found.validator, each.exit) for each in now.leaving]
    return DelegationRow(
        validator=found.validator.hex(),
        neuron=found.neuron.hex(),
        amount=now.amount,
        bound=now.amount - now.stake,
        earned=earned,
        leaving=sum(each.amount for each in now.leaving),
        due_at=min((0 if way is None else way.until for way in ways), default=0),
    )
