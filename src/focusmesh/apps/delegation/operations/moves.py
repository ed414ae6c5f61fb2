"""``delegate/1``, ``undelegate/1``, ``redelegate/1`` and ``claim/1``: stake that votes through a validator."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.apps.delegation.operations.checks import (
    check_electing,
    check_least,
    check_staking,
    check_target,
    pay_out,
    present_epoch,
    validator_of,
)
from focusmesh.apps.delegation.records import (  # noqa: TC001  (msgspec reads them)
    StakeAmount,
    TargetKey,
    ValidatorKey,
)
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Operation
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    DELEGATION_PREFIX,
    EPOCH_KEY,
    KEY_PREFIX,
    POOL_PREFIX,
    VALIDATOR_PREFIX,
    Delegation,
    carry_delegation,
    claim,
    delegate,
    read_delegation,
    read_exit,
    read_pool,
    redelegate,
    undelegate,
)

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters

LEAVING_MAX = 16
"""So many amounts of one delegation can be on their way back at once, one an epoch."""
GUESTS_MAX = 16
"""So many amounts of one delegation can have come from other validators lately, one an epoch and validator."""
TARGETS_MAX = 128
"""To so many validators delegators of one move on within an epoch: a slash asks for each."""
_READS = (
    ACCOUNT_PREFIX,
    DELEGATION_PREFIX,
    EPOCH_KEY,
    KEY_PREFIX,
    POOL_PREFIX,
    VALIDATOR_PREFIX,
)
_WRITES = (ACCOUNT_PREFIX, DELEGATION_PREFIX, POOL_PREFIX)


class DelegateStake(Operation, frozen=True, tag="delegate/1"):
    """Gives a validator base units of the stake that no link holds, to vote with from the next epoch on.

    They give no bandwidth as long as they are there. What the delegation earned so far is paid. Fails with ``"stake"``
    where too little is free, ``"absent"`` where the validator has not bonded enough, ``"jailed"`` where it may not
    vote, ``"bond"`` where its own bond would be too small a part, ``"delegation"`` for too little, for too many
    validators, or for oneself.
    """

    validator: ValidatorKey
    amount: StakeAmount

    reads: ClassVar[tuple[bytes, ...]] = _READS
    writes: ClassVar[tuple[bytes, ...]] = _WRITES

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes, and before version 6."""
        check_electing(parameters)

    def bandwidth(self) -> int:
        """Two units: leaves of pool and delegation stay."""
        return 2

    def apply(self, context: Context) -> None:
        """The stake goes to the account of the pool."""
        validator = validator_of(context, self.validator)
        check_target(context, validator, self.amount)
        held = _own_delegation(context, validator).amount
        check_least(context, held + self.amount, may_be_nothing=False)
        pay_out(context, returned=-self.amount)
        epoch = present_epoch(context)
        earned = delegate(context, validator, context.author, self.amount, epoch)
        pay_out(context, earned=earned)


class UndelegateStake(Operation, frozen=True, tag="undelegate/1"):
    """Takes base units back from a validator; slashes still reach them, and later ``claim/1`` gives them back.

    They earn nothing from now on. The time runs from the end of the epoch, in which they still vote. What the
    delegation earned so far is paid. Fails with ``"delegation"`` where less is delegated or too little would stay,
    ``"redelegation"`` where it came from another validator whose slashes reach it still, ``"unbonding"`` where too
    many amounts are on their way back.
    """

    validator: ValidatorKey
    amount: StakeAmount

    reads: ClassVar[tuple[bytes, ...]] = _READS
    writes: ClassVar[tuple[bytes, ...]] = _WRITES

    def validate(self, parameters: Parameters) -> None:
        """Refused before version 6."""
        check_staking(parameters)

    def bandwidth(self) -> int:
        """None: what is one's own can be taken out."""
        return 0

    def apply(self, context: Context) -> None:
        """The stake stays in the account of the pool."""
        validator = validator_of(context, self.validator)
        delegation = _own_delegation(context, validator)
        _check_out(context, validator, delegation, self.amount)
        _check_leaving(context, validator, delegation)
        earned = undelegate(context, validator, context.author, self.amount)
        pay_out(context, earned=earned)


