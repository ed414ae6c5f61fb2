"""Which signals come first where a block has too little room for all."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.bounds import Bound


class OrderRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what weight signals wait, and what is kept for which of them."""

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""


ORDER_BOUNDS: dict[str, Bound] = {}
"""What votes can change of them, by dotted name."""
