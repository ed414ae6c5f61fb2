"""Who may still wait where room grows short: from a share of the room on the least weight is refused first.

What waits is never shed, so whoever comes is held against the room that is left. The more of it is used, the smaller
the part of its fair share that a neuron may have waiting: signals of one that has less waiting than its weight is worth
find room nearly to the end, and a flood of light neurons stops itself soon after the threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from focusmesh.errors import OutweighedError
from focusmesh.kernel.admission.fair_order import weight_with_tip
from focusmesh.kernel.admission.focus_shares import SHARE_ONE
from focusmesh.kernel.admission.kinds import NEWCOMER, ORDINARY, SERVICE

if TYPE_CHECKING:
    from focusmesh.kernel.admission.room import Request, Waiting
    from focusmesh.kernel.state import OrderRules

_PARTS = 1_000_000
_PARTS_A_RULE = _PARTS // 1_000


class RoomSize(Protocol):
    """How many signals, and bytes of them, may wait at most."""

    @property
    def signals(self) -> int:
        """Of all neurons."""

    @property
    def bytes(self) -> int:
        """With their contents."""


class Crowd(NamedTuple):
    """By which ``rules`` room is shared, and what waits already in the reserve for signals of its kind."""

    rules: OrderRules
    reserved: Waiting


def used_parts(signals: int, size: int, limits: RoomSize) -> int:
    """How much of the room so many signals and bytes take, in millionths: of signals or bytes, whichever is more."""
    return max(signals * _PARTS // limits.signals, size * _PARTS // limits.bytes)


def used_share(waiting: Waiting, limits: RoomSize) -> int:
    """How much of the room is used, in thousandths."""
    return used_parts(waiting.signals, waiting.bytes, limits) // _PARTS_A_RULE


def check_crowd(
    request: Request, neuron: Waiting, everything: Waiting, limits: RoomSize, crowd: Crowd
) -> bool:
    """Whether the signal takes room of a reserve. O(1).

    Raises OutweighedError where room is short, and the signal's neuron weighs too little for what it has waiting.

    ``everything.weight`` is that of all neurons that have something waiting, ``neuron.weight`` what of it is its own.
    """
    rules = crowd.rules
    used = used_parts(everything.signals + 1, everything.bytes + request.bytes, limits)
    crowded, end = rules.crowded * _PARTS_A_RULE, rules.ordinary * _PARTS_A_RULE
    if used <= crowded:
        return False
    if _has_reserve(request, neuron, limits, crowd):
        return True
    if used > end:
        raise _refusal(request, used, None, None, "what is left is kept for services and newcomers")
    mine = used_parts(neuron.signals + 1, neuron.bytes + request.bytes, limits)
    others = max(everything.weight - neuron.weight, 0)
    # mine ≤ end · w / (w + others) · (end − used) / (end − crowded), solved for w: w · spare ≥ others · asked.
    asked = mine * (end - crowded)
    spare = end * (end - used) - asked
    weight = weight_with_tip(request.weight, request.tip)
    if spare > 0 and weight * spare >= others * asked:
        return False
    if spare <= 0:
        raise _refusal(request, used, None, None, "no weight would do while so much of it waits")
    least = -(-others * asked // spare)
    tip = -(-(least - request.weight) // SHARE_ONE)
    raise _refusal(
        request,
        used,
        -(-least // SHARE_ONE),
        tip if least <= 2 * request.weight else None,
        f"{neuron.signals} signals of its neuron wait",
    )


def _has_reserve(request: Request, neuron: Waiting, limits: RoomSize, crowd: Crowd) -> bool:
    """Whether a reserve has room for the signal.

    Once it fills: for newcomers by a tip above the mean, for services of neurons that have nothing waiting.
    """
    rules, same = crowd.rules, crowd.reserved
    if request.kind == ORDINARY:
        return False
    reserve = rules.service_reserve if request.kind == SERVICE else rules.newcomer_reserve
    used = used_parts(same.signals + 1, same.bytes + request.bytes, limits)
    if used > reserve * _PARTS_A_RULE:
        return False
    if used <= reserve * rules.crowded:
        return True
    if request.kind == NEWCOMER:
        return request.tip * same.signals > same.tips
    return not neuron.signals


def _refusal(
    request: Request, used: int, weight: int | None, tip: int | None, why: str
) -> OutweighedError:
    has = request.weight // SHARE_ONE
    needs = "" if weight is None else f"; it weighs {has:,} base units, {weight:,} would do"
    offer = "" if tip is None else f", and so would a tip of {tip:,}"
    return OutweighedError(
        f"signal {request.signal.hex()}: {used * 100 // _PARTS} % of what may wait here is used, and {why}{needs}"
        f"{offer}: send it again when blocks have taken some, stake more, or offer a tip",
        weight,
        tip,
    )