class RedelegateStake(Operation, frozen=True, tag="redelegate/1"):
    """Moves base units from one validator to another at once; slashes of the first one still reach them for a time.

    As long as these do, what was moved can be neither moved again nor taken back: ``"redelegation"``, which is also
    the code where too many amounts are on such a way. What both delegations earned so far is paid. Fails else as
    ``delegate/1`` at the target, and as ``undelegate/1`` at the source.
    """

    source: ValidatorKey
    target: TargetKey
    amount: StakeAmount

    reads: ClassVar[tuple[bytes, ...]] = _READS
    writes: ClassVar[tuple[bytes, ...]] = _WRITES

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes, and before version 6."""
        check_electing(parameters)

    def bandwidth(self) -> int:
        """Two units: leaves of pool and delegation stay."""
        return 2

    def apply(self, context: Context) -> None:
        """The stake goes from one pool's account to the other's."""
        source, target = (validator_of(context, key) for key in (self.source, self.target))
        if source == target:
            raise SignalError("redelegation", "this is one and the same validator")
        _check_out(context, source, _own_delegation(context, source), self.amount)
        check_target(context, target, self.amount)
        there = _own_delegation(context, target)
        check_least(context, there.amount + self.amount, may_be_nothing=False)
        _check_ways(context, source, target, there)
        epoch = present_epoch(context)
        earned = redelegate(context, source, target, context.author, self.amount, epoch)
        pay_out(context, earned=earned)


class ClaimStake(Operation, frozen=True, tag="claim/1"):
    """Pays what a delegation earned, and gives back to the stake what was undelegated long enough ago.

    Fails with ``"nothing"`` where that is neither, as it is right after another claim. A delegation
    of which slashes left nothing goes, so that there is room for another validator.
    """

    validator: ValidatorKey

    reads: ClassVar[tuple[bytes, ...]] = _READS
    writes: ClassVar[tuple[bytes, ...]] = _WRITES

    def validate(self, parameters: Parameters) -> None:
        """Refused before version 6."""
        check_staking(parameters)

    def bandwidth(self) -> int:
        """None: what is one's own can be taken out."""
        return 0

    def apply(self, context: Context) -> None:
        """From the account of the pool to that of who signed."""
        validator = validator_of(context, self.validator)
        had = read_delegation(context.get, validator, context.author)
        claimed = claim(context, validator, context.author, context.time)
        is_lost = had and read_delegation(context.get, validator, context.author) is None
        if not any(claimed) and not is_lost:
            raise SignalError(
                "nothing",
                f"{context.author.hex()} has nothing to claim of {validator.hex()} now: rewards come when an epoch "
                "ends, and undelegated stake when slashes no longer reach it",
            )
        pay_out(context, earned=claimed.earned, returned=claimed.returned)


def _own_delegation(context: Context, validator: bytes) -> Delegation:
    """What who signed has given a validator, as it is now."""
    found = read_delegation(context.get, validator, context.author)
    return carry_delegation(context.get, validator, found)[0] if found else Delegation()


def _check_out(context: Context, validator: bytes, delegation: Delegation, amount: int) -> None:
    """Raises SignalError ``"delegation"`` or ``"redelegation"`` unless the amount may leave the validator."""
    if amount > delegation.amount:
        raise SignalError(
            "delegation",
            f"only {delegation.amount} are delegated to {validator.hex()}, {amount} cannot leave it",
        )
    if amount > delegation.stake:
        raise SignalError(
            "redelegation",
            f"{delegation.amount - delegation.stake} came to {validator.hex()} from validators whose slashes reach "
            f"them still, so only {delegation.stake} can leave it",
        )
    check_least(context, delegation.amount - amount, may_be_nothing=True)


def _check_leaving(context: Context, validator: bytes, delegation: Delegation) -> None:
    """Raises SignalError ``"unbonding"`` where this amount would be one too many on its way back."""
    if len(delegation.leaving) < LEAVING_MAX:
        return
    last = read_exit(context.get, validator, delegation.leaving[-1].exit)
    if last is None or last.until:
        raise SignalError(
            "unbonding",
            f"{LEAVING_MAX} undelegated amounts wait already: claim those that are due first",
        )


def _check_ways(context: Context, source: bytes, target: bytes, there: Delegation) -> None:
    """Raises SignalError ``"redelegation"`` where a slash would have to ask for too many ways."""
    if len(there.guests) >= GUESTS_MAX:
        raise SignalError(
            "redelegation",
            f"{GUESTS_MAX} amounts that were moved to {target.hex()} are bound at their sources still: wait",
        )
    ways = read_pool(context.get, source).open_exits
    if target not in ways and len(ways) >= TARGETS_MAX:
        raise SignalError(
            "redelegation",
            f"delegators of {source.hex()} moved on to {TARGETS_MAX} validators in this epoch: wait for the next one",
        )
