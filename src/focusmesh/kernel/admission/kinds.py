"""What kind of signal waits: a service to the network, the first one of a newcomer, or an ordinary one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.kernel.state import Account, OrderRules
    from focusmesh.protocol.signal import Signal

ORDINARY, SERVICE, NEWCOMER = "ordinary", "service", "newcomer"
SERVICES = frozenset({"unlink", "unbond", "withdraw", "accuse", "ready", "vote_change"})
"""Operations, of whatever version, that free stake or keep the network in order: they have a reserve."""


def kind_of(signal: Signal, account: Account, rules: OrderRules) -> str:
    """The kind of a signal of the neuron with this account. O(operations).

    A service has nothing but services. A newcomer is a neuron that signed nothing before, with a key that none was
    rotated to, and a tip of ``newcomer_deposit`` at least.
    """
    if all(str(operation[0]).partition("/")[0] in SERVICES for operation in signal.operations):
        return SERVICE
    is_first = signal.nonce == 0 and not account.nonce and not account.origin
    return NEWCOMER if is_first and signal.tip >= rules.newcomer_deposit else ORDINARY
