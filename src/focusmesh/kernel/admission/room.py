"""The quota: what waits already, of all neurons and of one, and whether one signal more has room beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError
from focusmesh.kernel.admission.crowd import check_crowd
from focusmesh.kernel.admission.kinds import ORDINARY
from focusmesh.kernel.admission.limits import LIMITS

if TYPE_CHECKING:
    from focusmesh.kernel.admission.crowd import Crowd
    from focusmesh.kernel.admission.limits import AdmissionLimits


class Waiting(NamedTuple):
    """How much waits: signals, those of them that are early, their bytes, and their tips in base units.

    ``weight`` is that of the neurons that they are of, in sixteenths of a base unit.
    """

    signals: int = 0
    early: int = 0
    bytes: int = 0
    tips: int = 0
    weight: int = 0


class Request(NamedTuple):
    """A signal that asks for room. ``bytes`` with its contents; early where a nonce before its own does not wait.

    ``balance`` is its neuron's, which pays its ``tip`` behind all others that wait; ``weight`` is its neuron's too, in
    sixteenths of a base unit.
    """

    signal: bytes
    bytes: int
    is_early: bool = False
    tip: int = 0
    balance: int = 0
    weight: int = 0
    kind: str = ORDINARY


def check_room(
    request: Request,
    neuron: Waiting,
    everything: Waiting,
    limits: AdmissionLimits = LIMITS,
    crowd: Crowd | None = None,
) -> bool:
    """Whether a signal that has room takes it of a reserve. O(1).

    Raises SignalError ``"quota"`` where its neuron has too much waiting, ``"full"`` where all have, ``"tip"``.
    A signal that is larger than the quota of its neuron has room where nothing else of the neuron waits. In a ``crowd``
    it may be ``"outweighed"`` before: see ``check_crowd``.
    """
    name = request.signal.hex()
    if request.tip and neuron.tips + request.tip > request.balance:
        raise SignalError(
            "tip",
            f"signal {name} offers a tip of {request.tip} base units, and the waiting signals of its neuron offer "
            f"{neuron.tips}; the neuron has {request.balance}",
        )
    too_many = neuron.signals >= limits.neuron_signals
    too_early = request.is_early and neuron.early >= limits.neuron_early
    too_large = neuron.signals and neuron.bytes + request.bytes > limits.neuron_bytes
    if too_many or too_early or too_large:
        raise SignalError(
            "quota",
            f"signal {name}: {neuron.signals} signals of its neuron wait already, {neuron.early} of them for an "
            f"earlier nonce, with {neuron.bytes:,} bytes; a neuron may have {limits.neuron_signals}, "
            f"{limits.neuron_early} and {limits.neuron_bytes:,}: send it again when some are in blocks",
        )
    is_full = (
        everything.signals >= limits.signals or everything.bytes + request.bytes > limits.bytes
    )
    if is_full or (request.is_early and everything.early >= limits.early):
        raise SignalError(
            "full",
            f"signal {name}: {everything.signals:,} signals with {everything.bytes:,} bytes wait already, "
            f"{everything.early:,} of them for an earlier nonce: send it again in a moment",
        )
    return crowd is not None and check_crowd(request, neuron, everything, limits, crowd)
