"""What validators earn and lose: rewards, commissions, penalties, and how long who is away may be."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.bounds import Bound
from focusmesh.kernel.state.accounts.inequalities import require_between
from focusmesh.protocol.signal import AMOUNT_MAX

_THOUSAND = 1_000


class StakingRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What delegated and bonded stake earns, and what it loses.

    ``inflation``: of a thousand base units of the supply so many are added a year, and paid to who votes.
    ``commission_most``: of a thousand of a reward a validator keeps at most so many before its delegators have theirs;
    it raises that by at most ``commission_step`` an epoch. ``own_share``: of a thousand that vote through a validator
    at least so many are its own bond. ``delegation_least``: what a neuron gives one validator at least.
    """

    inflation: int = 0
    commission_most: int = 200
    commission_step: int = 10
    own_share: int = 100
    delegation_least: int = 1

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        require_between("inflation", self.inflation, 0, _THOUSAND)
        require_between("commission_most", self.commission_most, 0, _THOUSAND)
        require_between("commission_step", self.commission_step, 1, _THOUSAND)
        require_between("own_share", self.own_share, 1, _THOUSAND)
        require_between("delegation_least", self.delegation_least, 1)


STAKING_BOUNDS: dict[str, Bound] = {
    "staking.inflation": Bound(0, _THOUSAND, 4),
    "staking.commission_most": Bound(0, _THOUSAND, 2),
    "staking.commission_step": Bound(1, _THOUSAND, 4),
    "staking.own_share": Bound(1, _THOUSAND, 2),
    "staking.delegation_least": Bound(1, AMOUNT_MAX, 10),
}
"""What votes can change of them, by dotted name."""
