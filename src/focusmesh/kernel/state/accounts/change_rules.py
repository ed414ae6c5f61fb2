"""How a network changes its own rules: how long epochs are in time, how long a proposal stays open, what it locks."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.inequalities import require, require_between

_HOUR_MS = 3_600_000
_YEAR_MS = 366 * 24 * _HOUR_MS
EPOCHS_OPEN_MAX = 1_000
HEARTBEATS_A_TRUST = 100
"""So many heartbeats at least come within the time for which validators are trusted: clients do not go stale."""


class ChangeRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clock of a network that can change, and the terms of a change; raises ParameterError.

    An epoch ends after ``epoch_blocks`` of the agreement, or with the first block that is ``epoch_ms`` or more after
    its beginning. Where nothing waits, an empty block is made ``heartbeat_ms`` after the last one. A proposal is voted
    on at the ends of ``change_epochs`` epochs at most. Who proposes locks ``change_deposit`` base units, which are
    burned where fewer than a third of the weight ever voted for it.
    """

    epoch_ms: int = 24 * _HOUR_MS
    heartbeat_ms: int = _HOUR_MS
    change_epochs: int = 8
    change_deposit: int = 1

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        require_between("epoch_ms", self.epoch_ms, 1, _YEAR_MS)
        require_between("heartbeat_ms", self.heartbeat_ms, 1, _YEAR_MS)
        require_between("change_epochs", self.change_epochs, 1, EPOCHS_OPEN_MAX)
        require_between("change_deposit", self.change_deposit, 0)

    def verify_within(self, trusting_ms: int) -> None:
        """Raises ParameterError where heartbeats are too rare for clients that trust validators for so long."""
        require(
            self.heartbeat_ms <= max(1, trusting_ms // HEARTBEATS_A_TRUST),
            f"heartbeat_ms ≤ trusting_ms / {HEARTBEATS_A_TRUST}: {self.heartbeat_ms}, {trusting_ms}",
        )
