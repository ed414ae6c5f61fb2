"""What the operations on delegated stake check alike, and how they pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state import (
    KEY_PREFIX,
    Bond,
    changed,
    read_bond,
    read_epoch,
    read_pool,
    validators_of,
    weight_limit,
)

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters

DELEGATIONS_MAX = 32
"""To so many validators one neuron delegates at most: with its own vote all are asked for."""


def check_staking(parameters: Parameters) -> None:
    """Raises SignalError ``"staking"`` before version 6."""
    if parameters.staking is None:
        raise SignalError(
            "staking",
            f"this network knows no delegation: its parameters are of version {parameters.version}, and that comes "
            "with version 6",
        )


def check_electing(parameters: Parameters) -> None:
    """Raises SignalError ``"staking"`` before version 6, ``"agreement"`` where one key makes the blocks."""
    check_staking(parameters)
    if parameters.agreement is None:
        raise SignalError(
            "agreement", "one key makes the blocks of this network, so it has no validators"
        )


def present_epoch(context: Context) -> int:
    """The epoch of this block."""
    epoch = read_epoch(context.get)
    assert epoch is not None, "a network of version 6 has a clock"
    return epoch.number


def check_target(context: Context, validator: bytes, amount: int) -> None:
    """Whether an amount more may vote through a validator, by its first key.

    Raises SignalError ``"absent"`` for who is none, ``"jailed"`` for who may not vote, ``"bond"`` where its own bond
    would be too small a part, ``"delegation"`` for who signed itself, or delegates to too many.
    """
    parameters = context.parameters
    rules, least = parameters.required_staking, parameters.required_agreement.bond_least
    bond, name = read_bond(context.get, validator) or Bond(), validator.hex()
    if validator == context.author:
        raise SignalError("delegation", "nobody delegates to itself: bond the stake instead")
    if not bond.is_electable:
        raise SignalError("jailed", f"{name} is jailed, or was for ever: nobody can delegate to it")
    if bond.amount < least:
        raise SignalError(
            "absent", f"{name} has bonded {bond.amount}, less than the {least} of a validator"
        )
    whole = bond.amount + read_pool(context.get, validator).stake + amount
    most = weight_limit(bond.amount, rules)
    if whole > most:
        raise SignalError(
            "bond",
            f"{whole} would vote through {name}, which has bonded only {bond.amount}: that is enough for {most}",
        )
    held = validators_of(context.get, context.author)
    if validator not in held and len(held) >= DELEGATIONS_MAX:
        raise SignalError(
            "delegation", f"one neuron delegates to {DELEGATIONS_MAX} validators at most"
        )


def check_least(context: Context, amount: int, *, may_be_nothing: bool) -> None:
    """Raises SignalError ``"delegation"`` where what one validator has of a neuron would be too little."""
    least = context.parameters.required_staking.delegation_least
    if amount < least and (amount or not may_be_nothing):
        raise SignalError(
            "delegation",
            f"{amount} would be delegated to one validator, less than the minimum of {least}"
            + (": take everything out, or less" if may_be_nothing else ""),
        )


def validator_of(context: Context, key: bytes) -> bytes:
    """The first key of a validator that may be named by any key that it ever had."""
    leaf = context.get(KEY_PREFIX + key)
    return leaf[DIGEST_BYTES:] if leaf else context.account(key).origin or key


def pay_out(context: Context, *, earned: int = 0, returned: int = 0) -> None:
    """Gives who signed what it ``earned`` in its balance, and what was ``returned`` in its stake; less is negative.

    Raises SignalError ``"stake"`` where so much stake is not free.
    """
    account = context.account()
    if -returned > account.free_stake:
        raise SignalError(
            "stake",
            f"cannot delegate {-returned} base units: only {account.free_stake} are free; stake more",
        )
    if returned:
        stake = account.stake + returned
        account = account.with_stake(stake, context.height, context.parameters)
    context.put_account(changed(account, balance=account.balance + earned))
