"""What validators earn and lose: rewards, commissions, penalties, and how long who is away may be."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.bounds import SHARE_SCALE, Bound
from focusmesh.kernel.state.accounts.inequalities import require_between
from focusmesh.protocol.signal import AMOUNT_MAX

_DAY_MS = 86_400_000
_YEAR_MS = 366 * _DAY_MS
_EPOCHS_MOST = 1_000
_PART_MOST = 1_000


class StakingRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What delegated and bonded stake earns, and what it loses.

    ``inflation``: of a thousand base units of the supply so many are added a year, and paid to who votes.
    ``commission_most``: of a thousand of a reward a validator keeps at most so many before its delegators have theirs;
    it raises that by at most ``commission_step`` an epoch. ``own_share``: of a thousand that vote through a validator
    at least so many are its own bond. ``delegation_least``: what a neuron gives one validator at least.

    Who is found guilty loses at least one part in ``penalty_divisor`` of what is at risk, or ``penalty_factor`` times
    the share of all stake that was found guilty within ``unbonding_ms``, if that is more. Who is jailed may come back
    after ``jail_ms``. A validator is absent that was not seen at work for ``absence_ms`` and for ``absence_epochs``
    whole epochs.
    """

    inflation: int = 0
    commission_most: int = 200
    commission_step: int = 10
    own_share: int = 100
    delegation_least: int = 1
    jail_ms: int = _DAY_MS
    penalty_divisor: int = 20
    penalty_factor: int = 3
    absence_ms: int = 3 * _DAY_MS
    absence_epochs: int = 3

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        require_between("inflation", self.inflation, 0, SHARE_SCALE)
        require_between("commission_most", self.commission_most, 0, SHARE_SCALE)
        require_between("commission_step", self.commission_step, 1, SHARE_SCALE)
        require_between("own_share", self.own_share, 1, SHARE_SCALE)
        require_between("delegation_least", self.delegation_least, 1)
        require_between("jail_ms", self.jail_ms, 1, _YEAR_MS)
        require_between("penalty_divisor", self.penalty_divisor, 1, _PART_MOST)
        require_between("penalty_factor", self.penalty_factor, 1, _PART_MOST)
        require_between("absence_ms", self.absence_ms, 1, _YEAR_MS)
        require_between("absence_epochs", self.absence_epochs, 1, _EPOCHS_MOST)


STAKING_BOUNDS: dict[str, Bound] = {
    "staking.inflation": Bound(0, SHARE_SCALE, 4),
    "staking.commission_most": Bound(0, SHARE_SCALE, 2),
    "staking.commission_step": Bound(1, SHARE_SCALE, 4),
    "staking.own_share": Bound(1, SHARE_SCALE, 2),
    "staking.delegation_least": Bound(1, AMOUNT_MAX, 10),
    "staking.jail_ms": Bound(1, _YEAR_MS, 4),
    "staking.penalty_divisor": Bound(1, _PART_MOST, 2),
    "staking.penalty_factor": Bound(1, _PART_MOST, 2),
    "staking.absence_ms": Bound(1, _YEAR_MS, 4),
    "staking.absence_epochs": Bound(1, _EPOCHS_MOST, 4),
}
"""What votes can change of them, by dotted name."""
