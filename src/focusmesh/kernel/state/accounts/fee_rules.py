"""What room in blocks and in the state costs: the base price, who gets it, and deposits by the byte."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.bounds import Bound


class FeeRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What blocks and leaves cost beyond what stake gives for nothing."""

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""


FEE_BOUNDS: dict[str, Bound] = {}
"""What votes can change of them, by dotted name."""
