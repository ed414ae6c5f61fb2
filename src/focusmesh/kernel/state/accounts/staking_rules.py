"""What validators earn and lose: rewards, commissions, penalties, and how long who is away may be."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.bounds import Bound


class StakingRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What delegated and bonded stake earns, and what it loses."""

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""


STAKING_BOUNDS: dict[str, Bound] = {}
"""What votes can change of them, by dotted name."""
