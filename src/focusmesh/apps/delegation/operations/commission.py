"""``set_commission/1``: what a validator keeps of rewards before its delegators have theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.apps.delegation.operations.checks import check_electing, present_epoch
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Operation
from focusmesh.kernel.state import (
    EPOCH_KEY,
    POOL_PREFIX,
    VALIDATOR_PREFIX,
    changed,
    put_pool,
    read_bond,
    read_pool,
)

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters, Pool

RATE_MAX = 1_000


class SetCommission(Operation, frozen=True, tag="set_commission/1"):
    """Sets what of a thousand base units of rewards the validator that signs keeps before its delegators have theirs.

    A raise holds for the next epoch, a cut for this one. Fails with ``"commission"`` above the network's most, or where
    somebody delegated and the raise is larger than its largest step an epoch; ``"absent"`` for who has no bond.
    """

    rate: Annotated[
        int, msgspec.Meta(ge=0, le=RATE_MAX, description="Of a thousand base units of rewards.")
    ]

    reads: ClassVar[tuple[bytes, ...]] = (EPOCH_KEY, POOL_PREFIX, VALIDATOR_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (POOL_PREFIX,)

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes, and before version 6."""
        check_electing(parameters)

    def apply(self, context: Context) -> None:
        """The rate stands in the pool."""
        validator, epoch = context.author, present_epoch(context)
        bond = read_bond(context.get, validator)
        if bond is None or not bond.amount:
            raise SignalError("absent", f"{validator.hex()} has no bond, so it is no validator")
        pool = read_pool(context.get, validator)
        before = pool.commission_before if pool.commission_epoch == epoch else pool.commission
        self._check(context, pool, before)
        rated = changed(
            pool, commission=self.rate, commission_before=before, commission_epoch=epoch
        )
        put_pool(context, validator, rated)

    def _check(self, context: Context, pool: Pool, before: int) -> None:
        rules = context.parameters.required_staking
        if self.rate > rules.commission_most:
            raise SignalError(
                "commission",
                f"{self.rate} of a thousand is more than the most, which is {rules.commission_most}",
            )
        if pool.stake and self.rate > before + rules.commission_step:
            raise SignalError(
                "commission",
                f"it was {before} of a thousand when the epoch began, and rises by {rules.commission_step} an epoch "
                f"at most: {self.rate} is more",
            )
