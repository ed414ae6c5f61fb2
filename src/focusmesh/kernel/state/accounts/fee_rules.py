"""What room in blocks and in the state costs: the base price, who gets it, and deposits by the byte."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.bounds import SHARE_SCALE, Bound
from focusmesh.kernel.state.accounts.inequalities import require_between
from focusmesh.protocol.signal import AMOUNT_MAX

_UNITS_MOST = 1 << 40
_DAY_MS = 86_400_000
_SECOND_MS = 1_000
_HALF = SHARE_SCALE // 2
_DEPOSIT_MOST = 1 << 40


class FeeRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What blocks and leaves cost beyond what stake gives for nothing; raises ParameterError.

    A block has room for ``units_max`` units of bandwidth, half of which stakers may use for nothing. All others are
    paid with the base price, which moves every ``price_ms`` of header time by at most an eighth, and is never below
    ``price_least`` base units. Of what is paid ``burn_share`` thousandths are burned, the rest goes where tips go. Who
    keeps something in the state locks ``byte_deposit`` base units of balance for each byte of it.
    """

    units_max: int = 1 << 20
    price_ms: int = _SECOND_MS
    price_least: int = 1
    burn_share: int = SHARE_SCALE
    byte_deposit: int = 0

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        require_between("fees.units_max", self.units_max, 2, _UNITS_MOST)
        require_between("fees.price_ms", self.price_ms, 1, _DAY_MS)
        require_between("fees.price_least", self.price_least, 1, AMOUNT_MAX)
        require_between("fees.burn_share", self.burn_share, _HALF, SHARE_SCALE)
        require_between("fees.byte_deposit", self.byte_deposit, 0, _DEPOSIT_MOST)

    @property
    def free_max(self) -> int:
        """So many units of a block may be used for nothing, by stakers."""
        return self.units_max // 2

    @property
    def units_target(self) -> int:
        """So many paid units a ``price_ms`` leave the price as it is: half of ``units_max`` a second."""
        return max(self.units_max * self.price_ms // (2 * _SECOND_MS), 1)

    def burned_of(self, paid: int) -> int:
        """What is burned of base units that were paid for room; the fraction of a base unit is burned too."""
        return -(-paid * self.burn_share // SHARE_SCALE)


FEE_BOUNDS: dict[str, Bound] = {
    "fees.units_max": Bound(1_024, _UNITS_MOST, 16),
    "fees.price_ms": Bound(100, _DAY_MS, 4),
    "fees.price_least": Bound(1, AMOUNT_MAX, 16),
    "fees.burn_share": Bound(_HALF, SHARE_SCALE, 2),
    "fees.byte_deposit": Bound(0, _DEPOSIT_MOST, 16),
}
"""What votes can change of them, by dotted name."""
