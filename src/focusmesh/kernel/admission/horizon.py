"""The expiry horizon: how many blocks ahead a signal may expire, from the pace of the chain's own headers."""

from __future__ import annotations

from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from focusmesh.kernel.admission.limits import LIMITS

if TYPE_CHECKING:
    from focusmesh.kernel.admission.limits import AdmissionLimits
    from focusmesh.kernel.block import Chain, Header

PACE_BLOCKS = 64
"""The pace is that of so many blocks before the last one."""


def pace_ms(chain: Chain) -> int:
    """The median time between the last headers, in ms, at least 1; every node of the chain finds the same.

    The median, because a chain makes blocks when there is something to do: one idle night says nothing of its pace.
    O(PACE_BLOCKS) once a block, then O(1): every signal asks.
    """
    tip, known = chain.tip, _paces.get(chain)
    if known is None or known.tip is not tip:
        known = _paces[chain] = _Pace(tip, _pace_at(chain, tip.height))
    return known.pace_ms


class _Pace(NamedTuple):
    """The pace of a chain at its last header."""

    tip: Header
    pace_ms: int


_paces: WeakKeyDictionary[Chain, _Pace] = WeakKeyDictionary()


def _pace_at(chain: Chain, height: int) -> int:
    # The time of the genesis is that of whoever made it, some of them long before the first block.
    lowest = max(chain.base, height - PACE_BLOCKS, 1)
    times = [chain.header(at).time for at in range(lowest, height + 1)]
    steps = [after - before for before, after in pairwise(times)]
    return max(1, median_low(steps)) if steps else 1


def horizon_blocks(chain: Chain, limits: AdmissionLimits = LIMITS) -> int:
    """How many blocks after the last one a signal may expire.

    The smaller of ``horizon_blocks`` and what ``horizon_ms`` of header time have at the chain's pace, and never less
    than ``horizon_blocks_min``. As dear as ``pace_ms``.
    """
    in_time = limits.horizon_ms // pace_ms(chain)
    return max(limits.horizon_blocks_min, min(limits.horizon_blocks, in_time))
