"""What a drill has looked at: each check with what was found."""

from __future__ import annotations

import msgspec


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """``what`` was to hold at a ``step``, whether it ``holds``, and what was ``found``."""

    step: str
    what: str
    holds: bool
    found: str


class DrillReport(msgspec.Struct, kw_only=True):
    """All checks of a drill in their order. ``old`` and ``new``: versions of the network's rules."""

    old: int = 0
    new: int = 0
    acknowledged: int = 0
    lost: int = 0
    kills: int = 0
    height: int = 0
    seconds: float = 0.0
    checks: list[Check] = []

    @property
    def failures(self) -> list[Check]:
        """The checks that do not hold."""
        return [check for check in self.checks if not check.holds]
