"""What validators earn and lose: rewards, commissions, penalties, and how long who is away may be."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.bounds import Bound
from focusmesh.kernel.state.accounts.inequalities import require_between

_DAY_MS = 86_400_000
_YEAR_MS = 366 * _DAY_MS
_EPOCHS_MOST = 1_000
_PART_MOST = 1_000


class StakingRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What delegated and bonded stake earns, and what it loses.

    Penalties: who is found guilty loses at least one part in ``penalty_divisor`` of what is at risk, or
    ``penalty_factor`` times the share of all stake that was found guilty within ``unbonding_ms``, if that is more. Who is
    jailed may come back after ``jail_ms``. A validator is absent that was not seen at work for ``absence_ms`` and for
    ``absence_epochs`` whole epochs.
    """

    jail_ms: int = _DAY_MS
    penalty_divisor: int = 20
    penalty_factor: int = 3
    absence_ms: int = 3 * _DAY_MS
    absence_epochs: int = 3

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        require_between("jail_ms", self.jail_ms, 1, _YEAR_MS)
        require_between("penalty_divisor", self.penalty_divisor, 1, _PART_MOST)
        require_between("penalty_factor", self.penalty_factor, 1, _PART_MOST)
        require_between("absence_ms", self.absence_ms, 1, _YEAR_MS)
        require_between("absence_epochs", self.absence_epochs, 1, _EPOCHS_MOST)


STAKING_BOUNDS: dict[str, Bound] = {
    "staking.jail_ms": Bound(1, _YEAR_MS, 4),
    "staking.penalty_divisor": Bound(1, _PART_MOST, 2),
    "staking.penalty_factor": Bound(1, _PART_MOST, 2),
    "staking.absence_ms": Bound(1, _YEAR_MS, 4),
    "staking.absence_epochs": Bound(1, _EPOCHS_MOST, 4),
}
"""What votes can change of them, by dotted name."""
