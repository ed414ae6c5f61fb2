"""Which signals come first where a block has too little room for all."""

from __future__ import annotations

import msgspec

from focusmesh.kernel.state.accounts.bounds import Bound
from focusmesh.kernel.state.accounts.inequalities import require, require_between

ROOM_PARTS = 1_000
"""Shares of room are counted in thousandths."""
_RESERVES_MOST = 500
_CUT_BYTES_LEAST, _CUT_BYTES_MOST = 1 << 10, 1 << 27


class OrderRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what weight signals wait, and what is kept for which of them; raises ParameterError.

    ``cut_bytes``: so many bytes of signals one block takes from the batches of its cut at most, one signal at least.
    Shares are thousandths of the room of a block, or of what may wait in a node: from ``crowded`` on weight decides
    what may still wait; ``service_reserve`` is kept for operations that keep the network in order or free stake,
    ``newcomer_reserve`` for first signals of neurons that have not rotated a key. A first signal with a tip under
    ``newcomer_deposit`` base units waits like any other.
    """

    cut_bytes: int = 1 << 22
    crowded: int = 700
    service_reserve: int = 50
    newcomer_reserve: int = 50
    newcomer_deposit: int = 0

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        require_between("cut_bytes", self.cut_bytes, _CUT_BYTES_LEAST, _CUT_BYTES_MOST)
        require_between("service_reserve", self.service_reserve, 0, _RESERVES_MOST)
        require_between("newcomer_reserve", self.newcomer_reserve, 0, _RESERVES_MOST)
        require_between("newcomer_deposit", self.newcomer_deposit, 0)
        require_between("crowded", self.crowded, 1, ROOM_PARTS - 1)
        require(
            self.crowded < self.ordinary,
            f"crowded + service_reserve + newcomer_reserve < {ROOM_PARTS}: {self.crowded}, "
            f"{self.service_reserve}, {self.newcomer_reserve}",
        )

    @property
    def ordinary(self) -> int:
        """The share of the room that no reserve keeps, in thousandths."""
        return ROOM_PARTS - self.service_reserve - self.newcomer_reserve


ORDER_BOUNDS: dict[str, Bound] = {
    "order.cut_bytes": Bound(_CUT_BYTES_LEAST, _CUT_BYTES_MOST, 4),
    "order.crowded": Bound(1, ROOM_PARTS - 1, 2),
    "order.service_reserve": Bound(0, _RESERVES_MOST, 2),
    "order.newcomer_reserve": Bound(0, _RESERVES_MOST, 2),
    "order.newcomer_deposit": Bound(0, (1 << 63) - 1, 10),
}
"""What votes can change of them, by dotted name."""
