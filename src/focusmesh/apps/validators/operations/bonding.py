"""``bond/1``, ``unbond/1`` and ``withdraw/1``: stake that votes, and its way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Amount, Operation
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    VALIDATOR_PREFIX,
    VERSION_PAYING,
    Bond,
    Unbonding,
    bond_account,
    bond_key,
    changed,
    move_held,
    read_bond,
)

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters

UNBONDING_MOST = 16
"""So many amounts of one neuron can be on their way back at once."""


class BondStake(Operation, frozen=True, tag="bond/1"):
    """Bonds base units of the stake that no link holds: from the next epoch on the neuron votes with them.

    It gives no bandwidth as long as it is bonded. Where one key makes the blocks it can be bonded once validators are
    law for a later epoch; without such a law it fails with ``"agreement"``. Fails with ``"stake"`` where too little is
    free, with ``"bond"`` where the bond would be smaller than the network's least, with ``"jailed"`` for a neuron that
    voted twice.
    """

    amount: Amount

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, VALIDATOR_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, VALIDATOR_PREFIX)

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes."""
        check_agreed(parameters)

    def bandwidth(self) -> int:
        """Two units: a leaf and an account stay."""
        return 2

    def apply(self, context: Context) -> None:
        """The stake goes to the account of the bond."""
        bond = read_bond(context.get, context.author) or _new_bond(context)
        least = bond_least(context)
        if bond.tombstoned:
            raise SignalError(
                "jailed", f"{context.author.hex()} voted twice, so it can no longer bond"
            )
        if bond.amount + self.amount < least:
            raise SignalError(
                "bond",
                f"a bond of {bond.amount + self.amount} is too small: a validator needs at least {least}",
            )
        move_stake(context, -self.amount)
        put_bond(context, changed(bond, amount=bond.amount + self.amount))


class UnbondStake(Operation, frozen=True, tag="unbond/1"):
    """Takes base units out of the bond; they vote until the epoch ends, and can be withdrawn a time after that.

    Fails with ``"bond"`` where less is bonded, or what stays would be less than the network's least, with
    ``"unbonding"`` where too many amounts are on their way back.
    """

    amount: Amount

    reads: ClassVar[tuple[bytes, ...]] = (VALIDATOR_PREFIX,)
    writes: ClassVar[tuple[bytes, ...]] = (VALIDATOR_PREFIX,)

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes."""
        check_agreed(parameters)

    def bandwidth(self) -> int:
        """None: what is one's own can be taken out."""
        return 0

    def apply(self, context: Context) -> None:
        """The clock starts when the epoch is over; what never voted, for one key makes the blocks, is free at once."""
        bond = read_bond(context.get, context.author) or Bond()
        agreement = context.agreement()
        least = 0 if agreement is None else agreement.bond_least
        until = 0 if context.parameters.agreement else max(1, context.time)
        left = bond.amount - self.amount
        if left < 0:
            raise SignalError("bond", f"cannot unbond {self.amount}: only {bond.amount} are bonded")
        if 0 < left < least:
            raise SignalError(
                "bond",
                f"only {left} would stay bonded, less than the minimum of {least}: unbond everything, or less",
            )
        if len(bond.unbonding) >= UNBONDING_MOST:
            raise SignalError(
                "unbonding",
                f"{UNBONDING_MOST} unbonded amounts wait already: withdraw those that are due first",
            )
        added = (*bond.unbonding, Unbonding(self.amount, until))
        put_bond(context, changed(bond, amount=left, unbonding=added))


class WithdrawStake(Operation, frozen=True, tag="withdraw/1"):
    """Gives back to the stake what was unbonded long enough ago. Fails with ``"unbonding"`` where nothing was."""

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, VALIDATOR_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, VALIDATOR_PREFIX)

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes."""
        check_agreed(parameters)

    def bandwidth(self) -> int:
        """None: what is one's own can be taken out."""
        return 0

    def apply(self, context: Context) -> None:
        """Bonds that hold nothing have no leaf."""
        bond = read_bond(context.get, context.author) or Bond()
        due = bond.due(context.time)
        if not due:
            raise SignalError(
                "unbonding",
                f"nothing of {context.author.hex()} can be withdrawn now: {_why_none_is_due(bond)}",
            )
        move_stake(context, due)
        left = tuple(each for each in bond.unbonding if not 0 < each.until <= context.time)
        put_bond(context, changed(bond, unbonding=left))


def check_agreed(parameters: Parameters) -> None:
    """Raises SignalError ``"agreement"`` where one key makes the blocks, and there can be no bond."""
    if parameters.agreement is None and not parameters.can_hand_over:
        raise no_validators()


def bond_least(context: Context) -> int:
    """The least bond of a validator, in base units. Raises SignalError ``"agreement"`` where nobody votes or will."""
    agreement = context.agreement()
    if agreement is None:
        raise no_validators()
    return agreement.bond_least


def no_validators() -> SignalError:
    """Why nobody bonds where one key makes the blocks."""
    return SignalError(
        "agreement", "one key makes the blocks of this network, so it has no validators"
    )


def check_paying(parameters: Parameters, name: str) -> None:
    """Raises SignalError ``"version"`` where the network has no rules of stake yet."""
    if parameters.staking is None:
        raise SignalError(
            "version",
            f"{name} needs parameters of version {VERSION_PAYING}, these are of version {parameters.version}",
        )


def move_stake(context: Context, amount: int) -> None:
    """Moves stake from the bond of who signed to its account, back where the amount is negative.

    Raises SignalError ``"stake"`` where less is free. The bond has what is moved out of it.
    """
    account = context.account()
    if -amount > account.free_stake:
        raise SignalError(
            "stake",
            f"cannot bond {-amount} base units: only {account.free_stake} are free; stake more",
        )
    height, parameters = context.height, context.parameters
    context.put_account(account.with_stake(account.stake + amount, height, parameters))
    move_held(context, bond_account(context.author), stake=-amount)


def put_bond(context: Context, bond: Bond, neuron: bytes | None = None) -> None:
    """Sets the bond of a neuron, by default of who signed; one without anything has no leaf."""
    key = bond_key(neuron or context.author)
    if bond.is_empty:
        context.delete(key)
    else:
        context.put(key, bond.encode())


def _new_bond(context: Context) -> Bond:
    """The first bond of a neuron; from version 6 on it says since when, so that it answers for nothing older."""
    return Bond() if context.parameters.staking is None else Bond(since_epoch=context.epoch)


def _why_none_is_due(bond: Bond) -> str:
    waiting = sorted(each.until for each in bond.unbonding if each.until)
    if waiting:
        return f"the next is at {waiting[0]} ms"
    return "its epoch has not ended" if bond.unbonding else "nothing was unbonded"
