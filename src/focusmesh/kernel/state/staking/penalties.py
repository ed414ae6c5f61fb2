"""Penalties: what a validator loses that signed what it must not have, and how long it stays away.

Guilt is correlated. Who is found guilty loses the larger of a least part and a multiple of the share of all stake that
was found guilty within ``unbonding_ms``; all others found guilty in that time lose as much more as is missing to that.
So one broken machine costs little, and a third of the stake that lies together loses everything, in whatever order it
is shown.

Where one key makes the blocks again, shares are of the stake that voted last: ``/kv/slash/stake``, its dag-cbor. The
leaf ``/kv/slash/lately`` is the dag-cbor of ``[[neuron, time, share, part], …]``: who was found guilty when, of
which share of the stake, and which part of what it had was taken so far, both over 2³².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state.accounts.accounts import Account, changed
from focusmesh.kernel.state.accounts.bonds import (
    Bond,
    Unbonding,
    bond_account,
    bond_key,
    read_bond,
)
from focusmesh.kernel.state.accounts.epochs import read_epoch
from focusmesh.kernel.state.accounts.parameter_bounds import window_ms
from focusmesh.kernel.state.key_space import KEY_PREFIX, SLASH_PREFIX
from focusmesh.kernel.state.staking.leaves import move_held
from focusmesh.kernel.state.staking.pools import read_pool
from focusmesh.kernel.state.staking.slashes import slash_pool
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.state.accounts.parameters import Parameters
    from focusmesh.kernel.state.overlay import StateOverlay
    from focusmesh.kernel.state.staking.leaves import StakeState

WHOLE = 1 << 32
"""Shares and parts are over this."""
CONVICTIONS_MAX = 1_024
"""So many convictions count together at most; beyond that those of the least share are forgotten first."""
_LATELY, _STAKE = SLASH_PREFIX + b"lately", SLASH_PREFIX + b"stake"


class Conviction(NamedTuple):
    """A ``neuron`` (first key) found guilty at ``time`` with a ``share`` of all stake; it lost a ``part``."""

    neuron: bytes
    time: int
    share: int
    part: int


def read_convictions(get: Callable[[bytes], bytes | None]) -> list[Conviction]:
    """Who was found guilty lately, in a state of which ``get`` gives values; the earliest first."""
    value = get(_LATELY)
    return [] if value is None else [Conviction(*each) for each in decode(value)]


def penalty_part(shares: Sequence[int], parameters: Parameters) -> int:
    """The part that everybody loses who was found guilty within one window, with these shares of the stake."""
    rules = parameters.required_staking
    return min(WHOLE, max(-(-WHOLE // rules.penalty_divisor), rules.penalty_factor * sum(shares)))


def note_last_stake(state: StakeState, weight: int) -> None:
    """Keeps with which weight validators voted last, before one key makes the blocks: guilt is held against that."""
    state.put(_STAKE, encode(weight))


def punish_validator(working: StateOverlay, key: bytes, epoch: int) -> int:
    """Punishes the holder of a ``key`` that signed in ``epoch`` what it must not have; the base units it takes.

    They are out of the accounts of bonds and pools; the supply, and who shows it, are for the caller. The validator is
    jailed; where all is taken, or it had paid for an earlier epoch, it is tombstoned. One penalty covers all epochs
    until it is found: what a broken machine signed block after block is one misdeed.

    Raises SignalError, and then nothing was changed: ``"absent"`` where the key has no bond, ``"jailed"`` where that is
    tombstoned, ``"early"`` for an epoch to come, ``"old"`` for one before the bond, ``"paid"`` for one it paid for.
    O(convictions within the window + ways out of their pools).
    """
    state = _Everything(working)
    epoch_now = read_epoch(state.get)
    now = 0 if epoch_now is None else epoch_now.number
    neuron = _neuron_of(working, key)
    bond = _answerable(read_bond(state.get, neuron), key, epoch, now)
    parameters = working.parameters
    window = window_ms(parameters)
    others = [
        each
        for each in read_convictions(state.get)
        if each.time + window > working.time and each.neuron != neuron
    ]
    weight = bond.stake_at_risk + read_pool(state.get, neuron).stake
    whole = max(weight, _voting_stake(working), 1)
    own = Conviction(neuron, working.time, weight * WHOLE // whole, 0)
    convicted = _most(others, own)
    part = penalty_part([each.share for each in convicted], parameters)
    taken = 0
    for each in convicted:
        taken += _raise_part(state, each, part)
    state.put(
        _LATELY, encode([list(each._replace(part=max(each.part, part))) for each in convicted])
    )
    after = _bond(state, neuron)
    is_over = after.tombstoned or bond.guilty_epoch > 0
    state.put(
        bond_key(neuron),
        changed(
            after,
            tombstoned=is_over,
            jailed_until=working.time + parameters.required_staking.jail_ms,
            guilty_epoch=now,
        ).encode(),
    )
    return taken


def _voting_stake(working: StateOverlay) -> int:
    """The weight of all who vote; of all who voted last where one key makes the blocks."""
    if working.parameters.agreement is not None:
        return sum(working.electorate.values())
    value = working.get(_STAKE)
    return 0 if value is None else int(decode(value))


def _answerable(bond: Bond | None, key: bytes, epoch: int, now: int) -> Bond:
    """The bond that answers for what a key signed in an epoch. Raises SignalError where none does."""
    if bond is None:
        raise SignalError("absent", f"the validator {key.hex()} has no bond to take")
    name = key.hex()
    if bond.tombstoned:
        raise SignalError("jailed", f"the bond of {name} was already taken")
    if epoch > now:
        raise SignalError("early", f"epoch {epoch} has not begun: this is epoch {now}")
    if bond.since_epoch and epoch <= bond.since_epoch:
        raise SignalError(
            "old", f"the bond of {name} is of epoch {bond.since_epoch}: it answers for later ones"
        )
    if bond.guilty_epoch and epoch <= bond.guilty_epoch:
        raise SignalError("paid", f"{name} paid for what it signed up to epoch {bond.guilty_epoch}")
    return bond


def _most(others: list[Conviction], own: Conviction) -> list[Conviction]:
    """The convictions that are kept, by time: without a limit many small bonds could make this costly for all."""
    if len(others) >= CONVICTIONS_MAX:
        others.remove(min(others, key=lambda each: (each.share, each.time, each.neuron)))
    return [*others, own]


def _raise_part(state: _Everything, convicted: Conviction, part: int) -> int:
    """Takes of one convicted what is missing to ``part``: that of what it has left, so that both make the part."""
    if part <= convicted.part:
        return 0
    numerator, denominator = part - convicted.part, WHOLE - convicted.part
    bond = _bond(state, convicted.neuron)
    left = _left_of(bond, numerator, denominator)
    taken = bond.stake_at_risk - left.stake_at_risk
    move_held(state, bond_account(convicted.neuron), stake=-taken)
    if part == WHOLE:
        left = changed(left, tombstoned=True)
    state.put(bond_key(convicted.neuron), left.encode())
    return taken + slash_pool(state, convicted.neuron, numerator, denominator)


def _left_of(bond: Bond, numerator: int, denominator: int) -> Bond:
    """A bond after ``numerator`` of ``denominator`` was taken of each amount, rounded up."""

    def rest(amount: int) -> int:
        return amount * (denominator - numerator) // denominator

    kept = tuple(Unbonding(rest(each.amount), each.until) for each in bond.unbonding)
    return changed(
        bond, amount=rest(bond.amount), unbonding=tuple(each for each in kept if each.amount)
    )


def _neuron_of(working: StateOverlay, key: bytes) -> bytes:
    """The first of a chain of rotated keys, one of this block too: its account is not among the entries yet."""
    leaf = working.get(KEY_PREFIX + key)
    if leaf is not None:
        return leaf[DIGEST_BYTES:]
    account = working.accounts.get(key)
    return (account.origin if account else b"") or key


def _bond(state: _Everything, neuron: bytes) -> Bond:
    return read_bond(state.get, neuron) or Bond()


class _Everything:
    """A block's changes as the rules of stake see them: old operations that lead here declared less than they need."""

    def __init__(self, working: StateOverlay) -> None:
        self.get, self.put, self.delete = working.get, working.put, working.delete
        self._accounts = working.accounts

    def account(self, neuron: bytes) -> Account:
        """The account of a neuron, an empty one where there is none."""
        return self._accounts.get(neuron) or Account()

    def put_account(self, account: Account | None, neuron: bytes) -> None:
        """Sets the account of a neuron; None takes it out of the state."""
        self._accounts.put(neuron, account)
