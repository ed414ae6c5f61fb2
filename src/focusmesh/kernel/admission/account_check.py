"""What the chain says of a signal: whether its neuron could pay, now or soon, and whether it reaches too far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.kernel.admission.horizon import horizon_blocks
from focusmesh.kernel.admission.limits import LIMITS
from focusmesh.kernel.runtime import no_account
from focusmesh.kernel.state import read_account

if TYPE_CHECKING:
    from focusmesh.kernel.admission.limits import AdmissionLimits
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import Account
    from focusmesh.protocol.signal import SignedSignal


def check_standing(chain: Chain, signed: SignedSignal, limits: AdmissionLimits = LIMITS) -> Account:
    """The account of a signal's neuron, which could pay for the signal now or soon. O(log n).

    Raises SignalError: ``"expired"``, ``"horizon"``, ``"account"``, ``"rotated"``, ``"nonce"``, ``"tip"``.
    """
    signal, name = signed.signal, signed.id.hex()
    if signal.expires_height <= chain.height:
        raise SignalError("expired", f"signal {name} expired at height {signal.expires_height}")
    furthest = chain.height + horizon_blocks(chain, limits)
    if signal.expires_height > furthest:
        raise SignalError(
            "horizon",
            f"signal {name} expires at {signal.expires_height}; a node now accepts none that expires after {furthest}: "
            f"sign it with an expires_height from {chain.height + 1} to {furthest}",
        )
    account = read_account(chain.state.get, signal.neuron)
    if account is None:
        raise no_account(chain.state.get, signal.neuron)
    if not account.nonce <= signal.nonce < account.nonce + limits.nonces_ahead:
        raise SignalError(
            "nonce",
            f"signal {name} has nonce {signal.nonce}, the next one of its neuron is {account.nonce}; a node takes "
            f"{limits.nonces_ahead} from there on",
        )
    if signal.tip > account.balance:
        raise SignalError(
            "tip",
            f"signal {name} offers a tip of {signal.tip} base units, but its neuron has {account.balance}",
        )
    return account
