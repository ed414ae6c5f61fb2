"""The admission of signals: one function that every door asks, whoever brings the signal and by whatever protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.admission.account_check import check_standing
from focusmesh.kernel.admission.form import absent_contents, read_form
from focusmesh.kernel.admission.kinds import kind_of
from focusmesh.kernel.admission.limits import LIMITS
from focusmesh.kernel.admission.price_check import check_price
from focusmesh.kernel.admission.weight import known_weight, order_rules
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import check_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.kernel.admission.limits import AdmissionLimits
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import Account, OrderRules
    from focusmesh.protocol.signal import SignedSignal


class Candidate(NamedTuple):
    """A packet that the chain speaks for; whether it has room is asked where signals wait (``check_room``).

    ``account`` is that of its neuron at ``height``, the last block then. ``absent``: contents, digest and size, that
    have to come before it may wait. ``weight`` is its neuron's as far as it is known here, ``kind`` says for which
    reserve it is, and ``rules`` how room is shared.
    """

    packet: Packet
    signed: SignedSignal
    account: Account
    height: int
    absent: Mapping[bytes, int]
    weight: int
    kind: str
    rules: OrderRules

    def complete(self, contents: Iterable[bytes]) -> Candidate:
        """The same with contents that were absent. Raises SignalError ``"later"`` where these are not all."""
        found = {digest(content): content for content in contents}
        if found.keys() != self.absent.keys():
            raise SignalError("later", "its contents are not available now")
        whole = Packet(self.packet.wire, (*self.packet.contents, *found.values()))
        return self._replace(packet=whole, absent={})


def examine(
    chain: Chain,
    packet: Packet,
    limits: AdmissionLimits = LIMITS,
    verify: Callable[[SignedSignal], None] = check_signature,
) -> Candidate:
    """A packet that may wait once its absent contents came, as far as the chain can tell. O(bytes + log n).

    In this order: form and network, signature, what the chain says of the neuron, the price, contents. ``verify``
    raises for a signal that its neuron did not sign; who checks many signatures at once looks at them afterwards,
    before any waits. Raises SignalError with the codes of ``read_packet``, ``verify``, ``check_standing``,
    ``check_price`` and ``absent_contents``.
    """
    signed, operations = read_form(chain, packet)
    verify(signed)
    account = check_standing(chain, signed, limits)
    check_price(chain, signed, account, operations)
    absent = absent_contents(chain, packet, signed, operations)
    rules = order_rules(chain)
    weight = known_weight(chain, signed.signal.neuron, account)
    kind = kind_of(signed.signal, account, rules)
    return Candidate(packet, signed, account, chain.height, absent, weight, kind, rules)


def admit(chain: Chain, packet: Packet, limits: AdmissionLimits = LIMITS) -> Candidate:
    """``examine`` of a packet that has to have come whole. Raises SignalError ``"content"`` where it did not."""
    candidate = examine(chain, packet, limits)
    for name, size in candidate.absent.items():
        message = f"signal {candidate.signed.id.hex()} claims content {name.hex()} of {size} bytes: send it along"
        raise SignalError("content", message)
    return candidate
