"""Whether a signal could pay for its units by what the last block says: bandwidth first, its tip for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.runtime import free_units, too_cheap, units_of
from focusmesh.kernel.state import read_price

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.runtime import Operation
    from focusmesh.kernel.state import Account
    from focusmesh.protocol.signal import SignedSignal


def check_price(
    chain: Chain, signed: SignedSignal, account: Account, operations: Sequence[Operation]
) -> None:
    """Raises SignalError ``"price"`` where the next block would not have it at the price after the last one.

    O(operations + log n). Nothing before version 6. The price may be another one when its block is made: then it waits.
    """
    parameters, tip = chain.parameters, chain.tip
    fees = parameters.fees
    if fees is None:
        return
    units, height = units_of(operations), max(chain.height + 1, account.bandwidth_height)
    free = min(units, free_units(account, height, parameters), fees.free_max)
    price = read_price(chain.state.get, tip.time, fees).price if free < units else 0
    if price * (units - free) > signed.signal.tip:
        raise too_cheap(signed, units, free, price)
