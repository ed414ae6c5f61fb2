"""Leaders: the first particles of the focus in order, committed so that a list of the best can be proved.

A page of the vector proves what the value of a particle is, and no number of pages short of all proves that nothing
else is higher. The leaders do: whoever checks a block makes them anew from the vector, and then any particle that is
not among the first j leaders is known to have at most the value of the j-th.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

LEADERS_MAX = 4_096
"""So many particles lead, or all where there are fewer."""
LEADERS_PAGE = 16
"""Leaders a page: 640 bytes."""
LEADER_BYTES = 40


def leader_pages(values: npt.NDArray[np.uint64], digests: npt.NDArray[np.uint8]) -> list[bytes]:
    """The pages of the leaders, values falling, equal ones by rising digest.

    ``values``: uint64, shape (n,), in committed order; ``digests``: uint8, shape (n, 32), rising. A leader is its
    digest and its value as u64 BE. O(n + leaders · log leaders).
    """
    order = _leading(values)
    entries = np.empty((len(order), LEADER_BYTES), np.uint8)
    entries[:, :32] = digests[order]
    entries[:, 32:] = values[order].astype(">u8").view(np.uint8).reshape(-1, 8)
    flat = entries.tobytes()
    page_bytes = LEADERS_PAGE * LEADER_BYTES
    return [flat[at : at + page_bytes] for at in range(0, len(flat), page_bytes)]


def _leading(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Positions of the leaders, best first; of equal values the lower position comes first."""
    count, wanted = len(values), min(len(values), LEADERS_MAX)
    candidates = np.arange(count)
    if wanted < count:
        least = np.partition(values, count - wanted)[count - wanted]
        candidates = np.flatnonzero(values >= least)
    falling = np.argsort(np.uint64(0xFFFF_FFFF_FFFF_FFFF) - values[candidates], kind="stable")
    return candidates[falling][:wanted]
